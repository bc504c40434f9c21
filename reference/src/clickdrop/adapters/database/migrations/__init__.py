"""How the tables of PostgreSQL came to be what they are, a step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCHEMA = "clickdrop"
"""Where the service's tables are."""
OWN_SCHEMA = "migrations"
"""Where it is written which steps have been taken; the service's roles can't look there."""


def upgrade(connection: Connection) -> None:
    """Take all steps that have not been taken, as the owner of the tables, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", "clickdrop.adapters.database:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
