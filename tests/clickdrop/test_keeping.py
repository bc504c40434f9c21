"""Keys and tokens that bind what is kept or handed out to one tenant."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.tokens import ContinuationTokens
from clickdrop.domain.accounts import Account, AccountKind
from clickdrop.domain.errors import InvalidRequest
from clickdrop.domain.paging import OrderQuery
from clickdrop.domain.printing import DocumentType, LabelOptions
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.service.read_through import ReadThrough
from tests.clickdrop.test_order_life import new_order

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = Account("a", "Shop", AccountKind.OBA, channel_shipper=True, revision=1)
OTHERS = (replace(ACCOUNT, id="b"), replace(ACCOUNT, revision=2), replace(ACCOUNT, id="a:1", revision=1))
KEYS = CacheKeys()


@pytest.mark.parametrize(
    "key",
    [
        lambda account: KEYS.orders(account, OrderQuery()),
        lambda account: KEYS.labels(account, [new_order()], LabelOptions()),
        KEYS.carriers,
    ],
    ids=["orders", "labels", "carriers"],
)
def test_keys_differ_by_account_and_revision(key: Callable[[Account], str]) -> None:
    """No two accounts, and no two revisions of one, ever share a key."""
    keys = [key(account) for account in (ACCOUNT, *OTHERS)]
    assert len(set(keys)) == len(keys)


def test_keys_differ_by_what_is_asked() -> None:
    """Different questions of one account have different keys."""
    queries = [OrderQuery(), OrderQuery(page_size=1), OrderQuery(before=7)]
    options = [LabelOptions(), LabelOptions(returns_label=True), LabelOptions(DocumentType.DESPATCH_NOTE)]
    keys = [KEYS.orders(ACCOUNT, query) for query in queries]
    keys += [KEYS.labels(ACCOUNT, [new_order()], each) for each in options]
    keys += [KEYS.labels(ACCOUNT, [], LabelOptions()), KEYS.carriers(ACCOUNT)]
    assert all(one != other for one, other in combinations(keys, 2))


def test_read_through_loads_once() -> None:
    """What is kept is not loaded again; with nothing to keep it for, it is."""
    loads: list[int] = []

    async def load() -> list[int]:
        loads.append(1)
        return [1, 2]

    async def read(seconds: float) -> list[list[int]]:
        kept = ReadThrough(InProcessCache(), seconds)
        return [await kept.value(TypeAdapter(list[int]), "k", load) for _ in range(3)]

    assert asyncio.run(read(60)) == [[1, 2]] * 3
    assert len(loads) == 1
    assert asyncio.run(read(0)) == [[1, 2]] * 3
    assert len(loads) == 4


def test_what_cannot_be_read_is_loaded_again() -> None:
    """A kept value of another shape is no error, and is replaced."""

    async def load() -> list[int]:
        return [1]

    async def read() -> tuple[list[int], bytes | None]:
        cache = InProcessCache()
        await cache.set("k", b'{"other": "shape"}', 60)
        value = await ReadThrough(cache, 60).value(TypeAdapter(list[int]), "k", load)
        return value, await cache.get("k")

    assert asyncio.run(read()) == ([1], b"[1]")


def test_cache_is_bounded() -> None:
    """A cache of five bytes forgets what was not used for longest, and does not keep what it cannot hold."""

    async def fill() -> list[bytes | None]:
        cache = InProcessCache(max_bytes=5)
        await cache.set("a", b"11", 60)
        await cache.set("b", b"22", 60)
        await cache.get("a")
        await cache.set("c", b"33", 60)
        await cache.set("d", b"444444", 60)
        return [await cache.get(key) for key in "abcd"]

    assert asyncio.run(fill()) == [b"11", None, b"33", None]


def test_tokens_open_for_their_account_alone() -> None:
    """A continuation token opens for the account that it was given to, and for no other."""
    tokens = ContinuationTokens(b"secret", max_age_seconds=60)
    token = tokens.seal("a", 17)
    assert tokens.open("a", token) == 17
    for account, text in (("b", token), ("a", token[:-1]), ("a", ""), ("a", "x.y.z"), ("a", "é")):
        with pytest.raises(InvalidRequest):
            tokens.open(account, text)


def test_tokens_expire() -> None:
    """A token that is too old is refused."""
    token = ContinuationTokens(b"secret", max_age_seconds=60).seal("a", 17)
    with pytest.raises(InvalidRequest):
        ContinuationTokens(b"secret", max_age_seconds=-1).open("a", token)
