"""Turns what was sent and what came into exchanges, without credentials."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from partywall.model import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; the fields are those of `Exchange`. Without a whole answer there is no status, and
    ``body`` is what had come."""

    connection: str = ""
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fault: str = ""


class Recorder:
    """Numbers exchanges in order of calling and hands each on once it is over. Safe in threads.

    Args:
        secrets: credential -> what to write instead. Give each a mark of its owner: a response that
            shows somebody's credential is then found like any other leak, and the credential itself
            goes nowhere.
        heard: called with each exchange, from the thread that made it, one at a time.
    """

    def __init__(self, secrets: Mapping[str, str], heard: Callable[[Exchange], None]) -> None:
        self._secrets = {secret.encode(): name.encode() for secret, name in secrets.items() if secret}
        self._heard = heard
        self._lock = threading.Lock()
        self._called = 0
        self._exchanges: dict[int, Exchange] = {}

    def call(self) -> tuple[int, int]:
        """The number of a request that is about to be sent, and the time in nanoseconds."""
        with self._lock:
            number = self._called
            self._called += 1
            return number, time.monotonic_ns()

    def record(
        self,
        called: tuple[int, int],
        request: Request,
        answer: Answer,
        *,
        tenant: int,
        session: str,
        url: str,
        provocations: tuple[str, ...],
    ) -> Exchange:
        """The exchange of a request that is over."""
        number, called_ns = called
        exchange = Exchange(
            number=number,
            operation=request.operation,
            tenant=tenant,
            session=session,
            connection=answer.connection,
            method=request.method,
            url=self._clean_text(url),
            request_headers=tuple((name, self._clean_text(value)) for name, value in request.headers),
            request_body=self._clean(request.body),
            called_ns=called_ns,
            returned_ns=time.monotonic_ns(),
            status=answer.status,
            reason=answer.reason,
            headers=tuple((name, self._clean_text(value)) for name, value in answer.headers),
            body=self._clean(answer.body),
            fault=self._clean_text(answer.fault),
            provocations=provocations,
        )
        with self._lock:
            self._exchanges[number] = exchange
            self._heard(exchange)
        return exchange

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that are over, in order of calling, numbered without gaps."""
        with self._lock:
            return tuple(self._exchanges[number] for number in sorted(self._exchanges))

    def _clean(self, data: bytes) -> bytes:
        for secret, name in self._secrets.items():
            if secret in data:
                data = data.replace(secret, name)
        return data

    def _clean_text(self, text: str) -> str:
        return self._clean(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
