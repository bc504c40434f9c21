"""Webhooks in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from clickdrop.adapters.database.tables import webhooks
from clickdrop.domain.webhooks import Webhook

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


class SqlWebhooks:
    """The port `WebhookStore` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self, account_id: str) -> list[Webhook]:
        """Answer the account's webhooks, oldest first."""
        statement = select(webhooks).where(webhooks.c.account_id == account_id)
        ordered = statement.order_by(webhooks.c.created_on, webhooks.c.id)
        return [_webhook_of(row) for row in await self._connection.execute(ordered)]

    async def get(self, account_id: str, webhook_id: str) -> Webhook | None:
        """Answer one of the account's webhooks."""
        statement = select(webhooks).where(webhooks.c.account_id == account_id, webhooks.c.id == webhook_id)
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _webhook_of(row)

    async def add(self, account_id: str, webhook: Webhook) -> None:
        """Add a webhook."""
        await self._connection.execute(
            insert(webhooks).values(
                id=webhook.id,
                account_id=account_id,
                url=webhook.url,
                secret=webhook.secret,
                created_on=webhook.created_on,
            )
        )

    async def attempted(self, account_id: str, webhook_id: str, now: datetime, outcome: str) -> None:
        """Note what came of an attempt."""
        statement = update(webhooks).where(webhooks.c.account_id == account_id, webhooks.c.id == webhook_id)
        await self._connection.execute(statement.values(attempted_on=now, outcome=outcome))

    async def delete(self, account_id: str, webhook_id: str) -> bool:
        """Remove a webhook; false if the account has none with this identifier."""
        statement = delete(webhooks).where(webhooks.c.account_id == account_id, webhooks.c.id == webhook_id)
        return (await self._connection.execute(statement)).rowcount > 0


def _webhook_of(row: Row[Any]) -> Webhook:
    return Webhook(row.id, row.url, row.secret, row.created_on, row.attempted_on, row.outcome)
