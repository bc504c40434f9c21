"""One authenticated client for load and provocations: its own connections, cookies and credential.

Like `Session`, which is over httpx, on a transport that costs a fraction of it (docs/decisions/0029).
"""

from __future__ import annotations

import asyncio
import functools
import re
import urllib.parse
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import httpx

from partywall.decode.formats.compressed import without_content_coding
from partywall.drive.http1 import BODY_BYTES_MAX, BrokenError, connect
from partywall.drive.recorder import Answer, tokens_in
from partywall.drive.session import tls_context
from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from partywall.drive.http1 import Connection, Reply
    from partywall.drive.recorder import Recorder
    from partywall.model import Exchange, Request, Tenant
    from partywall.policy import LogIn
    from partywall.target import Credential, Target

_Headers = tuple[tuple[str, str], ...]

_NOT_IN_URL = re.compile(r"[^!-~]")
_NOT_IN_HEADER = re.compile(r"[\r\n\0]")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Prepared(NamedTuple):
    """A request as it goes out.

    Attributes:
        url: path and query. sent: all headers. data: head and body.
    """

    request: Request
    url: str
    sent: _Headers
    data: bytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.request.operation})"  # the rest has credentials in it


class Client:
    """An authenticated client of one tenant. For its loop's thread only; what is in flight at once has connections of
    its own.

    Args:
        base_url: where it sends to, instead of the target's own: the operator's interface.
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
        self.timeout_s = timeout_s
        self._where = _where(target.base_url if base_url is None else base_url)
        self._headers = tuple(credential.headers)
        self._cookies = httpx.Cookies()
        self._log_ins = target.policy.log_ins
        self._issuing = frozenset(log_in.operation for log_in in self._log_ins if log_in.token)
        self._recorder = recorder
        self._connections: list[Connection] = []
        self._proxy: int | None = None
        self._pages = frozenset(target.policy.pages)
        self._on_pages = self._fixed(())
        self._always = self._fixed(self._headers)

    async def send(
        self, request: Request, *provocations: str, keep: Callable[[Exchange], bool] | None = None
    ) -> Exchange:
        """Send a request and record what came. What breaks is recorded as a fault, not raised."""
        prepared = self.prepare(request)
        called = self.call()
        try:
            connection = self.idle() or await self.open()
        except BrokenError as error:
            return self.record(called, prepared, Answer(fault=str(error)), *provocations, keep=keep)
        reply = connection.send(prepared.data, head_only=request.method == "HEAD")
        answer = await self.answer(connection, reply)
        return self.record(called, prepared, answer, *provocations, keep=keep)

    # The steps of which `send` is made, for provocations that take others.

    def prepare(self, request: Request) -> Prepared:
        """A request as this client sends it. Raises `UsageError` if it can't be written in HTTP."""
        url = self._where.path + request.path
        if request.query:
            url = f"{url}?{httpx.QueryParams(request.query)}"
        if _NOT_IN_URL.search(url):
            url = urllib.parse.quote(url, safe="%/?:@!$&'()*+,;=~-._#[]|\\^`{}\"<>")
        sent, head = self._on_pages if request.operation in self._pages else self._always
        if request.headers:
            sent, head = self._with(sent, request.headers)
        if self._cookies:
            sent, head = self._with_cookies(sent, head, url)
        if request.body or request.method in _WITH_BODY:
            head = f"{head}content-length: {len(request.body)}\r\n"
        data = f"{request.method} {url} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + request.body
        return Prepared(request, url, sent, data)

    def call(self) -> tuple[int, int]:
        """The number of a request that is about to be sent, and the time."""
        return self._recorder.call()

    def idle(self, taken: Collection[Connection] = ()) -> Connection | None:
        """A connection on which nothing is awaited, if there is one that is not taken."""
        for connection in self._connections:
            if connection.idle and connection not in taken:
                return connection
        return None

    async def open(self, *, receive_bytes: int | None = None) -> Connection:
        """A new connection. Raises `BrokenError` if none can be had in time."""
        try:
            async with asyncio.timeout(self.timeout_s):
                host, port = (self._where.host, self._where.port) if self._proxy is None else ("127.0.0.1", self._proxy)
                tls = tls_context() if self._where.tls else None
                connection = await connect(host, port, tls=tls, receive_bytes=receive_bytes)
        except TimeoutError as error:
            raise BrokenError(f"ConnectTimeout: no connection in {self.timeout_s:g} s") from error
        self._connections = [each for each in self._connections if not each.closed]
        self._connections.append(connection)
        return connection

    async def answer(self, connection: Connection, reply: Reply) -> Answer:
        """What comes of a request, once it has come, failed, or the time is up."""
        late = asyncio.get_running_loop().call_later(
            self.timeout_s, connection.fail, f"ReadTimeout: no whole answer in {self.timeout_s:g} s"
        )
        try:
            await reply.done
        except BrokenError as error:
            return Answer(connection.address, body=reply.body, fault=str(error))
        finally:
            late.cancel()
        body = reply.body
        for name, value in reply.headers:
            if name == "content-encoding":
                body = without_content_coding(body, value, BODY_BYTES_MAX)
        return Answer(connection.address, reply.status, reply.reason, tuple(reply.headers), body)

    def record(
        self,
        called: tuple[int, int],
        prepared: Prepared,
        answer: Answer,
        *provocations: str,
        keep: Callable[[Exchange], bool] | None = None,
    ) -> Exchange:
        """The exchange of a request that is over. Credentials and cookies that it brought are used from now on."""
        exchange = self._recorder.record(
            called,
            prepared.request,
            answer,
            tenant=self.tenant.number,
            session=self.name,
            url=prepared.url,
            sent=prepared.sent,
            provocations=provocations,
            keep=keep,
        )
        if prepared.request.operation in self._issuing and exchange.succeeded:
            for log_in, token in tokens_in(self._log_ins, prepared.request.operation, answer.body):
                self.adopt(log_in, token)
        if any(name == "set-cookie" for name, _ in answer.headers):
            self._take_cookies(prepared, answer)
        return exchange

    def adopt(self, log_in: LogIn, token: str) -> None:
        """Prove itself with this credential from now on."""
        others = tuple(pair for pair in self._headers if pair[0].lower() != log_in.header.lower())
        self._headers = (*others, (log_in.header, log_in.prefix + token))
        self._always = self._fixed(self._headers)

    def go_through(self, proxy_port: int | None) -> None:
        """Connect to a proxy on this port from now on, or to the service itself."""
        self.close()
        self._proxy = proxy_port

    def close(self) -> None:
        """Close its connections."""
        for connection in self._connections:
            connection.close()

    def _fixed(self, credential: _Headers) -> tuple[_Headers, str]:
        sent = (("Host", self._where.netloc), ("Accept", "*/*"), ("User-Agent", "partywall"), *credential)
        return sent, _lines(sent)

    def _with(self, sent: _Headers, headers: _Headers) -> tuple[_Headers, str]:
        own = {name.lower() for name, _ in headers}
        sent = tuple(pair for pair in sent if pair[0].lower() not in own) + headers
        return sent, _lines(sent)

    def _with_cookies(self, sent: _Headers, head: str, url: str) -> tuple[_Headers, str]:
        asked = httpx.Request("GET", self._where.origin + url)
        self._cookies.set_cookie_header(asked)
        if "cookie" not in asked.headers or any(name.lower() == "cookie" for name, _ in sent):
            return sent, head
        cookie = ("Cookie", asked.headers["cookie"])
        return (*sent, cookie), head + _lines((cookie,))

    def _take_cookies(self, prepared: Prepared, answer: Answer) -> None:
        asked = httpx.Request(prepared.request.method, self._where.origin + prepared.url)
        with suppress(ValueError):  # a header that is none
            self._cookies.extract_cookies(httpx.Response(200, headers=list(answer.headers), request=asked))


class _Where(NamedTuple):
    origin: str
    netloc: str
    host: str
    port: int
    path: str
    tls: bool


@functools.lru_cache(maxsize=64)
def _where(base_url: str) -> _Where:
    url = httpx.URL(base_url)
    tls = url.scheme == "https"
    path = url.raw_path.decode("ascii").rstrip("/")
    netloc = url.netloc.decode("ascii")
    return _Where(f"{url.scheme}://{netloc}", netloc, url.host, url.port or (443 if tls else 80), path, tls)


@functools.lru_cache(maxsize=4096)
def _lines(headers: _Headers) -> str:
    for name, value in headers:
        if _NOT_IN_HEADER.search(name + value):
            raise UsageError(f"header {name!r}: expected one line of text, came line breaks or NUL. Encode its value.")
    return "".join(f"{name}: {value}\r\n" for name, value in headers)
