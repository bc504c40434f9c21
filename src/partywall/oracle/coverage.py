"""What a history exercised: per operation, who succeeded, and whose success showed something of its own.

A run that exercised nothing proves nothing; an operation that never showed its owner anything could
not have shown it to others either.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from partywall.oracle.ownership import foreign_values, own_values

if TYPE_CHECKING:
    from partywall.ledger import Ledger
    from partywall.model import Exchange, History

DONORS_MAX = 10


@dataclass(slots=True)
class Coverage:
    """One operation's part in a history.

    Attributes:
        exchanges: requests sent; answered: with a status; succeeded: 2xx; broke: 5xx.
        tenants: how many tenants (without the control) succeeded.
        controlled: how many of those were shown something provably their own.
        transplants: responses judged as if another tenant had received them; noticed: found foreign.
    """

    exchanges: int = 0
    answered: int = 0
    succeeded: int = 0
    broke: int = 0
    tenants: int = 0
    controlled: int = 0
    transplants: int = 0
    noticed: int = 0

    def add(self, other: Coverage) -> None:
        """Add another history's figures."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class _Seen:
    coverage: Coverage = field(default_factory=Coverage)
    tenants: set[int] = field(default_factory=set)
    controlled: set[int] = field(default_factory=set)
    donors: list[Exchange] = field(default_factory=list)


def coverage(ledger: Ledger) -> dict[str, Coverage]:
    """Figures of every operation of the policy and of the history."""
    history = ledger.history
    control = {tenant.number for tenant in history.tenants if tenant.control}
    seen = {operation: _Seen() for operation in ledger.policy.operations}
    for exchange in history.exchanges:
        of = seen.setdefault(exchange.operation, _Seen())
        of.coverage.exchanges += 1
        of.coverage.answered += exchange.status is not None
        of.coverage.succeeded += exchange.succeeded
        of.coverage.broke += exchange.status is not None and exchange.status >= 500
        if exchange.succeeded and exchange.tenant not in control:
            of.tenants.add(exchange.tenant)
            if own_values(ledger, exchange):
                of.controlled.add(exchange.tenant)
            if len(of.donors) < DONORS_MAX:
                of.donors.append(exchange)
    for operation, of in seen.items():
        of.coverage.tenants, of.coverage.controlled = len(of.tenants), len(of.controlled)
        if operation not in ledger.policy.public:
            _transplant(ledger, of, control)
    return {operation: of.coverage for operation, of in seen.items()}


def _transplant(ledger: Ledger, of: _Seen, control: set[int]) -> None:
    """Judge recorded responses as if another tenant had received them, as answers to a request that
    names nothing."""
    tenants = [tenant.number for tenant in ledger.history.tenants if tenant.number not in control]
    for index, donor in enumerate(of.donors):
        others = [number for number in tenants if number != donor.tenant]
        if others:
            receiver = others[index % len(others)]
            planted = replace(donor, tenant=receiver, url="", request_headers=(), request_body=b"")
            of.coverage.transplants += 1
            of.coverage.noticed += any(True for _ in foreign_values(ledger, planted))


def overlaps(history: History) -> Counter[tuple[str, str]]:
    """Pairs of exchanges of different tenants that were in flight at one moment, by their operations."""
    found: Counter[tuple[str, str]] = Counter()
    flying: list[Exchange] = []
    for exchange in sorted(history.exchanges, key=lambda e: e.called_ns):
        flying = [other for other in flying if other.returned_ns > exchange.called_ns]
        for other in flying:
            if other.tenant != exchange.tenant:
                first, second = sorted((exchange.operation, other.operation))
                found[first, second] += 1
        flying.append(exchange)
    return found
