"""The audit log in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from clickdrop.adapters.database.tables import reads
from clickdrop.domain.audit import Read

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


class SqlAudit:
    """The port `AuditStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, read: Read) -> None:
        """Write down a read."""
        await self._connection.execute(
            insert(reads).values(
                account_id=read.account_id,
                credential_id=read.credential_id,
                operation=read.operation,
                orders=json.dumps(read.orders),
                at=read.at,
                contacts=json.dumps(read.contacts) if read.contacts else None,
            )
        )

    async def of_credential(
        self, account_id: str, credential_id: str, start: datetime, end: datetime, count: int
    ) -> list[Read]:
        """Answer so many reads of the account's by a credential, from `start` until before `end`, oldest first."""
        statement = (
            select(reads)
            .where(reads.c.account_id == account_id, reads.c.credential_id == credential_id)
            .where(reads.c.at >= start, reads.c.at < end)
            .order_by(reads.c.serial)
            .limit(count)
        )
        rows = await self._connection.execute(statement)
        return [
            Read(
                account_id=row.account_id,
                credential_id=row.credential_id,
                operation=row.operation,
                orders=tuple(json.loads(row.orders)),
                at=row.at,
                contacts=tuple((owner, reference) for owner, reference in json.loads(row.contacts or "[]")),
            )
            for row in rows
        ]
