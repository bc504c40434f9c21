"""Lists of orders, a page at a time, newest first.

A page starts below the last identifier of the one before it, so that orders which are made or deleted while a
tenant reads its list neither double nor hide one that was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clickdrop.domain.orders import Order, OrderStatus

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
MAX_CONTACTS = 1000
"""As much of an address book as is shown or searched."""


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


class OrderSort(StrEnum):
    """In which order a search answers."""

    NEWEST = "newest"
    OLDEST = "oldest"
    REFERENCE = "reference"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """Orders whose reference, recipient or tracking number has the text in it, as page `page` (from 1) of them."""

    text: str = ""
    status: OrderStatus | None = None
    sort: OrderSort = OrderSort.NEWEST
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a search found, and how much it found in all."""

    orders: tuple[Order, ...]
    total: int
