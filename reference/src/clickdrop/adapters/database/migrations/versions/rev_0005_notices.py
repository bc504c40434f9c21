"""Where accounts want to be told of their orders, and what jobs tell."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKey, String, Text

revision = "0005"
down_revision = "0004"

SCHEMA = "clickdrop"
SERVICE = "clickdrop_service"
OWN = "account_id = (SELECT current_setting('clickdrop.account_id', true))"


def upgrade() -> None:
    """Make the table, force a policy on it, and give jobs a column, which their grants take in."""
    op.add_column("jobs", Column("notice", Text), schema=SCHEMA)
    op.create_table(
        "webhooks",
        Column("id", String(36), primary_key=True),
        Column("account_id", String(36), ForeignKey(f"{SCHEMA}.accounts.id"), nullable=False),
        Column("url", Text, nullable=False),
        Column("secret", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("attempted_on", DateTime),
        Column("outcome", Text),
        schema=SCHEMA,
    )
    op.create_index("webhooks_of_account", "webhooks", ["account_id"], schema=SCHEMA)
    op.execute(f"ALTER TABLE {SCHEMA}.webhooks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {SCHEMA}.webhooks TO {SERVICE} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"GRANT SELECT, INSERT, DELETE, UPDATE (attempted_on, outcome) ON {SCHEMA}.webhooks TO {SERVICE}")
