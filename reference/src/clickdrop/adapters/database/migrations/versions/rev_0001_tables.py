"""The tables of accounts and of what belongs to them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, String, Text, UniqueConstraint
from sqlalchemy.schema import ForeignKeyConstraint

revision = "0001"
down_revision = None

SCHEMA = "clickdrop"


def _numbered(name: str, first: int = 1) -> Column[int]:
    return Column(name, BigInteger, Identity(start=first), primary_key=True)


def _account(*, key: bool = False) -> Column[str]:
    return Column("account_id", String(36), ForeignKey(f"{SCHEMA}.accounts.id"), nullable=False, primary_key=key)


def upgrade() -> None:
    """Make them, in a schema where nobody else can make anything."""
    op.execute(f"CREATE SCHEMA {SCHEMA}")
    op.create_table(
        "accounts",
        _numbered("serial"),
        Column("id", String(36), nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("kind", String(3), nullable=False),
        Column("channel_shipper", Boolean, nullable=False),
        Column("revision", BigInteger, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "users",
        Column("id", String(36), primary_key=True),
        _account(),
        Column("email", Text, nullable=False),
        Column("name", Text, nullable=False),
        UniqueConstraint("account_id", "id"),
        schema=SCHEMA,
    )
    op.create_table(
        "api_keys",
        Column("id", String(36), primary_key=True),
        _account(),
        Column("user_id", String(36)),
        Column("digest", String(64), nullable=False, unique=True),
        ForeignKeyConstraint(["account_id", "user_id"], [f"{SCHEMA}.users.account_id", f"{SCHEMA}.users.id"]),
        schema=SCHEMA,
    )
    op.create_table(
        "carriers",
        Column("guid", String(36), primary_key=True),
        _account(),
        Column("name", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("type", Text, nullable=False),
        UniqueConstraint("account_id", "name"),
        schema=SCHEMA,
    )
    op.create_table(
        "orders",
        _numbered("identifier", 10_000_001),
        _account(),
        Column("reference", Text),
        Column("created_on", DateTime, nullable=False),
        Column("content", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("printed_on", DateTime),
        Column("manifested_on", DateTime),
        Column("shipped_on", DateTime),
        Column("tracking_numbers", Text, nullable=False),
        Column("other_courier", Text),
        UniqueConstraint("account_id", "reference"),
        schema=SCHEMA,
    )
    op.create_index("orders_of_account", "orders", ["account_id", "identifier"], schema=SCHEMA)
    for table, name in (("contacts", "reference"), ("products", "sku")):
        op.create_table(
            table,
            _account(key=True),
            Column(name, Text, primary_key=True),
            Column("content", Text, nullable=False),
            schema=SCHEMA,
        )
    op.create_table(
        "manifests",
        _numbered("number", 500_001),
        _account(),
        Column("carrier_name", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("content", Text, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "returns",
        Column("tracking_number", String(13), primary_key=True),
        _account(),
        Column("unique_item_id", Text, nullable=False),
        Column("created_on", DateTime, nullable=False),
        Column("content", Text, nullable=False),
        schema=SCHEMA,
    )
    op.create_table("items", _numbered("serial", 47_312_401), _account(), schema=SCHEMA)
