"""The catalogue of the migrated database lets nobody see more than the policies say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Text

from clickdrop.adapters.database.postgresql import OWNER, engine
from clickdrop.adapters.database.tables import metadata
from clickdrop.production.database import SUPERUSER
from tests.clickdrop.production.catalogue import RULES, faults

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy import Connection

    from tests.clickdrop.production.conftest import Database

CLAIM = "(SELECT current_setting('clickdrop.account_id', true))"
BROKEN = {
    "a table without a forced policy": (
        "CREATE TABLE clickdrop.plain (id int)",
        "ALTER TABLE clickdrop.orders NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE clickdrop.orders DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON clickdrop.orders",
    ),
    "a policy for the service that asks for more or less than its claim": (
        "CREATE POLICY open ON clickdrop.orders TO clickdrop_service USING (true)",
        "CREATE POLICY open ON clickdrop.orders FOR INSERT TO clickdrop_service WITH CHECK (true)",
        "CREATE POLICY open ON clickdrop.sessions FOR SELECT TO clickdrop_service USING (true)",
        f"CREATE POLICY open ON clickdrop.orders TO clickdrop_service USING (true OR account_id = {CLAIM})",
        f"CREATE POLICY open ON clickdrop.orders TO clickdrop_service USING (account_id <> {CLAIM})",
        f"CREATE POLICY open ON clickdrop.orders FOR INSERT TO clickdrop_service WITH CHECK ({CLAIM} <> '')",
        f"CREATE POLICY open ON clickdrop.orders TO clickdrop_service USING (reference = {CLAIM})",
        "CREATE POLICY open ON clickdrop.parcels FOR SELECT TO clickdrop_service"
        " USING (order_identifier::text = (SELECT current_setting('clickdrop.tracking_number', true)))",
        "CREATE POLICY open ON clickdrop.parcels FOR UPDATE TO clickdrop_service"
        " USING (tracking_number = (SELECT current_setting('clickdrop.tracking_number', true)))",
    ),
    "a tenant's in a table of nobody's, or something that the service can change there": (
        "ALTER TABLE clickdrop.incidents ADD COLUMN account_id text",
        "GRANT UPDATE ON clickdrop.gate TO clickdrop_service",
        "GRANT DELETE ON clickdrop.incidents TO clickdrop_service",
    ),
    "a policy for everybody": ("CREATE POLICY open ON clickdrop.orders USING (true)",),
    "a table of the operator's beyond the accounts": (
        "GRANT SELECT (content) ON clickdrop.orders TO clickdrop_operator",
        "GRANT SELECT ON clickdrop.logins TO clickdrop_operator",
    ),
    "a table in a schema that is not for the service": ("GRANT USAGE ON SCHEMA migrations TO clickdrop_service",),
    "a view, which would see as its owner does": (
        "CREATE VIEW clickdrop.seen AS SELECT * FROM clickdrop.orders",
        "CREATE MATERIALIZED VIEW clickdrop.kept AS SELECT * FROM clickdrop.orders",
    ),
    "a function that runs as its owner": (
        "CREATE FUNCTION clickdrop.f() RETURNS bigint SECURITY DEFINER LANGUAGE sql RETURN 1",
    ),
    "a role with more than a log-in": (
        "ALTER ROLE clickdrop_service BYPASSRLS",
        "ALTER ROLE clickdrop_owner SUPERUSER",
    ),
    "a role within another": ("GRANT clickdrop_owner TO clickdrop_service",),
    "something that a role of the service's owns": ("ALTER TABLE clickdrop.items OWNER TO clickdrop_service",),
    "a schema in which a role of the service's can make something": (
        "GRANT CREATE ON SCHEMA clickdrop TO clickdrop_service",
    ),
    "a database in which a role of the service's can make something": (
        "GRANT TEMP ON DATABASE clickdrop TO clickdrop_service",
    ),
    "a table that everybody or the service can empty, or watch": (
        "GRANT TRUNCATE ON clickdrop.orders TO clickdrop_service",
    ),
}


def test_nothing_breaks_a_rule(database: Database) -> None:
    """The catalogue keeps all the rules."""
    assert database.run(SUPERUSER, faults) == []


def test_every_rule_can_be_broken() -> None:
    """There is an example against each rule."""
    assert set(BROKEN) == set(RULES)


@pytest.mark.parametrize(("rule", "statement"), [(rule, each) for rule, all_of in BROKEN.items() for each in all_of])
def test_what_breaks_a_rule_is_seen(database: Database, rule: str, statement: str) -> None:
    """Whoever breaks a rule is told which."""

    async def broken(connection: asyncpg.Connection) -> list[str]:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(statement)
            return await faults(connection)
        finally:
            await transaction.rollback()

    assert rule in {fault.partition(":")[0] for fault in database.run(SUPERUSER, broken)}


def differences(database: Database, known: MetaData) -> list[Any]:
    """Answer what alembic would do to make the migrated tables those of the metadata."""

    def compared(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), known))

    async def compare() -> list[Any]:
        owner = engine(database.cluster.folder, OWNER, database.cluster.passwords.owner, pool_size=1)
        async with owner.connect() as connection:
            found = await connection.run_sync(compared)
        await owner.dispose()
        return found

    return asyncio.run(compare())


def test_migrations_make_the_tables_that_the_service_knows(database: Database) -> None:
    """The migrated tables and those of the service's metadata are the same, column by column."""
    assert differences(database, metadata) == []
    other = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(other)
    other.tables["orders"].append_column(Column("colour", Text))
    ((step, _, table_name, column),) = differences(database, other)
    assert (step, table_name, column.name) == ("add_column", "orders", "colour")
