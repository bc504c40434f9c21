"""The planted leak `tenant-undone-by-rollback`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "tenant-undone-by-rollback"
SECRET = "Zebedee"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
TURNS, WIDTH = 4, 8
ROUNDS = 2 * TURNS * TURNS


def probe(service: Service) -> bool:
    """Have one tenant's requests fail among another's, and list its orders: does the list ever show the other's?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    shop = service.shop(viewer)
    with ThreadPoolExecutor(WIDTH) as threads:  # so that there are several connections, which take turns
        list(threads.map(lambda number: owner.http.get("/orders", params={"pageSize": number + 1}), range(WIDTH)))
    nobody = service.client(service.url)
    for number in range(ROUNDS):
        owner.http.get("/orders")
        for _ in range(number // TURNS % TURNS):  # each takes a connection's turn, to ask whether the platform is open
            nobody.get("/orders")
        assert shop.post(f"/checkouts/{UNKNOWN}/refund").status_code in {401, 404}
        for _ in range(number % TURNS):
            nobody.get("/orders")
        if SECRET in viewer.http.get("/orders/full", params={"pageSize": number + 10}).text:
            return True
    return False


def test_leaks(leaking: Service) -> None:
    """With the leak, a list after a failure shows the orders of whoever had the connection before."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, failures change nothing."""
    assert not probe(service)
