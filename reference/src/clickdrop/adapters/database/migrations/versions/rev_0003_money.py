"""Checkouts, parcels, jobs and the audit log, and who sees which of their rows."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)

revision = "0003"
down_revision = "0002"

SCHEMA = "clickdrop"
SERVICE = "clickdrop_service"
OWN = "account_id = (SELECT current_setting('clickdrop.account_id', true))"
GRANTS = {
    "checkouts": ("SELECT, INSERT, UPDATE (status, charge_id, reason, tracking_numbers, paid_on, refunded_on)"),
    "parcels": "SELECT, INSERT, UPDATE (events)",
    "reads": "SELECT, INSERT",
    "jobs": ("SELECT, INSERT, DELETE, UPDATE (due_on, status, attempts, fault, file_name, media_type, content, shows)"),
}


def _account() -> Column[str]:
    return Column("account_id", String(36), ForeignKey(f"{SCHEMA}.accounts.id"), nullable=False)


def upgrade() -> None:
    """Make them, force a policy on each, and say with each account when it has work due."""
    op.add_column("accounts", Column("work_due_on", DateTime), schema=SCHEMA)
    op.execute(f"GRANT UPDATE (work_due_on) ON {SCHEMA}.accounts TO {SERVICE}")
    op.create_table(
        "checkouts",
        Column("number", BigInteger, Identity(start=700_001), primary_key=True),
        Column("id", String(36), nullable=False, unique=True),
        _account(),
        Column("idempotency_key", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("request", Text, nullable=False),
        Column("lines", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("charge_id", Text),
        Column("reason", Text),
        Column("tracking_numbers", Text, nullable=False),
        Column("paid_on", DateTime),
        Column("refunded_on", DateTime),
        UniqueConstraint("account_id", "idempotency_key"),
        schema=SCHEMA,
    )
    op.create_index("checkouts_of_account", "checkouts", ["account_id", "number"], schema=SCHEMA)
    op.create_index("checkouts_by_status", "checkouts", ["account_id", "status"], schema=SCHEMA)
    op.create_table(
        "parcels",
        Column("tracking_number", String(13), primary_key=True),
        _account(),
        Column("order_identifier", BigInteger, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("events", Text, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("parcels_of_account", "parcels", ["account_id", "created_on", "tracking_number"], schema=SCHEMA)
    op.create_table(
        "reads",
        Column("serial", BigInteger, Identity(start=1), primary_key=True),
        _account(),
        Column("credential_id", String(36), nullable=False),
        Column("operation", Text, nullable=False),
        Column("orders", Text, nullable=False),
        Column("at", DateTime, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("reads_of_credential", "reads", ["account_id", "credential_id", "at"], schema=SCHEMA)
    op.create_table(
        "jobs",
        Column("id", String(36), primary_key=True),
        _account(),
        Column("kind", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("due_on", DateTime),
        Column("subjects", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("fault", Text),
        Column("file_name", Text),
        Column("media_type", Text),
        Column("content", LargeBinary),
        Column("shows", Text),
        schema=SCHEMA,
    )
    op.create_index("jobs_of_account", "jobs", ["account_id", "due_on"], schema=SCHEMA)
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {SCHEMA}.{table} TO {SERVICE} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"GRANT {granted} ON {SCHEMA}.{table} TO {SERVICE}")
    # Anybody may ask where a parcel is: who can name its number sees that one parcel, which names nobody.
    knows = "tracking_number = (SELECT current_setting('clickdrop.tracking_number', true))"
    op.execute(f"CREATE POLICY known ON {SCHEMA}.parcels FOR SELECT TO {SERVICE} USING ({knows})")
