"""The tables. Every row of a tenant's says whose it is; no key is unique over tenants but identifiers and log-ins."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write the moment as UTC."""
        del dialect
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read the moment as UTC."""
        del dialect
        return value.replace(tzinfo=UTC) if value is not None else None


class FreeText(TypeDecorator[str]):
    """Text as a tenant sent it. PostgreSQL takes no NUL in a text, so NUL is written as an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape."""
        del dialect
        return value.replace("\\", "\\\\").replace("\0", "\\0") if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read the escapes."""
        del dialect
        return _ESCAPE.sub(_unescaped, value) if value is not None else None


_ESCAPE = re.compile(r"\\[\\0]")
_Identifier = BigInteger().with_variant(Integer, "sqlite")

FIRST_NUMBERS = {"orders": 10_000_001, "manifests": 500_001, "items": 47_312_401, "checkouts": 700_001}
"""Where the platform's identifiers start: long enough that one is not met by chance."""


def _unescaped(escape: re.Match[str]) -> str:
    return "\0" if escape[0] == "\\0" else "\\"


def _numbered(name: str, first: int = 1) -> Column[int]:
    return Column(name, _Identifier, Identity(start=first), primary_key=True)


def _account() -> Column[str]:
    return Column("account_id", String(36), ForeignKey("accounts.id"), nullable=False)


accounts = Table(
    "accounts",
    metadata,
    _numbered("serial"),
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
    _account(),
    Column("email", FreeText, nullable=False),
    Column("name", FreeText, nullable=False),
    UniqueConstraint("account_id", "id"),
)

logins = Table(
    "logins",
    metadata,
    Column("user_id", String(36), primary_key=True),
    _account(),
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
    _account(),
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
    _account(),
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
    _account(),
    Column("user_id", String(36)),
    Column("digest", String(64), nullable=False, unique=True),
    ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"]),
)

carriers = Table(
    "carriers",
    metadata,
    Column("guid", String(36), primary_key=True),
    _account(),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    UniqueConstraint("account_id", "name"),
)

orders = Table(
    "orders",
    metadata,
    _numbered("identifier", FIRST_NUMBERS["orders"]),
    _account(),
    Column("reference", FreeText),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("printed_on", Instant),
    Column("manifested_on", Instant),
    Column("shipped_on", Instant),
    Column("tracking_numbers", Text, nullable=False),
    Column("other_courier", Text),
    Column("search", FreeText, nullable=False),
    UniqueConstraint("account_id", "reference"),
    Index("orders_of_account", "account_id", "identifier"),
    sqlite_autoincrement=True,
)

contacts = Table(
    "contacts",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("reference", FreeText, primary_key=True),
    Column("content", Text, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("sku", FreeText, primary_key=True),
    Column("content", Text, nullable=False),
)

manifests = Table(
    "manifests",
    metadata,
    _numbered("number", FIRST_NUMBERS["manifests"]),
    _account(),
    Column("carrier_name", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
    sqlite_autoincrement=True,
)

returns = Table(
    "returns",
    metadata,
    Column("tracking_number", String(13), primary_key=True),
    _account(),
    Column("unique_item_id", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
)

items = Table(
    "items",
    metadata,
    _numbered("serial", FIRST_NUMBERS["items"]),
    _account(),
    sqlite_autoincrement=True,
)

checkouts = Table(
    "checkouts",
    metadata,
    _numbered("number", FIRST_NUMBERS["checkouts"]),
    Column("id", String(36), nullable=False, unique=True),
    _account(),
    Column("idempotency_key", FreeText, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("request", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("charge_id", Text),
    Column("reason", Text),
    Column("tracking_numbers", Text, nullable=False),
    Column("paid_on", Instant),
    Column("refunded_on", Instant),
    UniqueConstraint("account_id", "idempotency_key"),
    Index("checkouts_of_account", "account_id", "number"),
    Index("checkouts_by_status", "account_id", "status"),
    sqlite_autoincrement=True,
)

parcels = Table(
    "parcels",
    metadata,
    Column("tracking_number", String(13), primary_key=True),
    _account(),
    Column("order_identifier", _Identifier, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("events", Text, nullable=False),
    Index("parcels_of_account", "account_id", "created_on", "tracking_number"),
)

reads = Table(
    "reads",
    metadata,
    _numbered("serial"),
    _account(),
    Column("credential_id", String(36), nullable=False),
    Column("operation", Text, nullable=False),
    Column("orders", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("reads_of_credential", "account_id", "credential_id", "at"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    _account(),
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
    Index("jobs_of_account", "account_id", "due_on"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(36), primary_key=True),
    _account(),
    Column("url", Text, nullable=False),
    # As it is, since it signs what is told.
    Column("secret", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("attempted_on", Instant),
    Column("outcome", Text),
    Index("webhooks_of_account", "account_id"),
)

gate = Table(
    "gate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("closed", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    _numbered("id"),
    Column("title", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("resolved", Boolean, nullable=False),
)

incident_updates = Table(
    "incident_updates",
    metadata,
    _numbered("id"),
    Column("incident_id", _Identifier, ForeignKey("incidents.id"), nullable=False),
    Column("time", Instant, nullable=False),
    Column("text", Text, nullable=False),
)

NOBODYS = (gate, incidents, incident_updates)
"""What is said to the public and is no tenant's."""
