"""Which exchanges may have changed something, and during which time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, 9.2.1
_ACCEPTED = 202


def writes(ledger: Ledger, exchange: Exchange) -> bool:
    """May the request have changed something, whatever it was answered?"""
    return exchange.method.upper() not in SAFE_METHODS or exchange.operation in ledger.policy.writes


def writes_between(ledger: Ledger, first: Exchange, last: Exchange) -> Iterator[Exchange]:
    """Writes, whoever's, that may have taken effect after ``first`` was called and before ``last`` returned.

    A write whose answer did not come, or says that the work goes on, may take effect at any later time.
    """
    for exchange in ledger.history.exchanges:
        open_ended = exchange.status is None or exchange.status >= 500 or exchange.status == _ACCEPTED
        if (
            exchange.called_ns < last.returned_ns
            and (open_ended or exchange.returned_ns > first.called_ns)
            and writes(ledger, exchange)
        ):
            yield exchange
