"""One client's requests to an ASGI application in the same process, and the application's life span."""

from __future__ import annotations

import asyncio
import contextlib
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from partywall.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.explore.loop import ExplorationLoop
    from partywall.explore.programme import Client
    from partywall.model import Request

_SECRET_CHARS_MIN = 8


class Session:
    """A client at work: sends one request after another and has each recorded."""

    def __init__(
        self,
        loop: ExplorationLoop,
        application: Any,
        base: str,
        client: Client,
        recorded: dict[int, Exchange],
        cover: Callable[[bytes], bytes],
    ) -> None:
        self.client = client
        self._loop, self._application, self._base = loop, application, base
        self._recorded, self._cover = recorded, cover
        self._cookies = dict(_cookies(client))
        self.running: list[asyncio.Task[None]] = []

    async def send_all(self, requests: tuple[Request, ...]) -> None:
        """Send requests, each when the one before has been answered or hung up."""
        for number, request in enumerate(requests):
            await self._send(number, request)

    async def _send(self, number: int, request: Request) -> None:
        loop = self._loop
        await loop.arrival("arrival")
        exchange = loop.storage["exchanges"] = loop.storage.get("exchanges", -1) + 1
        url = self._base + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        call = _Call(loop, number, self._scope(request, url), request.body)
        loop.calls[self.client.name] = call
        called_ns = loop.tick()
        self.running.append(loop.create_task(call.run(self._application)))
        await call.over
        loop.calls.pop(self.client.name, None)
        if loop.deciding:
            loop.storage.setdefault("requests", {})[self.client.name, number] = call.steps
        self._keep_cookies(call.headers)
        self._recorded[exchange] = Exchange(
            number=exchange,
            operation=request.operation,
            tenant=self.client.tenant.number,
            session=self.client.name,
            connection="",
            method=request.method,
            url=self._text(url),
            request_headers=tuple((name, self._text(value)) for name, value in request.headers),
            request_body=self._cover(request.body),
            called_ns=called_ns,
            returned_ns=loop.tick(),
            status=None if call.fault else call.status,
            headers=tuple((name, self._text(value)) for name, value in call.headers),
            body=self._cover(bytes(call.body)),
            fault=self._text(call.fault),
            provocations=call.provocations,
        )

    def _scope(self, request: Request, url: str) -> dict[str, Any]:
        path, _, query = url.partition("?")
        credential = [pair for pair in self.client.credential if pair[0].lower() != "cookie"]
        headers = [*credential, *request.headers, ("Host", "explored")]
        if request.body:
            headers.append(("Content-Length", str(len(request.body))))
        if self._cookies:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items())))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": ("127.0.0.1", 1),
            "server": ("explored", 80),
            "state": dict(self._loop.storage.get("lifespan state", {})),
        }

    def _keep_cookies(self, headers: tuple[tuple[str, str], ...]) -> None:
        for name, value in headers:
            if name.lower() == "set-cookie":
                with contextlib.suppress(CookieError):
                    self._cookies.update({key: morsel.value for key, morsel in SimpleCookie(value).items()})

    def _text(self, text: str) -> str:
        return self._cover(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


class _Call:
    """One request. ``over``: its client has the whole answer, or is gone."""

    def __init__(self, loop: ExplorationLoop, request: int, scope: dict[str, Any], body: bytes) -> None:
        self.request = request
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.body = bytearray()
        self.fault = ""
        self.provocations: tuple[str, ...] = ()
        self.over: asyncio.Future[None] = loop.create_future()
        self._loop, self._scope, self._unsent = loop, scope, [body]
        self._session = loop.session
        self._began = loop.ran[loop.session]
        self._listening: asyncio.Future[None] | None = None

    @property
    def steps(self) -> int:
        """How many steps its session has run since it began."""
        return self._loop.ran[self._session] - self._began

    def hang_up(self) -> None:
        """The client closes its connection: what it has by now is all it gets."""
        self.fault = f"hung up after {self.steps} steps"
        self.provocations = (f"hang-up:{self.steps}",)
        self._end()

    async def run(self, application: Any) -> None:
        """The application's part."""
        try:
            await application(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            self._break("the application was cancelled")
        except Exception as error:  # any server answers for its application
            self._break(f"{type(error).__name__}: {error}")
        else:
            self._break("the application returned without an answer")

    def _break(self, reason: str) -> None:
        if self.over.done():
            return
        if self.status is None:
            self.status, self.headers = 500, (("content-type", "text/plain; charset=utf-8"),)
            self.body[:] = b"Internal Server Error"
        else:
            self.fault = reason
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
        if self._listening is not None and not self._listening.done():
            self._listening.set_result(None)

    async def _receive(self) -> dict[str, Any]:
        if self._unsent:
            return {"type": "http.request", "body": self._unsent.pop(), "more_body": False}
        if not self.over.done():
            if self._listening is None or self._listening.done():
                self._listening = self._loop.create_future()
            await asyncio.shield(self._listening)
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if self.over.done():
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.get("headers", ())
            self.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._end()
        # A server may wait here until its socket takes more.
        await self._loop.arrival("socket")


class Lifespan:
    """An instance's life span: begun once, ended once."""

    def __init__(self, loop: ExplorationLoop, application: Any) -> None:
        self._loop, self._application = loop, application
        self._begun: asyncio.Future[None] = loop.create_future()
        self._ending: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._told = False
        self._state: dict[str, Any] = {}
        self.fault = ""

    async def begin(self) -> None:
        """Start the application up; one that knows of no life span goes without. ``fault`` says if it failed."""
        self._task = self._loop.create_task(self._run())
        await self._begun
        self._loop.storage["lifespan state"] = self._state

    async def end(self) -> None:
        """Shut it down."""
        if not self._ending.done():
            self._ending.set_result(None)
        await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        with contextlib.suppress(Exception):
            await self._application(scope, self._receive, self._send)
        if not self._begun.done():
            self._begun.set_result(None)

    async def _receive(self) -> dict[str, Any]:
        if not self._told:
            self._told = True
            return {"type": "lifespan.startup"}
        await self._ending
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"].endswith(".failed"):
            self.fault = f"{message['type']}: {message.get('message', '')}"
        if not self._begun.done() and message["type"].startswith("lifespan.startup"):
            self._begun.set_result(None)


def _cookies(client: Client) -> Iterator[tuple[str, str]]:
    """The cookies that a client's credential begins with."""
    for header, value in client.credential:
        if header.lower() == "cookie":
            for pair in value.split("; "):
                name, _, cookie = pair.partition("=")
                yield name, cookie


def cover(clients: tuple[Client, ...], mark: Callable[[Client], str]) -> Callable[[bytes], bytes]:
    """Writes a mark of its owner where a credential stands, so that one that shows is found, and shows nowhere."""
    secrets: dict[bytes, bytes] = {}
    for client in clients:
        for _, value in client.credential:
            for secret in (value, *value.split(), *(cookie for _, cookie in _cookies(client))):
                if len(secret) >= _SECRET_CHARS_MIN:
                    secrets[secret.encode()] = mark(client).encode()
    longest_first = sorted(secrets.items(), key=lambda each: -len(each[0]))

    def covered(data: bytes) -> bytes:
        for secret, name in longest_first:
            if secret in data:
                data = data.replace(secret, name)
        return data

    return covered
