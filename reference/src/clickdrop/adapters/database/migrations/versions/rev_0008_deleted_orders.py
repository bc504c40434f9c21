"""Whose an order was that is deleted: who read it may still be asked."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, String

revision = "0008"
down_revision = "0007"

SCHEMA = "clickdrop"
SERVICE = "clickdrop_service"
OWN = "account_id = (SELECT current_setting('clickdrop.account_id', true))"


def upgrade() -> None:
    """Make the table, and force a policy on it; what is written there stays."""
    op.create_table(
        "deleted_orders",
        Column("account_id", String(36), ForeignKey(f"{SCHEMA}.accounts.id"), primary_key=True),
        Column("identifier", BigInteger, primary_key=True, autoincrement=False),
        Column("created_on", DateTime, primary_key=True),
        schema=SCHEMA,
    )
    op.execute(f"ALTER TABLE {SCHEMA}.deleted_orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {SCHEMA}.deleted_orders TO {SERVICE} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"GRANT SELECT, INSERT ON {SCHEMA}.deleted_orders TO {SERVICE}")
