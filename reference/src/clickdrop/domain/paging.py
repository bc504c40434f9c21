"""Lists of orders, a page at a time, newest first.

A page starts below the last identifier of the one before it, so that orders which are made or deleted while a
tenant reads its list neither double nor hide one that was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clickdrop.domain.orders import Order

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders: made from `start` to `end` (inclusive), with identifiers below `before`."""

    page_size: int = DEFAULT_PAGE_SIZE
    start: datetime | None = None
    end: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page, and where the next one starts; `next_before` is `None` on the last page."""

    orders: tuple[Order, ...]
    next_before: int | None
