"""Connections to PostgreSQL, where every transaction claims whose rows it may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import URL, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from clickdrop.adapters.database.engines import Engines

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

DATABASE = "clickdrop"
OWNER, SERVICE, OPERATOR = "clickdrop_owner", "clickdrop_service", "clickdrop_operator"
"""The role that owns the tables and runs the migrations, and those of the service and of the operator's interface,
which own nothing and see what the policies of the tables let them."""

_WAIT_SECONDS = 10
_CLAIM = select(func.set_config(bindparam("name"), bindparam("value"), True))  # noqa: FBT003


async def claim_in_transaction(connection: AsyncConnection, claim: str, value: str) -> None:
    """Claim it until the end of the transaction, so that a connection takes no claim back to its pool."""
    await connection.execute(_CLAIM, {"name": f"clickdrop.{claim}", "value": value})


def engine(folder: Path, role: str, password: str, *, pool_size: int) -> AsyncEngine:
    """Answer an engine that logs in with this role over the Unix socket in the folder."""
    url = URL.create("postgresql+asyncpg", role, password, database=DATABASE, query={"host": str(folder)})
    return create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=_WAIT_SECONDS)


def postgresql_engines(folder: Path, service_password: str, operator_password: str, *, pool_size: int) -> Engines:
    """Answer engines on a server whose socket is in the folder; the migrations have made the tables."""
    service = engine(folder, SERVICE, service_password, pool_size=pool_size)
    return Engines(
        reading=service.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        writing=service,
        administering=engine(folder, OPERATOR, operator_password, pool_size=1),
        claim=claim_in_transaction,
    )
