"""The gateway: all that a run sends passes it on its way to the service under test.

A server on loopback, in this process. It puts the real credentials in the place of made-up ones, so that they never
reach a history or a report; renews them; keeps to budget and pace; waits when the service says 429; and ends what does
not end. What the service answers, it hands on as it came, save that it is not compressed any more, and that a
credential in it becomes the made-up one again: an answer that shows somebody's credential is then found like any other
leak. A password behind it that may be an everyday word, or somebody else's too, becomes `HIDDEN`, which accuses nobody.

One connection to the gateway is one connection to the service.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx

from partywall.drive.redaction import Redaction
from partywall.errors import Inconclusive, PartywallError
from partywall.suite.generic.credentials import Known, Proof, context, disguises
from partywall.suite.generic.deadline import Deadline
from partywall.suite.generic.fetch import TooMuchError, read_bounded

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from typing import Self

    from partywall.suite.generic.guard import Budget
    from partywall.suite.generic.logins import Entrance

BODY_BYTES_MAX = 16 * 1024 * 1024
ANSWER_S = 15.0
QUIET_S = 10.0
"""So long an answer may take, and be quiet."""
PATIENCE_S = 60.0
"""So long one request is put off at the most, when the service says 429."""
CLIENT_S = PATIENCE_S + 60.0
"""So long clients wait: until the last try has been answered, a log-in before it included."""
TRIES_MAX = 6
_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "accept-encoding",
    }
)
SECRET_CHARS_MIN = 6
HIDDEN = "partywall-hidden"
"""Stands for a secret that is not its tenant's alone for certain."""


@dataclass
class Account:
    """A tenant's place at the gateway.

    Attributes:
        header: name of the header that carries the made-up credential. placeholder: that credential.
        trouble: "" or why its requests can't be sent any more.
        told: all that may not be shown of it, and what is shown instead; later ones count.
    """

    known: Known
    entrance: Entrance
    header: str = "Authorization"
    placeholder: str = field(default_factory=lambda: f"partywall-{secrets.token_hex(16)}", repr=False)
    trouble: str = ""
    proof: Proof = field(default_factory=Proof, repr=False)
    worked: bool = False
    told: list[tuple[str, str]] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.told += [(each, self.placeholder if sure else HIDDEN) for each, sure in self.known.secrets]

    def open(self) -> None:
        """Prove itself for the first time. Raises what `Entrance.prove` raises."""
        self._proved(self.entrance.prove(self.known))
        carried = next(iter(self.proof.headers), None)
        self.header = carried or ("Cookie" if self.proof.cookies else "Authorization")

    def current(self) -> Proof:
        """The proof, renewed if its time is nearly up."""
        if self.known.renewable and time.monotonic() >= self.proof.until:
            self.renew(self.proof)
        return self.proof

    def renew(self, old: Proof) -> bool:
        """Prove itself again, unless another thread has done so; says whether that worked."""
        with self._lock:
            if self.proof is not old:
                return True
            if not self.known.renewable:
                return False
            try:
                self._proved(self.entrance.prove(self.known))
            except PartywallError as error:
                self.trouble = f"could not be renewed midway: {error}"
                return False
            return True

    def turned_away(self, response: httpx.Response) -> bool:
        """Is that the answer to somebody without a session: 401, or the way to the log-in? A 403 is a refusal of what
        was asked for: to log in again would change nothing."""
        if response.status_code == httpx.codes.UNAUTHORIZED:
            return True
        location = response.headers.get("location", "")
        return response.is_redirect and self.entrance.logs_in(self.known, str(response.url.join(location)))

    def learn(self, response: httpx.Response) -> None:
        """A session cookie that the service renews by itself."""
        for header in response.headers.get_list("set-cookie"):
            with contextlib.suppress(CookieError):
                for name, morsel in SimpleCookie(header).items():
                    if name in self.proof.cookies and morsel.value:
                        self.proof.cookies[name] = morsel.value
                        self._tell(morsel.value)

    def _proved(self, proof: Proof) -> None:
        for each in proof.secrets:
            self._tell(each)
        self.proof = proof

    def _tell(self, secret: str) -> None:
        if (secret, self.placeholder) not in self.told:
            self.told.append((secret, self.placeholder))


