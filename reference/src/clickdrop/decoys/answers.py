"""What decoys before the whole application build on: a front that edits whole answers of the APIs."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TENANTS, OPERATORS = "/api/v1", "/operator"
_OK = 200
_SUCCESSES = range(200, 300)


@dataclass
class Answer:
    """A request of the tenants' API or the operator's, and its answer.

    `account_id` is whose request it is, as far as the service came to know; `asked` is its body.
    """

    account_id: str | None
    method: str
    path: str
    sent: Headers
    asked: bytes
    status: int
    headers: MutableHeaders
    body: bytes

    def succeeded(self, method: str, path: str) -> bool:
        """Tell whether it is this operation's, and a success."""
        return (self.method, self.path) == (method, path) and self.status in _SUCCESSES

    @property
    def document(self) -> Any:
        """The JSON of the answer, `None` if it is none."""
        return json.loads(self.body) if "json" in self.headers.get("content-type", "") and self.body else None

    def rewrite(self, document: Any) -> None:
        """Answer this JSON instead."""
        self.body = json.dumps(document, separators=(",", ":")).encode()

    def orders(self, document: Any) -> list[dict[str, Any]]:
        """Answer the orders in a document of this answer's."""
        if self.status != _OK or not self.path.startswith("/api/v1/orders"):
            return []
        if isinstance(document, dict):
            document = [order for key in ("createdOrders", "orders") for order in document.get(key, ())]
        return document if isinstance(document, list) else []


class Editing(ABC):
    """Has answers of the APIs edited; a subclass says how. One instance serves one application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @abstractmethod
    def edit(self, answer: Answer) -> None:
        """Change the answer in place."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back, edit it, and send it."""
        if scope["type"] != "http" or not scope["path"].startswith((TENANTS, OPERATORS)):
            await self._app(scope, receive, send)
            return
        path, asked, parts = scope["path"], bytearray(), list[bytes]()
        start: Message | None = None

        async def received() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            if start is None or message.get("more_body"):
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            answer = Answer(
                account_id=scope.get("clickdrop.account_id"),
                method=scope["method"],
                path=path,
                sent=Headers(scope=scope),
                asked=bytes(asked),
                status=start["status"],
                headers=headers,
                body=b"".join(parts),
            )
            self.edit(answer)
            headers["Content-Length"] = str(len(answer.body))
            await send({**start, "status": answer.status, "headers": headers.raw})
            await send({"type": "http.response.body", "body": answer.body})

        await self._app(scope, received, sent)
