"""Handing an account's orders over to a carrier."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.domain import orders as life
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.parcels import ParcelStatus, happen
from clickdrop.domain.printing import manifest_content, manifest_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.documents import Documents
    from clickdrop.domain.manifests import Manifest
    from clickdrop.domain.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class PrintedManifest:
    """A manifest and its PDF file."""

    manifest: Manifest
    document: bytes


class Manifests:
    """The use cases of manifests."""

    def __init__(self, storage: Storage, documents: Documents, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._documents = documents
        self._clock = clock

    async def create(self, account: Account, carrier_name: str | None) -> PrintedManifest:
        """Manifest all of the account's orders that wait for it; raises `InvalidRequest` if none does."""
        account.require_oba()
        now = self._clock()
        async with self._storage.writing(account.id) as (current, work):
            carrier = await _carrier(work, current, carrier_name)
            waiting = await work.orders.manifestable(current.id)
            if not waiting:
                raise InvalidRequest(Fault("NoEligibleOrders", "No order waits for a manifest."))
            await work.orders.save(current.id, [life.manifest(order, now) for order in waiting])
            numbers = [number for order in waiting for number in order.tracking_numbers]
            parcels = await work.parcels.get(current.id, numbers)
            ready = [parcel for parcel in parcels if parcel.status is ParcelStatus.LABEL_CREATED]
            await work.parcels.save(current.id, [happen(parcel, ParcelStatus.MANIFESTED, now) for parcel in ready])
            rows = tuple(manifest_row(order) for order in waiting)
            manifest = await work.manifests.add(current.id, carrier, rows, now)
        return await self._print(current, manifest)

    async def get(self, account: Account, number: int) -> PrintedManifest:
        """Answer one of the account's manifests; raises `NotFound`."""
        account.require_oba()
        async with self._storage.reading(account.id) as work:
            manifest = await work.manifests.get(account.id, number)
        if manifest is None:
            raise NotFound("There is no such manifest.")
        return await self._print(account, manifest)

    async def _print(self, account: Account, manifest: Manifest) -> PrintedManifest:
        content = manifest_content(account, manifest)
        return PrintedManifest(manifest, await asyncio.to_thread(self._documents.manifest, content))


async def _carrier(work: UnitOfWork, account: Account, name: str | None) -> str:
    names = [carrier.name for carrier in await work.accounts.carriers(account.id)]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names or name is None:
        message = "carrierName must be one of the account's carriers, as GET /carriers names them."
        raise InvalidRequest(Fault("UnknownCarrier", message))
    return name
