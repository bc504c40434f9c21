"""Query parameters, read without guessing: what is not of its type is refused."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from clickdrop.api.admission import Tenant, platform_of
from clickdrop.api.wire.base import Instant
from clickdrop.domain.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, OrderQuery

_DIGITS = re.compile(r"[+-]?\d{1,19}", re.ASCII)


def _digits(value: object) -> object:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be an integer")
    return value


def _true_or_false(value: object) -> object:
    if isinstance(value, str):
        if value.lower() not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value.lower() == "true"
    return value


Digits = BeforeValidator(_digits)
Flag = Annotated[bool, BeforeValidator(_true_or_false)]


async def order_query(
    request: Request,
    account: Tenant,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MAX_PAGE_SIZE), Digits] = DEFAULT_PAGE_SIZE,
    start: Annotated[Instant | None, Query(alias="startDateTime", description="Made then or later.")] = None,
    end: Annotated[Instant | None, Query(alias="endDateTime", description="Made then or earlier.")] = None,
    token: Annotated[
        str | None, Query(alias="continuationToken", description="From the page before; for an hour.")
    ] = None,
) -> OrderQuery:
    """Read which page of which orders is asked for."""
    before = None if token is None else platform_of(request).continuation.open(account.id, token)
    return OrderQuery(page_size, start, end, before)


WantedPage = Annotated[OrderQuery, Depends(order_query)]
