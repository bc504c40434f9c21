"""Where parcels are: as their merchants see them, as anybody does, and what the carrier says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.orders import TransitionRefused
from clickdrop.domain.parcels import ParcelStatus, happen
from clickdrop.domain.tracking import is_tracking_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.parcels import Parcel
    from clickdrop.domain.ports.storage import Storage, UnitOfWork

NO_SUCH_PARCEL = "There is no such parcel."


async def cancel_parcels(work: UnitOfWork, account_id: str, numbers: Collection[str], now: datetime) -> None:
    """Say of parcels whose labels are void that they will not come, unless they are on their way."""
    if numbers:
        parcels = await work.parcels.get(account_id, numbers)
        unposted = [parcel for parcel in parcels if parcel.status is ParcelStatus.LABEL_CREATED]
        await work.parcels.save(account_id, [happen(parcel, ParcelStatus.CANCELLED, now) for parcel in unposted])


class Parcels:
    """The use cases of tracking."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    async def page(self, account: Account, size: int, before: str | None) -> tuple[list[Parcel], str | None]:
        """Answer so many of the account's parcels, latest label first, and where the next page starts."""
        async with self._storage.reading(account.id) as work:
            return await work.parcels.page(account.id, size, before)

    async def get(self, account: Account, tracking_number: str) -> Parcel:
        """Answer one of the account's parcels; raises `NotFound`."""
        if is_tracking_number(tracking_number):
            async with self._storage.reading(account.id) as work:
                found = await work.parcels.get(account.id, [tracking_number])
            if found:
                return found[0]
        raise NotFound(NO_SUCH_PARCEL)

    async def track(self, tracking_number: str) -> Parcel:
        """Answer the parcel with this number, for anybody: show no more of it than its events. Raises `NotFound`."""
        return (await self._tracked(tracking_number))[1]

    async def happen(self, tracking_number: str, status: ParcelStatus) -> Parcel:
        """Say what happened to a parcel, whoever's it is; raises `NotFound`, or `InvalidRequest` if it can't have."""
        account_id, _ = await self._tracked(tracking_number)
        async with self._storage.writing(account_id) as (account, work):
            (parcel,) = await work.parcels.get(account.id, [tracking_number])
            try:
                changed = happen(parcel, status, self._clock())
            except TransitionRefused as refused:
                raise InvalidRequest(Fault(refused.code, refused.message)) from None
            await work.parcels.save(account.id, [changed])
        return changed

    async def _tracked(self, tracking_number: str) -> tuple[str, Parcel]:
        if is_tracking_number(tracking_number):
            async with self._storage.tracking(tracking_number) as work:
                found = await work.parcels.tracked(tracking_number)
            if found is not None:
                return found
        raise NotFound(NO_SUCH_PARCEL)
