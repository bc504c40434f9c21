"""Comparisons: what an oracle held against what, and what it found there. Its findings and its looks are two readings
of them, so that no place counts as looked at where nothing was compared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.ledger import Ledger
    from partywall.model import Exchange, Finding


_NO_ANSWER = frozenset({408, 429})


class Comparison(NamedTuple):
    """One comparison that could have failed, by the operation and the surface that a finding of it names."""

    operation: str
    surface: str
    findings: tuple[Finding, ...] = ()


def compared(ledger: Ledger, oracle: Callable[[Ledger], Iterator[Comparison]]) -> tuple[Comparison, ...]:
    """All that an oracle compares in a history, compared once for each ledger."""
    return ledger.once(oracle, lambda: tuple(oracle(ledger)))


def findings(ledger: Ledger, oracle: Callable[[Ledger], Iterator[Comparison]]) -> Iterator[Finding]:
    """What an oracle found."""
    for comparison in compared(ledger, oracle):
        yield from comparison.findings


def looks(ledger: Ledger, oracle: Callable[[Ledger], Iterator[Comparison]]) -> Counter[tuple[str, str]]:
    """(operation, surface) -> how often an oracle compared something there."""
    return Counter((each.operation, each.surface) for each in compared(ledger, oracle))


def answers(exchange: Exchange) -> bool:
    """Does a response say whether a request may do what it asks? One that did not come, or a service that is out of
    order, or says that it was too slow or one too many, does not."""
    return exchange.status is not None and exchange.status < 500 and exchange.status not in _NO_ANSWER
