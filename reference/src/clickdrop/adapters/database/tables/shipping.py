"""The tables of orders, of what they are made of, and of what becomes of them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from clickdrop.adapters.database.tables.columns import (
    EARLIER,
    FIRST_NUMBERS,
    IDENTIFIER,
    FreeText,
    Instant,
    account,
    metadata,
    numbered,
)

orders = Table(
    "orders",
    metadata,
    numbered("identifier", FIRST_NUMBERS["orders"]),
    account(),
    Column("reference", FreeText),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("printed_on", Instant),
    Column("manifested_on", Instant),
    Column("shipped_on", Instant),
    Column("tracking_numbers", Text, nullable=False),
    Column("other_courier", Text),
    Column("search", FreeText, nullable=False, info={EARLIER: ""}),
    UniqueConstraint("account_id", "reference"),
    Index("orders_of_account", "account_id", "identifier"),
    sqlite_autoincrement=True,
)

deleted_orders = Table(
    "deleted_orders",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("identifier", IDENTIFIER, primary_key=True, autoincrement=False),
    Column("created_on", Instant, primary_key=True),
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
    numbered("number", FIRST_NUMBERS["manifests"]),
    account(),
    Column("carrier_name", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
    sqlite_autoincrement=True,
)

returns = Table(
    "returns",
    metadata,
    Column("tracking_number", String(13), primary_key=True),
    account(),
    Column("unique_item_id", Text, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("content", Text, nullable=False),
)

items = Table(
    "items",
    metadata,
    numbered("serial", FIRST_NUMBERS["items"]),
    account(),
    sqlite_autoincrement=True,
)

checkouts = Table(
    "checkouts",
    metadata,
    numbered("number", FIRST_NUMBERS["checkouts"]),
    Column("id", String(36), nullable=False, unique=True),
    account(),
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
    account(),
    Column("order_identifier", IDENTIFIER, nullable=False),
    Column("created_on", Instant, nullable=False),
    Column("events", Text, nullable=False),
    Index("parcels_of_account", "account_id", "created_on", "tracking_number"),
)
