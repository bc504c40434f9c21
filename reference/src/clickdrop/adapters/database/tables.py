"""The tables. Every row of a tenant's says whose it is, and no key is unique over tenants but the identifiers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
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


_Identifier = BigInteger().with_variant(Integer, "sqlite")


def _account() -> Column[str]:
    return Column("account_id", String(36), ForeignKey("accounts.id"), nullable=False)


accounts = Table(
    "accounts",
    metadata,
    Column("serial", _Identifier, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", String(3), nullable=False),
    Column("channel_shipper", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    _account(),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    _account(),
    Column("user_id", ForeignKey("users.id")),
    Column("digest", String(64), nullable=False, unique=True),
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
    Column("identifier", _Identifier, primary_key=True),
    _account(),
    Column("reference", Text),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("printed_on", Instant),
    Column("manifested_on", Instant),
    Column("shipped_on", Instant),
    Column("tracking_numbers", Text, nullable=False),
    Column("other_courier", Text),
    UniqueConstraint("account_id", "reference"),
    Index("orders_of_account", "account_id", "identifier"),
    sqlite_autoincrement=True,
)

contacts = Table(
    "contacts",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("content", Text, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("content", Text, nullable=False),
)

manifests = Table(
    "manifests",
    metadata,
    Column("number", _Identifier, primary_key=True),
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

serials = Table(
    "serials",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
