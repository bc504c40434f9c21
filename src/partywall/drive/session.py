"""One authenticated client: its own connections and cookies, so that sessions can't mix on our side."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import httpx

from partywall.drive.hangup import send_and_hang_up

if TYPE_CHECKING:
    import ssl

    from partywall.drive.recorder import Recorder
    from partywall.model import Exchange, Request, Tenant
    from partywall.target import Credential, Target


class Session:
    """An authenticated client of one tenant, over httpx. Use from one thread at a time."""

    def __init__(
        self,
        name: str,
        tenant: Tenant,
        credential: Credential,
        target: Target,
        recorder: Recorder,
        timeout_s: float,
    ) -> None:
        self.name = name
        self.tenant = tenant
        self.credential = credential
        self._target = target
        self._recorder = recorder
        self._timeout_s = timeout_s
        # Redirects are evidence, and environment proxies would put a foreign cache between.
        self._client = httpx.Client(
            headers=dict(credential.headers),
            timeout=timeout_s,
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
        )

    def send(self, request: Request, *provocations: str) -> Exchange:
        """Send a request and record what came. A transport error is recorded as a fault, not raised."""
        prepared = self._prepare(request)
        called = self._recorder.call()
        status: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        reason, body, fault, connection = "", b"", "", ""
        try:
            response = self._client.send(prepared)
            status, reason, body = response.status_code, response.reason_phrase, response.content
            headers = tuple(response.headers.multi_items())
            connection = _local_address(response)
        except httpx.HTTPError as error:
            fault = f"{type(error).__name__}: {error}"
        return self._recorder.record(
            called,
            request,
            tenant=self.tenant.number,
            session=self.name,
            connection=connection,
            url=prepared.url.raw_path.decode("ascii"),
            status=status,
            reason=reason,
            headers=headers,
            body=body,
            fault=fault,
            provocations=provocations,
        )

    def hang_up(self, request: Request, after_ms: float, *provocations: str) -> Exchange:
        """Send a request whole, then close the socket after ``after_ms`` milliseconds, answered or not.

        What had come by then is kept as the exchange's body; it has no status.
        """
        prepared = self._prepare(request)
        called = self._recorder.call()
        connection, received, fault = send_and_hang_up(prepared, after_ms / 1e3, self._timeout_s, _tls())
        return self._recorder.record(
            called,
            request,
            tenant=self.tenant.number,
            session=self.name,
            connection=connection,
            url=prepared.url.raw_path.decode("ascii"),
            status=None,
            body=received,
            fault=fault or f"hung up after {after_ms:g} ms",
            provocations=(f"hang-up:{after_ms:g}", *provocations),
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _prepare(self, request: Request) -> httpx.Request:
        query = httpx.QueryParams(request.query)
        url = httpx.URL(self._target.base_url + request.path)
        if request.query:
            url = url.copy_with(query=str(query).encode())
        return self._client.build_request(
            request.method, url, headers=list(request.headers), content=request.body or None
        )


def _local_address(response: httpx.Response) -> str:
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("client_addr") if stream else None
    return f"{address[0]}:{address[1]}" if address else ""


@functools.cache
def _tls() -> ssl.SSLContext:
    # Loading the trust store costs more than a hundred requests; one context serves all sessions.
    return httpx.create_ssl_context()