class Gateway(ThreadingHTTPServer):
    """Stands between a run and the service at ``upstream``. Use as a context manager."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: str, budget: Budget, verify: ssl.SSLContext, accounts: list[Account]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.budget = budget
        self.verify = verify
        self.accounts = accounts
        self._under_way = 0
        self._idle = threading.Condition()
        self.trouble: list[str] = []
        self.watch: Callable[[Account | None, str, str, httpx.Response, bytes], None] | None = None
        self._redaction = Redaction({})
        self._learned: dict[str, int] = {}
        self._owners: dict[bytes, Account] = {}
        self._lock = threading.Lock()
        self._prefix = urllib.parse.urlsplit(upstream).path.rstrip("/")
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where the service is, for whoever goes through the gateway."""
        return f"http://127.0.0.1:{self.server_port}{self._prefix}"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the service."""
        parts = urllib.parse.urlsplit(self.upstream)
        return f"{parts.scheme}://{parts.netloc}"

    def account_of(self, headers: Any) -> Account | None:
        """Whose made-up credential a request carries."""
        said = " ".join(str(value) for _, value in headers)
        return next((each for each in self.accounts if each.placeholder in said), None)

    def hidden(self, data: bytes) -> bytes:
        """Without anybody's real credentials, however they are written."""
        for account in self.accounts:
            if len(account.told) > self._learned.get(account.placeholder, 0):
                self._learn(account)
        return self._redaction.clean(data)

    def _learn(self, account: Account) -> None:
        with self._lock:
            before = self._learned.get(account.placeholder, 0)
            told = account.told[before:]
            for secret, shown in told:
                for written in disguises(secret) if len(secret) >= SECRET_CHARS_MIN else ():
                    alone = self._owners.setdefault(written, account) is account
                    self._redaction.learn(written, (shown if alone else HIDDEN).encode())
            self._learned[account.placeholder] = before + len(told)

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While a request is under way."""
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def settle(self, seconds: float) -> None:
        """Wait, for so long at most, until no request is under way: one whose client has gone may make something."""
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the client's to record."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one write: a second would wait for the first to be acknowledged
    server: Gateway
    timeout = 120

    def setup(self) -> None:
        super().setup()
        self._clients: dict[str, tuple[httpx.Client, Deadline]] = {}

    def finish(self) -> None:
        for client, _ in self._clients.values():
            client.close()
        super().finish()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        """One request, there and back. Without a whole answer the connection is closed."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with self.server.busy():
                response, content = self._forward(body)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, Inconclusive, ConnectionError) as error:
            if isinstance(error, TooMuchError | Inconclusive | httpx.DecodingError):
                self.server.trouble.append(f"{self.command} {self.path.partition('?')[0]}: {error}")
            self.close_connection = True
            return
        self._answer(response, content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any  # noqa: N815  # their names

    def _forward(self, body: bytes) -> tuple[httpx.Response, bytes]:
        account = self.server.account_of(self.headers.items())
        until = time.monotonic() + PATIENCE_S
        renewed = False
        for attempt in range(TRIES_MAX):
            if attempt and self._abandoned():
                raise ConnectionAbortedError("the client has given up: sent again, its request would be nobody's")
            if account and account.trouble:
                raise Inconclusive(f"tenant {account.known.name}: its credentials {account.trouble}")
            proof = account.current() if account else Proof()
            self.server.budget.take()
            response, content = self._send(account, proof, body)
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                asked = retry_after(response)
                if asked > until - time.monotonic():
                    raise Inconclusive(f"the service asks for {asked:g} seconds of patience, of {PATIENCE_S:g} in all")
                self.server.budget.wait(asked)
                continue
            if account and account.worked and not renewed and account.turned_away(response):
                renewed = True
                if account.renew(proof):
                    continue
            break
        if account and not account.turned_away(response):
            account.worked = account.worked or response.status_code < 400
            account.learn(response)
        if self.server.watch:
            self.server.watch(account, self.command, self.path, response, content)
        return response, content

    def _abandoned(self) -> bool:
        """Has the client gone?"""
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _send(self, account: Account | None, proof: Proof, body: bytes) -> tuple[httpx.Response, bytes]:
        headers = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() not in _HOP and not (account and account.placeholder in value)
        ]
        headers += list(proof.headers.items())
        cookies = proof.cookies
        if cookies:
            said = "; ".join(value for name, value in headers if name.lower() == "cookie")
            other = [pair for pair in said.split("; ") if pair and pair.partition("=")[0] not in cookies]
            headers = [(name, value) for name, value in headers if name.lower() != "cookie"]
            headers.append(("Cookie", "; ".join([*other, *(f"{name}={value}" for name, value in cookies.items())])))
        url = self.server.origin + self.path
        if proof.query:
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(proof.query)
        client, deadline = self._client(account)
        request = client.build_request(self.command, url, headers=headers, content=body or None)
        request.headers["Accept-Encoding"] = "identity"
        if "user-agent" not in {name.lower() for name, _ in headers}:
            request.headers.pop("user-agent", None)
        deadline.until = time.monotonic() + min(ANSWER_S, self.server.budget.left_s + 1)
        response = client.send(request, stream=True)
        try:
            return response, read_bounded(response, BODY_BYTES_MAX)
        finally:
            response.close()

    def _client(self, account: Account | None) -> tuple[httpx.Client, Deadline]:
        name = account.known.name if account else ""
        if name not in self._clients:
            deadline = Deadline(context(self.server.verify, account.known if account else None), float("inf"))
            timeout = httpx.Timeout(QUIET_S, connect=5.0)
            self._clients[name] = (
                httpx.Client(timeout=timeout, transport=deadline, follow_redirects=False, cookies=_NO_COOKIES),
                deadline,
            )
        self._clients[name][0].cookies.clear()  # the sessions keep theirs
        return self._clients[name]

    def _answer(self, response: httpx.Response, content: bytes) -> None:
        hidden = self.server.hidden
        content = hidden(content)
        self.send_response_only(response.status_code, response.reason_phrase)
        for raw_name, raw_value in response.headers.raw:
            name = raw_name.decode("latin-1")
            if name.lower() not in _HOP:
                self.send_header(name, self._located(name, hidden(raw_value).decode("latin-1")))
        empty = self.command == "HEAD" or response.status_code in (204, 304) or response.status_code < 200
        if not empty:
            self.send_header("Content-Length", str(len(content)))
        elif self.command == "HEAD" and "content-length" in response.headers:
            self.send_header("Content-Length", response.headers["content-length"])
        self.end_headers()
        if not empty:
            self.wfile.write(content)

    def _located(self, name: str, value: str) -> str:
        """Where an answer sends its client: within the service, that is through the gateway."""
        if name.lower() in ("location", "content-location") and value.startswith(self.server.origin + "/"):
            return f"http://127.0.0.1:{self.server.server_port}" + value.removeprefix(self.server.origin)
        return value


_NO_COOKIES = httpx.Cookies()


def retry_after(response: httpx.Response) -> float:
    """How many seconds a service asks to be left alone (RFC 9110, 10.2.3); one where it does not say."""
    told = response.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    until, now = _moment(told), _moment(response.headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else 1.0


def _moment(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
