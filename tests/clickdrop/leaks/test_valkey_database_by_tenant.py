"""The planted leak `valkey-database-by-tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks.valkey_database_by_tenant import DATABASES, database_of
from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

LEAK = "valkey-database-by-tenant"
SECRET = "Zebedee"
QUERY = {"pageSize": 29}


def probe(service: Service) -> bool:
    """Make tenants until two have the same database, and list the orders of both: does one's list show the other's?"""
    tenants: dict[int, Tenant] = {}
    for _ in range(DATABASES + 1):
        viewer = service.tenant()
        owner = tenants.setdefault(database_of(viewer.account_id), viewer)
        if owner is not viewer:
            break
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    assert SECRET in owner.http.get("/orders/full", params=QUERY).text
    return SECRET in viewer.http.get("/orders/full", params=QUERY).text


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant of a database reads the first one's list."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant reads its own list."""
    assert not probe(service)
