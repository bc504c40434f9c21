"""How a trial begins: what every tenant owns before anybody tries anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from strategies.drafts import OWN
from strategies.orders import EQUAL_REFERENCES, orders, returns

if TYPE_CHECKING:
    from strategies.drafts import Draft

TENANTS_MAX = 8


@dataclass(frozen=True)
class Opening:
    """The same for all tenants of a trial but for their marks and what is drawn from them: equal references, equal
    goods.

    Attributes:
        tenants: how many, 2 to 8.
        orders: drafts of four orders; the first two have labels, the last is there to be deleted.
    """

    tenants: int
    orders: list[Draft]
    a_return: Draft


@st.composite
def openings(draw: st.DrawFn, *, tenants: int | None = None) -> Opening:
    """An opening for ``tenants`` tenants, or for 2 to 8."""
    drafts: list[Any] = [
        draw(orders(reference=st.just(EQUAL_REFERENCES[0]), labelled=True)),
        draw(orders(reference=st.just(f"REF-{OWN}"), labelled=True)),
        draw(orders(reference=st.just(EQUAL_REFERENCES[1]), labelled=False)),
        draw(orders(reference=st.just(f"GONE-{OWN}"), labelled=False)),
    ]
    count = tenants if tenants is not None else draw(st.integers(2, TENANTS_MAX))
    return Opening(count, drafts, draw(returns()))
