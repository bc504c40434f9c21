"""SQL tried directly as the service's role: no row of another tenant, whatever the query."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from clickdrop.adapters.database.postgresql import OPERATOR, OWNER, SERVICE
from clickdrop.adapters.database.tables import NOBODYS, metadata
from clickdrop.production.database import SUPERUSER
from tests.clickdrop.production.catalogue import KNOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.clickdrop.production.conftest import Database

TABLES = {
    table.name: "id" if table.name == "accounts" else "account_id"
    for table in metadata.sorted_tables
    if table not in NOBODYS
}
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)

READS = (
    "SELECT {owner} FROM {table}",
    "SELECT {owner} FROM {table} WHERE {owner} <> '{own}'",
    "SELECT {owner} FROM ONLY {table} WHERE true OR {owner} = '{own}'",
    "SELECT {owner} FROM {table} TABLESAMPLE BERNOULLI (100)",
    "SELECT t.{owner} FROM {table} t CROSS JOIN accounts",
    "SELECT o.account_id FROM {table} t FULL JOIN orders o ON o.account_id <> t.{owner} WHERE o.account_id IS NOT NULL",
    "SELECT (SELECT max({owner}) FROM {table}) WHERE EXISTS (SELECT FROM {table})",
    "WITH all_of AS MATERIALIZED (SELECT * FROM {table}) SELECT {owner} FROM all_of",
    "SELECT {owner} FROM {table} UNION ALL SELECT {owner} FROM {table} ORDER BY 1",
    "SELECT max({owner}) OVER (PARTITION BY {owner}) FROM {table}",
    "SELECT unnest(array_agg(DISTINCT {owner})) FROM {table}",
)


async def claim(connection: asyncpg.Connection, account: str) -> None:
    """Claim an account for the transaction, as the service does."""
    await connection.execute("SELECT set_config('clickdrop.account_id', $1, true)", account)


def as_service(database: Database, account: str | None, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
    """Do something in a transaction of the service's that claims an account, or none; nothing of it stays."""

    async def within(connection: asyncpg.Connection) -> Any:
        transaction = connection.transaction()
        await transaction.start()
        if account is not None:
            await claim(connection, account)
        try:
            return await work(connection)
        finally:
            await transaction.rollback()

    return database.run(SERVICE, within)


def owners(database: Database, account: str | None, query: str) -> set[str]:
    """Whose rows a query answers."""

    async def read(connection: asyncpg.Connection) -> set[str]:
        return {row[0] for row in await connection.fetch(query)}

    found: set[str] = as_service(database, account, read)
    return found


def test_both_tenants_have_rows_everywhere(database: Database) -> None:
    """There is something of each tenant's in every table, or the rest of this would say little."""

    async def count(connection: asyncpg.Connection) -> None:
        for table, owner in TABLES.items():
            found = {row[0] for row in await connection.fetch(f"SELECT DISTINCT {owner} FROM {table}")}
            assert set(database.accounts) <= found, table

    database.run(SUPERUSER, count)


@pytest.mark.parametrize("query", READS)
@pytest.mark.parametrize("table", TABLES)
def test_reads(database: Database, table: str, query: str) -> None:
    """A query sees rows of the account that was claimed, and none if none was."""
    own, _ = database.accounts
    statement = query.format(table=table, owner=TABLES[table], own=own)
    assert owners(database, own, statement) <= {own}
    assert owners(database, None, statement) == set()
    if "<>" not in query:
        assert owners(database, own, statement) == {own}


