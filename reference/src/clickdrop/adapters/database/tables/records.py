"""The tables of what is done later, whom it is told, and who was shown what."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from clickdrop.adapters.database.tables.columns import EARLIER, Instant, account, metadata, numbered

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    account(),
    Column("kind", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("due_on", Instant),
    Column("subjects", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fault", Text),
    Column("file_name", Text),
    Column("media_type", Text),
    Column("content", LargeBinary),
    Column("shows", Text),
    Column("notice", Text),
    Column("lane", Text, nullable=False, info={EARLIER: ""}),
    Index("jobs_of_account", "account_id", "due_on"),
    Index("jobs_by_status", "account_id", "status"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(36), primary_key=True),
    account(),
    Column("url", Text, nullable=False),
    # As it is, since it signs what is told.
    Column("secret", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("attempted_on", Instant),
    Column("outcome", Text),
    Index("webhooks_of_account", "account_id"),
)

reads = Table(
    "reads",
    metadata,
    numbered("serial"),
    account(),
    Column("credential_id", String(36), nullable=False),
    Column("operation", Text, nullable=False),
    Column("orders", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("contacts", Text),
    Index("reads_of_credential", "account_id", "credential_id", "at"),
)
