"""One authenticated client: its own connections and cookies, so that sessions can't mix on our side."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from partywall.drive.hangup import send_and_hang_up
from partywall.drive.recorder import Answer, tokens_in
from partywall.drive.streams import Listening
from partywall.forms import hidden

if TYPE_CHECKING:
    import ssl

    from partywall.drive.recorder import Recorder
    from partywall.model import Exchange, Request, Tenant
    from partywall.policy import LogIn
    from partywall.target import Credential, Target


class Session:
    """An authenticated client of one tenant, over httpx. Use from one thread at a time.

    To the policy's pages it is a browser: it proves itself by its cookies alone, and its forms have the token of the
    page that it was shown last. But what a log-in has given it, it does not forget when it is told to.
    """

    def __init__(
        self,
        name: str,
        tenant: Tenant,
        credential: Credential,
        target: Target,
        recorder: Recorder,
        timeout_s: float,
        base_url: str | None = None,
    ) -> None:
        self.name = name
        self.tenant = tenant
        self.credential = credential
        self._base_url = target.base_url if base_url is None else base_url
        self._log_ins = target.policy.log_ins
        self._pages = frozenset(target.policy.pages)
        self._kept = {log_in.cookie for log_in in self._log_ins if log_in.cookie and self._pages}
        self._form_field = target.policy.form_field
        self._form_token = ""
        self._recorder = recorder
        self._timeout_s = timeout_s
        # Redirects are evidence, and environment proxies would put a foreign cache between.
        self._client = httpx.Client(
            headers=dict(credential.headers),
            timeout=timeout_s,
            verify=tls_context(),
            trust_env=False,
            follow_redirects=False,
        )

    def send(self, request: Request, *provocations: str, opens: Session | None = None) -> Exchange:
        """Send a request and record what came. A transport error is recorded as a fault, not raised.

        A credential that the response issues is used from then on, by this session or the one that it ``opens``.
        """
        prepared = self._prepare(request)
        called = self._recorder.call()
        answer = self._answer(prepared)
        exchange = self._record(called, request, prepared, answer, provocations)
        if self._form_field and request.operation in self._pages:
            self._form_token = hidden(answer.body, self._form_field) or self._form_token
        for log_in, token in tokens_in(self._log_ins, request.operation, answer.body) if exchange.succeeded else ():
            (opens or self).adopt(log_in, token)
        return exchange

    def listen(self, request: Request, *provocations: str) -> Listening:
        """Send a request whose answer goes on, until it is closed."""
        prepared = self._prepare(request)
        called = self._recorder.call()
        return Listening(
            self._client, prepared, lambda answer: self._record(called, request, prepared, answer, provocations)
        )

    def adopt(self, log_in: LogIn, token: str) -> None:
        """Prove itself with this credential from now on."""
        self._client.headers[log_in.header] = log_in.prefix + token

    def hang_up(self, request: Request, after_ms: float, *provocations: str) -> Exchange:
        """Send a request whole, then close the socket after ``after_ms`` milliseconds, answered or not.

        What had come by then is kept as the exchange's body; it has no status.
        """
        prepared = self._prepare(request)
        called = self._recorder.call()
        connection, received, fault = send_and_hang_up(prepared, after_ms / 1e3, self._timeout_s, tls_context())
        answer = Answer(connection, body=received, fault=fault or f"hung up after {after_ms:g} ms")
        return self._record(called, request, prepared, answer, (f"hang-up:{after_ms:g}", *provocations))

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _answer(self, prepared: httpx.Request) -> Answer:
        connection, received = "", bytearray()
        kept = [cookie for cookie in self._client.cookies.jar if cookie.name in self._kept]
        try:
            response = self._client.send(prepared, stream=True)
            try:
                connection = _local_address(response)
                for part in response.iter_bytes():
                    received += part
            finally:
                response.close()
        except httpx.HTTPError as error:
            return Answer(connection, body=bytes(received), fault=f"{type(error).__name__}: {error}")
        for cookie in kept:
            if cookie.name not in {each.name for each in self._client.cookies.jar}:
                self._client.cookies.jar.set_cookie(cookie)  # who wants to go on after a log-out has kept it
        headers = tuple(response.headers.multi_items())
        return Answer(connection, response.status_code, response.reason_phrase, headers, bytes(received))

    def _record(
        self,
        called: tuple[int, int],
        request: Request,
        prepared: httpx.Request,
        answer: Answer,
        provocations: tuple[str, ...],
    ) -> Exchange:
        return self._recorder.record(
            called,
            request,
            answer,
            tenant=self.tenant.number,
            session=self.name,
            url=prepared.url.raw_path.decode("ascii"),
            sent=prepared.headers.multi_items(),
            provocations=provocations,
        )

    def _prepare(self, request: Request) -> httpx.Request:
        query = httpx.QueryParams(request.query)
        url = httpx.URL(self._base_url + request.path)
        if request.query:
            url = url.copy_with(query=str(query).encode())
        content = self._content(request) or None
        headers = [(name, self._beside(value) if name == "Cookie" else value) for name, value in request.headers]
        prepared = self._client.build_request(request.method, url, headers=headers, content=content)
        if request.operation in self._pages:
            given = {name.lower() for name, _ in self.credential.headers} - {"cookie"}
            for name in given - {name.lower() for name, _ in request.headers}:
                prepared.headers.pop(name, None)
        return prepared

    def _beside(self, cookies: str) -> str:
        """A request's cookies beside those that the session proves itself by, which they would replace."""
        own = [value for name, value in self.credential.headers if name.lower() == "cookie"]
        return "; ".join([*own, cookies])

    def _content(self, request: Request) -> bytes:
        """The body as it goes out; the token of a form is no part of what is recorded."""
        form = any(name.lower() == "content-type" and "form-urlencoded" in value for name, value in request.headers)
        if not (form and self._form_token and request.operation in self._pages):
            return request.body
        return b"&".join(filter(None, (request.body, urlencode({self._form_field: self._form_token}).encode())))


def _local_address(response: httpx.Response) -> str:
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("client_addr") if stream else None
    return f"{address[0]}:{address[1]}" if address else ""


@functools.cache
def tls_context() -> ssl.SSLContext:
    """How servers' certificates are checked."""
    # Loading the trust store costs more than a hundred requests; one context serves all sessions.
    return httpx.create_ssl_context()
