"""The tables of accounts, and of who acts for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, String, Table, Text, UniqueConstraint

from clickdrop.adapters.database.tables.columns import FreeText, Instant, account, metadata, numbered

accounts = Table(
    "accounts",
    metadata,
    numbered("serial"),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", FreeText, nullable=False),
    Column("kind", String(3), nullable=False),
    Column("channel_shipper", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("work_due_on", Instant),
)

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    account(),
    Column("email", FreeText, nullable=False),
    Column("name", FreeText, nullable=False),
    UniqueConstraint("account_id", "id"),
)

logins = Table(
    "logins",
    metadata,
    Column("user_id", String(36), primary_key=True),
    account(),
    # The one key that is unique over tenants and not random: an address logs in to one account.
    Column("email", String(254), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(6), nullable=False),
    ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"]),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    account(),
    Column("user_id", String(36), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("device", FreeText, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("seen_on", Instant, nullable=False),
    ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"]),
    Index("sessions_of_account", "account_id", "user_id"),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    account(),
    Column("user_id", String(36), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("role", String(6)),
    Column("expires_on", Instant, nullable=False),
    ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"]),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    account(),
    Column("user_id", String(36)),
    Column("digest", String(64), nullable=False, unique=True),
    ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"]),
)

carriers = Table(
    "carriers",
    metadata,
    Column("guid", String(36), primary_key=True),
    account(),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    UniqueConstraint("account_id", "name"),
)
