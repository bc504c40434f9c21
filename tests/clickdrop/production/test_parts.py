"""Small parts of the stack, each by itself."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import postgresql

from clickdrop.adapters.cache import FewEntries, InProcessCache
from clickdrop.adapters.database.tables.columns import FreeText
from clickdrop.adapters.lock_out import FAILURES_AT_ADDRESS, LockOut
from clickdrop.adapters.valkey import ValkeyCache, ValkeyRateLimit
from clickdrop.domain.errors import TooManyRequests, Unauthenticated
from clickdrop.production.processes import Processes, StackFailed, listens, reachable
from clickdrop.production.supervisor import start_valkey
from tests.clickdrop.clocks import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Dialect

READY_SECONDS = 60


@pytest.fixture(scope="module")
def valkey() -> Iterator[Path]:
    """The socket of a Valkey server."""
    with Processes(None) as processes:
        path = processes.folder / "valkey.sock"
        start_valkey(processes, path).wait_until(partial(listens, path), READY_SECONDS)
        yield path


def test_listens(tmp_path: Path) -> None:
    """A socket that is bound has its file, and takes no connections until it listens."""
    path = tmp_path / "socket"
    assert not listens(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert path.exists()
        assert not listens(path)
        server.listen()
        assert listens(path)


def test_free_text_comes_back() -> None:
    """Any text is written without NUL, read as it was, and never the same as another."""
    text = FreeText()
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # as the library has it
    texts = ["".join(letters) for length in range(5) for letters in product("\0\\0a", repeat=length)]
    written = [text.process_bind_param(each, dialect) for each in texts]
    assert not any(each is None or "\0" in each for each in written)
    assert len(set(written)) == len(set(texts))
    assert [text.process_result_value(each, dialect) for each in written] == texts
    assert text.process_bind_param(None, dialect) is text.process_result_value(None, dialect) is None


@pytest.mark.parametrize("entries", [1, 3])
def test_few_entries(entries: int) -> None:
    """A cache of few entries holds so many, and never answers one key's value to another."""

    async def fill() -> list[bytes | None]:
        cache = FewEntries(InProcessCache(), entries)
        for number in range(50):
            await cache.set(f"key {number}", b"%d" % number, 60)
        return [await cache.get(f"key {number}") for number in range(50)]

    found = asyncio.run(fill())
    assert sum(value is not None for value in found) == entries
    assert all(value in {None, b"%d" % number} for number, value in enumerate(found))


def test_valkey_keeps(valkey: Path) -> None:
    """Valkey answers what was set, for as long as it was to be kept; other clients are answered the same."""

    async def use() -> list[bytes | None]:
        one, two = ValkeyCache(valkey), ValkeyCache(valkey)
        await one.set("a", b"\0\xff", 60)
        await one.set("never", b"x", 0)
        found = [await two.get("a"), await two.get("never"), await two.get("b")]
        await one.check()
        await one.aclose()
        await two.aclose()
        return found

    assert asyncio.run(use()) == [b"\0\xff", None, None]


def test_valkey_cancelled(valkey: Path) -> None:
    """Whoever reads after a cancelled read is answered its own key, wherever the other was cancelled."""

    async def use() -> set[tuple[bytes | None, bytes | None]]:
        cache = ValkeyCache(valkey)
        await cache.set("one", b"1" * 50_000, 60)
        await cache.set("two", b"2", 60)
        found = set()
        for turn in range(60):
            readers = [asyncio.create_task(cache.get("one")) for _ in range(20)]
            for _ in range(turn % 12):
                await asyncio.sleep(0)
            for reader in readers:
                reader.cancel()
            await asyncio.wait(readers)
            found.add((await cache.get("two"), await cache.get("none")))
        await cache.aclose()
        return found

    assert asyncio.run(use()) == {(b"2", None)}


def test_workers_count_together(valkey: Path) -> None:
    """Two processes' limits on one server are one limit."""

    calls = 0

    async def use() -> None:
        nonlocal calls
        limits = [ValkeyRateLimit(3, valkey) for _ in range(2)]
        try:
            for calls in range(300):
                await limits[calls % 2].spend("a key of two")
        finally:
            for limit in limits:
                await limit.aclose()

    with pytest.raises(TooManyRequests):
        asyncio.run(use())
    assert calls >= 3


def test_a_server_that_is_away(tmp_path: Path) -> None:
    """Without its server a cache keeps nothing, a limit limits nobody and nobody is locked out; only who asks how it is
    hears of it."""

    async def use() -> bytes | None:
        away = ValkeyCache(tmp_path / "nothing")
        await away.set("a", b"1", 60)
        limit = ValkeyRateLimit(1, tmp_path / "nothing")
        for _ in range(3):
            await limit.spend("key")
        lock_out = LockOut(limit.counts, Clock())
        for _ in range(FAILURES_AT_ADDRESS + 1):
            with pytest.raises(Unauthenticated):
                async with lock_out.trying("ada@shop.example", ""):
                    raise Unauthenticated
        with pytest.raises(Exception, match="nothing"):
            await away.check()
        found = await away.get("a")
        await away.aclose()
        await limit.aclose()
        return found

    assert asyncio.run(use()) is None


def test_what_another_user_may_not_reach_is_copied(tmp_path: Path) -> None:
    """A wheel and its libraries are copied for a user who may not go where they are, and only then."""
    package = tmp_path / "private" / "wheel"
    package.mkdir(parents=True)
    package.with_name("wheel.libs").mkdir()
    (package / "program").write_text("program")
    (package.with_name("wheel.libs") / "library").write_text("library")
    (tmp_path / "private").chmod(0o700)
    assert reachable(package, tmp_path / "copies", {}) == package
    copy = reachable(package, tmp_path / "copies", {"user": 65534})
    assert copy == tmp_path / "copies" / "wheel"
    assert (copy / "program").read_text() == "program"
    assert (tmp_path / "copies" / "wheel.libs" / "library").read_text() == "library"


def test_a_service_that_does_not_start_says_why() -> None:
    """The last words of a service that ended are in what is said of it."""
    with Processes(None) as processes:
        broken = processes.start("broken", ["sh", "-c", "echo out of paper; exit 3"])
        with pytest.raises(StackFailed, match="broken ended with status 3: out of paper"):
            broken.wait_until(lambda: False, READY_SECONDS)
