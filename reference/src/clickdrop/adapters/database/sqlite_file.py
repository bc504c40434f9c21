"""The tables of a SQLite file, which may be one that an earlier version of the service has left."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from sqlalchemy import inspect, text
from sqlalchemy.schema import CreateColumn

from clickdrop.adapters.database.tables import metadata
from clickdrop.adapters.database.tables.columns import EARLIER

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Column, Connection, Table

_SHAPE = crc32(repr([(name, table.c.keys()) for name, table in metadata.tables.items()]).encode()) >> 1
"""Kept with the file, which need not be looked through if it is this version's."""


class UnknownTable(Exception):
    """A table is neither what it should be nor what it once was; the message says what to do."""


def make_tables(connection: Connection) -> None:
    """Make the tables that are not there, and give those that are what was added since; raises `UnknownTable`."""
    if connection.scalar(text("PRAGMA user_version")) == _SHAPE:
        return
    there = set(inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name in there:
            _bring_up(connection, table)
    metadata.create_all(connection)
    connection.execute(text(f"PRAGMA user_version = {_SHAPE}"))


def _bring_up(connection: Connection, table: Table) -> None:
    found = {column["name"] for column in inspect(connection).get_columns(table.name)}
    missing = [column for column in table.c if column.name not in found]
    unknown = found - set(table.c.keys())
    lost = [column.name for column in missing if not column.nullable and EARLIER not in column.info]
    wrong = [f"without {', '.join(lost)}"] if lost else []
    wrong += [f"with {', '.join(sorted(unknown))}"] if unknown else []
    if wrong:
        raise UnknownTable(
            f"expected the table {table.name} of this version or an earlier one, came one {' and '.join(wrong)}: "
            "use another file, or the version of clickdrop that has left this one"
        )
    for column in missing:
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {_described(column, connection)}"))
    for index in table.indexes:
        index.create(connection, checkfirst=True)


def _described(column: Column[Any], connection: Connection) -> str:
    described = str(CreateColumn(column).compile(dialect=connection.dialect))
    return described if column.nullable else f"{described} DEFAULT '{column.info[EARLIER]}'"
