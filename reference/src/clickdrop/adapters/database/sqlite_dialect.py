"""SQLite without threads: statements run on the event loop, which gets its turn before each of them."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.pool import Pool

DRIVER = "sqlite+cooperative"


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """Keep the rows, which SQLAlchemy fetches after it has awaited this."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class CooperativeDialect(SQLiteDialect_pysqlite):
    """The standard library's driver in a coroutine.

    Between any two statements of a transaction others may run, as they do where statements go to a server: the
    points where requests can meet are those of a driver with threads. A statement itself keeps the loop; those of
    this service take less time than handing one to a thread and back.
    """

    driver = "cooperative"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        """Answer the pool whose waiting suspends only who waits."""
        del url
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        """Answer how to connect, with cursors that SQLAlchemy can use in coroutines."""
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "factory": _Connection}

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        """Run a statement, after whoever else can run."""
        del context
        await_only(asyncio.sleep(0))
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        """Run a statement many times, after whoever else can run."""
        del context
        await_only(asyncio.sleep(0))
        cursor.executemany(statement, parameters)

    def do_commit(self, dbapi_connection: Any) -> None:
        """End a transaction, after whoever else can run."""
        await_only(asyncio.sleep(0))
        dbapi_connection.commit()


registry.register("sqlite.cooperative", __name__, CooperativeDialect.__name__)
