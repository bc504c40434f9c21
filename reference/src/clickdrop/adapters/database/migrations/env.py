"""What alembic runs to take the steps."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from clickdrop.adapters.database.migrations import OWN_SCHEMA
from clickdrop.adapters.database.tables import metadata

connection = context.config.attributes["connection"]
connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {OWN_SCHEMA}"))
context.configure(connection=connection, target_metadata=metadata, version_table_schema=OWN_SCHEMA)
with context.begin_transaction():
    context.run_migrations()
