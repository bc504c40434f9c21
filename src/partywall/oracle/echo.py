"""Echo: a response that names its caller names the right one. Needs no model of who owns what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall import places
from partywall.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.ledger import Ledger

PROPERTY = "echo"


def echo(ledger: Ledger) -> Iterator[Finding]:
    """The first place in each response that names somebody else as its caller."""
    history = ledger.history
    names = {tenant.name: tenant.label for tenant in history.tenants}
    for exchange in history.exchanges:
        viewer = history.by_number[exchange.tenant]
        named = [
            (place, str(value))
            for operation, pattern in ledger.policy.caller
            if operation == exchange.operation and exchange.succeeded
            for place, value in places.find(places.parse(exchange.body), pattern)
            if value not in (None, viewer.name)
        ]
        for place, value in named[:1]:
            yield Finding(
                property=PROPERTY,
                kind="wrong-name",
                operation=exchange.operation,
                surface="body",
                owner=names.get(value, "unknown"),
                viewer=viewer.label,
                value=value,
                rule=f"here the response names its caller, who is {viewer.name!r}",
                place=place,
                chain=("json",),
                exchange=exchange.number,
            )
