"""Sending items back to an account's shop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.domain.errors import Fault, InvalidRequest
from clickdrop.domain.printing import return_label
from clickdrop.domain.returns import Return
from clickdrop.domain.tariff import RETURN_SERVICES
from clickdrop.domain.tracking import tracking_number, unique_item_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.documents import Documents
    from clickdrop.domain.ports.storage import Storage
    from clickdrop.domain.returns import ReturnContent


@dataclass(frozen=True, slots=True)
class PrintedReturn:
    """A return with its label (PDF) and the QR code (PNG) that stands in for it at the counter."""

    item: Return
    label: bytes
    qr_code: bytes


class Returns:
    """The use case of returns."""

    def __init__(self, storage: Storage, documents: Documents, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._documents = documents
        self._clock = clock

    async def create(self, account: Account, content: ReturnContent) -> PrintedReturn:
        """Make a return; raises `InvalidRequest` if its service does not exist."""
        if content.service_code not in RETURN_SERVICES:
            message = "service.serviceCode must be a code that GET /returns/services names."
            raise InvalidRequest(Fault("UnknownService", message))
        async with self._storage.writing(account.id) as (current, work):
            (serial,) = await work.items.add(current.id, 1)
            item = Return(tracking_number("TR", serial), unique_item_id(serial), content)
            await work.returns.add(current.id, item, self._clock())
        label = await asyncio.to_thread(self._documents.return_label, return_label(item))
        return PrintedReturn(item, label, await asyncio.to_thread(self._documents.qr_code, item.unique_item_id))