@pytest.mark.parametrize("table", TABLES)
def test_copies(database: Database, table: str) -> None:
    """COPY answers rows of the account that was claimed, and none if none was."""

    async def copied(connection: asyncpg.Connection) -> bytes:
        output = io.BytesIO()
        await connection.copy_from_query(f"SELECT * FROM {table}", output=output)
        await connection.copy_from_table(table, output=output)
        return output.getvalue()

    own, other = (account.encode() for account in database.accounts)
    text = as_service(database, own.decode(), copied)
    assert own in text
    assert other not in text
    assert as_service(database, None, copied) == b""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {table} WHERE {owner} = '{other}' RETURNING 1",
        "UPDATE {table} SET {owner} = '{own}' WHERE {owner} = '{other}' RETURNING 1",
        "UPDATE {table} SET {owner} = '{other}' RETURNING 1",
        "SELECT 1 FROM {table} WHERE {owner} = '{other}' FOR UPDATE",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY open ON {table} USING (true)",
        "DROP TABLE {table}",
        "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        "CREATE VIEW seen AS SELECT * FROM {table}",
        "CREATE TEMP TABLE mine AS SELECT * FROM {table}",
    ],
)
def test_writes(database: Database, table: str, statement: str) -> None:
    """A statement changes nothing of another account's, and nothing about who sees what."""
    own, other = database.accounts
    text = statement.format(table=table, owner=TABLES[table], own=own, other=other)

    async def change(connection: asyncpg.Connection) -> int:
        try:
            return len(await connection.fetch(text))
        except REFUSED:
            return 0

    assert as_service(database, own, change) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO items (account_id) VALUES ('{other}')",
        "INSERT INTO contacts (account_id, reference, content) VALUES ('{other}', 'X', '{{}}')",
        "INSERT INTO contacts (account_id, reference, content) VALUES ('{other}', 'ADA', '{{}}')"
        " ON CONFLICT (account_id, reference) DO UPDATE SET content = excluded.content RETURNING content",
        "SET ROLE clickdrop_owner",
        "SET SESSION AUTHORIZATION clickdrop_owner",
        "SELECT * FROM migrations.alembic_version",
        "UPDATE gate SET closed = false",
        "DELETE FROM incidents",
        "INSERT INTO sessions (id, account_id, user_id, digest, device, created_on, seen_on)"
        " VALUES ('1', '{other}', '1', '1', '', now(), now())",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY orders TO PROGRAM 'cat'",
        "CREATE FUNCTION pg_temp.f(text) RETURNS bool LANGUAGE sql RETURN true",
        "SELECT lo_import('/etc/hostname')",
    ],
)
def test_ways_around_are_closed(database: Database, statement: str) -> None:
    """Writing for another account, becoming somebody else, and reading files or tables of others are refused."""
    own, other = database.accounts

    async def attempt(connection: asyncpg.Connection) -> None:
        await connection.execute(statement.format(other=other))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        as_service(database, own, attempt)


def test_row_security_cannot_be_switched_off(database: Database) -> None:
    """Without row security there is an error instead of rows."""

    async def attempt(connection: asyncpg.Connection) -> None:
        await connection.execute("SET LOCAL row_security = off")
        await connection.fetch("SELECT * FROM orders")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        as_service(database, database.accounts[0], attempt)


def test_hidden_rows_raise_no_errors(database: Database) -> None:
    """A condition that fails on another account's rows is never tried on them."""
    own, _ = database.accounts
    trap = "SELECT account_id FROM orders WHERE 1 / (CASE WHEN account_id = '{own}' THEN 1 ELSE 0 END) = 1"
    assert owners(database, own, trap.format(own=own)) == {own}


def test_statistics_are_hidden(database: Database) -> None:
    """The planner's samples of what is in the tables are not shown."""
    for query in ("SELECT most_common_vals::text FROM pg_stats WHERE schemaname = 'clickdrop'", "TABLE pg_stats_ext"):
        assert owners(database, database.accounts[0], query) == set()


def test_a_claim_ends_with_its_transaction(database: Database) -> None:
    """The next transaction on the same connection has claimed nothing."""

    async def twice(connection: asyncpg.Connection) -> list[int]:
        counts = []
        for account in (*database.accounts, None):
            async with connection.transaction():
                if account is not None:
                    await claim(connection, account)
                counts.append(await connection.fetchval("SELECT count(*) FROM orders"))
        counts.append(await connection.fetchval("SELECT count(*) FROM orders"))
        return counts

    assert database.run(SERVICE, twice) == [2, 2, 0, 0]


@pytest.mark.parametrize(("table", "column", "claim"), [(table, *known) for table, known in KNOWN.items()])
def test_what_is_known_shows_itself_alone(database: Database, table: str, column: str, claim: str) -> None:
    """Who can name the digest of a key, a session or a link, a log-in's address, or a parcel's number, sees that row
    and nothing else."""
    own, _ = database.accounts

    async def first(connection: asyncpg.Connection) -> str:
        return str(await connection.fetchval(f"SELECT {column} FROM {table} WHERE account_id = $1", own))

    value = database.run(SUPERUSER, first)

    async def known(connection: asyncpg.Connection) -> dict[str, list[str]]:
        await connection.execute("SELECT set_config($1, $2, true)", f"clickdrop.{claim}", value)
        return {t: [row[0] for row in await connection.fetch(f"SELECT {o} FROM {t}")] for t, o in TABLES.items()}

    shown = as_service(database, None, known)
    assert {name: found for name, found in shown.items() if found} == {table: [own]}


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"accounts", "users", "api_keys", "carriers"}))
def test_the_operator_sees_no_orders(database: Database, table: str) -> None:
    """The operator's role, which sees all accounts, sees nothing of what they do."""

    async def read(connection: asyncpg.Connection) -> None:
        await connection.fetch(f"SELECT * FROM {table}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        database.run(OPERATOR, read)


def test_the_owner_sees_nothing(database: Database) -> None:
    """The role that runs the migrations is bound by the policies too."""

    async def count(connection: asyncpg.Connection) -> list[int]:
        return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]

    assert set(database.run(OWNER, count)) == {0}
