"""SQLite files that an earlier version of the service has left, or another program."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from clickdrop.adapters.database.sqlite_file import UnknownTable
from clickdrop.cli import main
from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.jobs import JobKind
from clickdrop.settings import Embedded, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ADDED = (
    "DROP INDEX jobs_by_status",
    "ALTER TABLE jobs DROP COLUMN lane",
    "ALTER TABLE jobs DROP COLUMN notice",
    "ALTER TABLE orders DROP COLUMN search",
    "DROP TABLE webhooks",
    "DROP TABLE deleted_orders",
    "ALTER TABLE reads DROP COLUMN contacts",
)
"""What takes away what was added since jobs were."""


def left(path: Path, statements: Sequence[str]) -> Path:
    """Leave a file with two tenants, their orders and a job, changed by statements."""

    async def fill() -> None:
        platform = compose(Settings(Embedded(path), token_secret=b"secret"))
        await platform.prepare()
        await seed(platform)
        account, _ = await platform.accounts.all()
        await platform.jobs.ask(account, JobKind.EXPORT_CSV)
        await platform.aclose()

    asyncio.run(fill())
    with closing(sqlite3.connect(path)) as connection:
        for statement in (*statements, "PRAGMA user_version = 0"):
            connection.execute(statement)
    return path


def test_what_was_added_since_is_added(tmp_path: Path) -> None:
    """A file of before some columns, an index and a table has them after the start, and all that was in it."""
    path = left(tmp_path / "clickdrop.db", ADDED)

    async def use() -> None:
        platform = compose(Settings(Embedded(path), token_secret=b"secret"))
        await platform.prepare()
        account, _ = await platform.accounts.all()
        (order,) = await platform.orders.get(account, OrderIdentifiers((), ("INV-1001",)))
        assert order.reference == "INV-1001"
        await platform.jobs.ask(account, JobKind.EXPORT_CSV)
        assert await platform.job_worker.work() == 2
        await platform.aclose()

    asyncio.run(use())
    with closing(sqlite3.connect(path)) as connection:
        indexes = {row[1] for row in connection.execute("PRAGMA index_list(jobs)")}
        assert "jobs_by_status" in indexes
        assert connection.execute("SELECT count(*) FROM webhooks").fetchone() == (0,)


@pytest.mark.parametrize(
    ("statement", "came"),
    [
        ("ALTER TABLE orders DROP COLUMN content", "without content"),
        ("ALTER TABLE orders ADD COLUMN colour TEXT", "with colour"),
    ],
)
def test_what_cannot_be_known(tmp_path: Path, statement: str, came: str) -> None:
    """A table without what its rows must say, or with more than is known, is refused at the start; nothing changes."""
    path = left(tmp_path / "clickdrop.db", (*ADDED, statement))

    async def start() -> None:
        platform = compose(Settings(Embedded(path), token_secret=b"secret"))
        try:
            await platform.prepare()
        finally:
            await platform.aclose()

    with pytest.raises(UnknownTable, match=f"expected the table orders .*, came one {came}: use another file"):
        asyncio.run(start())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'webhooks'").fetchone() is None


def test_a_file_of_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says in one line what is wrong with a file, and ends with status 2."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY)")
    monkeypatch.setenv("CLICKDROP_PROVIDER_KEY", "a key of no provider")
    assert main(["serve", "--port", "0", "--database", str(path), "--provider-url", "http://127.0.0.1:9"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"--database {path}: expected the table orders" in said
