"""Many clients at once, and clients that hang up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from tests.clickdrop.services import STOP_SECONDS, order, running

if TYPE_CHECKING:
    from tests.clickdrop.services import Service, Tenant

PATIENCE_SECONDS = tuple(milliseconds / 1000 for milliseconds in range(12)) * 3


def test_writers_read_what_they_wrote(service: Service) -> None:
    """An order whose making was answered is in every later list of its tenant, under load, and in no other's."""
    tenants = [service.tenant() for _ in range(3)]
    asyncio.run(write_and_read(service, tenants))


async def write_and_read(service: Service, tenants: list[Tenant]) -> None:
    """Have several clients of each tenant make, list and delete orders at the same time."""
    async with httpx.AsyncClient(base_url=service.url, timeout=30, trust_env=False) as client:
        await asyncio.gather(*(work(client, tenant, worker) for tenant in tenants for worker in range(4)))


async def work(client: httpx.AsyncClient, tenant: Tenant, worker: int) -> None:
    """Make an order, look for it, delete it, look for it again; several times."""
    headers = {"Authorization": tenant.key}
    for turn in range(4):
        body = {"items": [order(f"{worker}-{turn}", recipient=f"{tenant.name} {worker}")]}
        made = (await client.post("/orders", json=body, headers=headers)).json()["createdOrders"][0]["orderIdentifier"]
        for path in ("/orders?pageSize=100", "/orders/full?pageSize=100"):
            listed = (await client.get(path, headers=headers)).json()["orders"]
            assert made in {each["orderIdentifier"] for each in listed}
        assert {each["tradingName"] for each in listed} == {tenant.name}
        assert all(each["shippingInfo"]["lastName"].startswith(tenant.name.split()[1]) for each in listed)
        assert (await client.delete(f"/orders/{made}", headers=headers)).status_code == 200
        listed = (await client.get("/orders?pageSize=100", headers=headers)).json()["orders"]
        assert made not in {each["orderIdentifier"] for each in listed}


def test_one_reference_one_order(service: Service, tenant: Tenant) -> None:
    """Of many clients that make an order by one reference at once, exactly one does."""

    async def race() -> list[int]:
        async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": tenant.key}) as client:
            requests = (client.post("/orders", json={"items": [order("INV-1")]}) for _ in range(8))
            return [answer.json()["successCount"] for answer in await asyncio.gather(*requests)]

    assert sorted(asyncio.run(race())) == [0] * 7 + [1]


def test_one_label_one_number(service: Service, tenant: Tenant) -> None:
    """Clients that print an order at once get the same label: it is generated once."""
    (made,) = tenant.create(order("INV-1"))

    async def race() -> set[bytes]:
        async with httpx.AsyncClient(base_url=service.url, headers={"Authorization": tenant.key}) as client:
            path = f"/orders/{made['orderIdentifier']}/label?documentType=postageLabel&includeReturnsLabel=false"
            return {answer.content for answer in await asyncio.gather(*(client.get(path) for _ in range(6)))}

    assert len(asyncio.run(race())) == 1


def test_hung_up_clients_leave_nothing_behind() -> None:
    """After clients have hung up at any moment of reads and writes, the service is whole, and says nothing amiss."""
    with running() as service:
        tenant = service.tenant()
        tenant.create(order("kept"))
        body = httpx.Request(
            "POST", service.url, json={"items": [order(label={"includeLabelInResponse": True})]}
        ).content
        for seconds in PATIENCE_SECONDS:
            for method, path, content in (
                ("GET", "/orders/full", b""),
                ("POST", "/orders", body),
                ("GET", "/orders/%22kept%22/label?documentType=despatchNote", b""),
                ("DELETE", "/orders/%22nothing%22", b""),
            ):
                tenant.hang_up(method, path, seconds, content)
        (made,) = tenant.create(order("after"))
        listed = tenant.identifiers()
        # What a client that hung up had begun to write may be finished after it, and even after the next order.
        unlabelled = {made["orderIdentifier"], listed[-1]}
        assert unlabelled <= set(listed)
        for identifier in listed:
            (brief,) = tenant.http.get(f"/orders/{identifier}").json()
            assert ("trackingNumber" in brief) == (identifier not in unlabelled)
        service.process.terminate()
        assert service.process.wait(STOP_SECONDS) == 0
        assert service.process.stderr is not None
        assert service.process.stderr.read() == ""
