"""Leads: where the service broke while it was provoked. No leak, but where one may be.

A 5xx, a connection reset or closed before the answer, a time-out. What a client did itself (it hung up) is none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange, History

PLAIN = ""
"""The provocation of requests that were sent without any."""

_FAULTS = {
    "timed out": "time-out",
    "Timeout": "time-out",
    "ConnectError": "refused",
    "ReadError": "reset",
    "WriteError": "reset",
    "RemoteProtocolError": "reset",
}
"""How a fault begins or what it says -> what it is."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The service broke under a provocation.

    Attributes:
        broke: "5xx", "reset", "time-out", "refused" or "other".
        provocation: without its numbers ("together", "cut:after-write"), `PLAIN` for none.
        count: how often, of ``sent`` such requests. exchange: the first one.
    """

    operation: str
    provocation: str
    broke: str
    count: int
    sent: int
    exchange: int


def leads(history: History) -> tuple[Lead, ...]:
    """By operation and provocation, the most frequent first. An exchange under several provocations counts for each."""
    sent: Counter[tuple[str, str]] = Counter()
    broken: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], int] = {}
    for exchange in history.exchanges:
        how = broke(exchange)
        for provocation in _provocations(exchange):
            sent[exchange.operation, provocation] += 1
            if how:
                broken[exchange.operation, provocation, how] += 1
                first.setdefault((exchange.operation, provocation, how), exchange.number)
    return tuple(
        Lead(operation, provocation, how, count, sent[operation, provocation], first[operation, provocation, how])
        for (operation, provocation, how), count in broken.most_common()
    )


def broke(exchange: Exchange) -> str:
    """How the service broke in an exchange, "" if it did not."""
    if exchange.status is not None:
        return "5xx" if exchange.status >= 500 else ""
    if not exchange.fault or exchange.fault.startswith("hung up"):
        return ""
    return next((what for said, what in _FAULTS.items() if said in exchange.fault), "other")


def _provocations(exchange: Exchange) -> Iterator[str]:
    """Names without numbers, each once: "together:4" and "together:5" are one provocation."""
    names = dict.fromkeys(
        ":".join(part for part in name.split(":") if not _is_number(part)) for name in exchange.provocations
    )
    yield from names or (PLAIN,)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("e-", "", 1).isdigit()
