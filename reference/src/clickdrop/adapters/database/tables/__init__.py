"""The tables. Every row of a tenant's says whose it is; no key is unique over tenants but identifiers and log-ins."""

from __future__ import annotations

from clickdrop.adapters.database.tables.columns import FIRST_NUMBERS, metadata
from clickdrop.adapters.database.tables.public import gate, incident_updates, incidents
from clickdrop.adapters.database.tables.records import jobs, reads, webhooks
from clickdrop.adapters.database.tables.shipping import (
    checkouts,
    contacts,
    deleted_orders,
    items,
    manifests,
    orders,
    parcels,
    products,
    returns,
)
from clickdrop.adapters.database.tables.tenants import (
    accounts,
    api_keys,
    carriers,
    logins,
    one_time_links,
    sessions,
    users,
)

__all__ = [
    "FIRST_NUMBERS",
    "NOBODYS",
    "accounts",
    "api_keys",
    "carriers",
    "checkouts",
    "contacts",
    "deleted_orders",
    "gate",
    "incident_updates",
    "incidents",
    "items",
    "jobs",
    "logins",
    "manifests",
    "metadata",
    "one_time_links",
    "orders",
    "parcels",
    "products",
    "reads",
    "returns",
    "sessions",
    "users",
    "webhooks",
]

NOBODYS = (gate, incidents, incident_updates)
"""What is said to the public and is no tenant's."""
