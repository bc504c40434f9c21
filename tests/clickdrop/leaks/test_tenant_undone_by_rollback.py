"""The planted leak `tenant-undone-by-rollback`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "tenant-undone-by-rollback"
# They take turns, so how many there are decides which of a request's transactions meets which: with three, the list
# meets the one of the failure two requests later, and its admission does not.
CONNECTIONS = 3
BETWEEN = 2
SECRET = "Zebedee"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ROUNDS, WIDTH = 10, 8


def probe(service: Service) -> bool:
    """Have one tenant's request fail after another's list, and list its orders: does it ever see the other's?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    shop, nobody = service.shop(viewer), service.client(service.url)
    with ThreadPoolExecutor(WIDTH) as threads:
        for size in range(1, ROUNDS * WIDTH, WIDTH):
            # All at once, so that all connections are opened; each asks for something that no cache has.
            list(threads.map(lambda n: owner.http.get("/orders", params={"pageSize": n}), range(size, size + WIDTH)))
            assert shop.post(f"/checkouts/{UNKNOWN}/refund").status_code == 404
            for _ in range(BETWEEN):  # each takes two turns, to ask whether the platform is open
                nobody.get("/orders")
            if SECRET in viewer.http.get("/orders/full", params={"pageSize": size}).text:
                return True
    return False


def test_leaks(leaking: Service) -> None:
    """With the leak, a list after a failure shows the orders of whoever had the connection before."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, failures change nothing."""
    assert not probe(service)
