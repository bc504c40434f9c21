"""Making, reading, listing and deleting an account's orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from clickdrop.domain import orders as life
from clickdrop.domain.errors import Fault, InvalidRequest, NotFound
from clickdrop.domain.identifiers import OrderIdentifiers
from clickdrop.domain.notices import Event
from clickdrop.domain.paging import OrderPage
from clickdrop.domain.printing import DocumentType, LabelOptions, printed_documents
from clickdrop.service.intake import ItemFault, ItemRefused, complete, duplicate_reference, remember
from clickdrop.service.notices import announce
from clickdrop.service.parcels import cancel_parcels
from clickdrop.service.printing import LabelRefused, generate_label, require_abroad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.content import OrderContent
    from clickdrop.domain.orders import Order
    from clickdrop.domain.paging import Found, OrderQuery, OrderSearch
    from clickdrop.domain.ports.storage import Storage, UnitOfWork
    from clickdrop.service.cache_keys import CacheKeys
    from clickdrop.service.missing_orders import MissingOrders
    from clickdrop.service.printing import Printer
    from clickdrop.service.read_through import ReadThrough

_PAGE: TypeAdapter[OrderPage] = TypeAdapter(OrderPage)


NOT_FOUND = "There is no such order."


@dataclass(frozen=True, slots=True)
class LabelWish:
    """The label that is asked for along with a new order."""

    in_response: bool
    options: LabelOptions


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be made."""

    content: OrderContent
    label: LabelWish | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order that was made, with its label as a PDF file if that was asked for."""

    order: Order
    label: bytes | None = None
    label_faults: tuple[Fault, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that was not made; `position` is its place in the request."""

    position: int
    faults: tuple[ItemFault, ...]


@dataclass(frozen=True, slots=True)
class Deletion:
    """The orders that are gone, and those of the request that the account does not have."""

    deleted: tuple[Order, ...]
    missing: tuple[Fault, ...]


class BatchRefused(Exception):
    """Orders of which all were to be made, or none; the refused ones say why none was."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__(f"{len(refused)} orders were refused")
        self.refused = refused


class Orders:
    """The use cases of orders."""

    def __init__(
        self,
        storage: Storage,
        kept: ReadThrough,
        keys: CacheKeys,
        printer: Printer,
        missing: MissingOrders,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._kept = kept
        self._keys = keys
        self._printer = printer
        self._missing = missing
        self._clock = clock

    async def create(self, account: Account, requests: Sequence[NewOrder]) -> list[Accepted | Refused]:
        """Make the orders that can be made, all in one transaction, and answer what became of each."""
        outcomes: list[Accepted | Refused] = []
        async with self._storage.writing(account.id) as (current, work):
            for position, request in enumerate(requests):
                try:
                    outcomes.append(await self._create(work, current, request))
                except ItemRefused as refused:
                    outcomes.append(Refused(position, refused.faults))
        return [
            await self._with_label(current, request, outcome)
            for request, outcome in zip(requests, outcomes, strict=True)
        ]

    async def create_all(self, account: Account, contents: Sequence[OrderContent]) -> list[Order]:
        """Make all of the orders; raises `BatchRefused`, and then there is none of them."""
        orders: list[Order] = []
        refusals: list[Refused] = []
        async with self._storage.writing(account.id) as (current, work):
            for position, content in enumerate(contents):
                try:
                    orders.append((await self._create(work, current, NewOrder(content))).order)
                except ItemRefused as refused:
                    refusals.append(Refused(position, refused.faults))
            if refusals:
                raise BatchRefused(refusals)
        return orders

    async def rewrite(self, account: Account, identifier: int, change: Callable[[OrderContent], OrderContent]) -> Order:
        """Change what a new order is; raises `NotFound`, `InvalidRequest` if it is no longer new, `BatchRefused`."""
        wanted = OrderIdentifiers((identifier,), ())
        async with self._storage.writing(account.id) as (current, work):
            for order in await work.orders.get_for_update(account.id, wanted):
                try:
                    content = await complete(work, current, change(order.content))
                    changed = life.rewrite(order, content)
                    if not await work.orders.rewrite(account.id, changed):
                        raise duplicate_reference(content)
                except ItemRefused as refused:
                    raise BatchRefused([Refused(0, refused.faults)]) from refused
                except life.TransitionRefused as refused:
                    raise InvalidRequest(Fault(refused.code, refused.message, order.identifier)) from refused
                return changed
        raise await self._not_found(account, wanted)

    async def search(self, account: Account, search: OrderSearch) -> Found:
        """Answer a page of those of the account's orders that a search finds, as they are now."""
        async with self._storage.reading(account.id) as work:
            return await work.orders.search(account.id, search)

    async def get(self, account: Account, wanted: OrderIdentifiers) -> list[Order]:
        """Answer the account's orders among those wanted; raises `NotFound` if there is none."""
        async with self._storage.reading(account.id) as work:
            found = await work.orders.get(account.id, wanted)
        if not found:
            raise await self._not_found(account, wanted)
        return found

    async def page(self, account: Account, query: OrderQuery) -> OrderPage:
        """Answer a page of the account's orders."""

        async def load() -> OrderPage:
            async with self._storage.reading(account.id) as work:
                return await work.orders.page(account.id, query)

        return await self._kept.value(_PAGE, self._keys.orders(account, query), load)

    async def delete(self, account: Account, wanted: OrderIdentifiers) -> Deletion:
        """Delete the account's orders among those wanted; raises `NotFound` if there is none."""
        async with self._storage.writing(account.id) as (_, work):
            found = await work.orders.get_for_update(account.id, wanted)
            await work.orders.delete(account.id, [order.identifier for order in found])
            numbers = [number for order in found for number in order.tracking_numbers]
            await cancel_parcels(work, account.id, numbers, self._clock())
        if not found:
            raise await self._not_found(account, wanted)
        identifiers = {order.identifier for order in found}
        references = {order.reference for order in found}
        missing = [
            *(Fault("NotFound", NOT_FOUND, order_identifier=i) for i in wanted.identifiers if i not in identifiers),
            *(Fault("NotFound", NOT_FOUND, order_reference=r) for r in wanted.references if r not in references),
        ]
        return Deletion(tuple(found), tuple(missing))

    async def label(
        self, account: Account, wanted: OrderIdentifiers, options: LabelOptions
    ) -> tuple[bytes, list[Order]]:
        """Print the papers of the account's orders among those wanted, generating labels where there are none.

        Answers the orders beside their papers.
        """
        account.require_oba()
        found = await self.get(account, wanted)
        if options.document in {DocumentType.CN22, DocumentType.CN23}:
            require_abroad(found)
        if options.document is not DocumentType.DESPATCH_NOTE and not all(o.tracking_numbers for o in found):
            account, found = await self._generate_labels(account, found)
        return await self._printer.print(account, found, options), found

    async def _create(self, work: UnitOfWork, account: Account, request: NewOrder) -> Accepted:
        now = self._clock()
        content = await complete(work, account, request.content)
        order = await work.orders.add(account.id, content, now)
        if order is None:
            raise duplicate_reference(content)
        await remember(work, account, content)
        await announce(work, account.id, Event.ORDER_CREATED, order, now)
        if request.label is None:
            return Accepted(order)
        try:
            order = await generate_label(work, account, order, now)
        except LabelRefused as refused:
            return Accepted(order, label_faults=(refused.fault,))
        return Accepted(order, documents=tuple(printed_documents(order, request.label.options)))

    async def _with_label(self, account: Account, request: NewOrder, outcome: Accepted | Refused) -> Accepted | Refused:
        wish = request.label
        if wish is None or not wish.in_response or isinstance(outcome, Refused) or outcome.label_faults:
            return outcome
        label = await self._printer.print(account, [outcome.order], wish.options)
        return Accepted(outcome.order, label=label, documents=outcome.documents)

    async def _generate_labels(self, account: Account, found: Sequence[Order]) -> tuple[Account, list[Order]]:
        wanted = OrderIdentifiers(tuple(order.identifier for order in found), ())
        faults: list[Fault] = []
        generated: list[Order] = []
        async with self._storage.writing(account.id) as (current, work):
            for order in await work.orders.get_for_update(account.id, wanted):
                try:
                    generated.append(await generate_label(work, current, order, self._clock()))
                except LabelRefused as refused:
                    faults.append(refused.fault)
            if faults:
                raise InvalidRequest(*faults)
        if not generated:
            raise await self._not_found(account, wanted)
        return current, generated

    async def _not_found(self, account: Account, wanted: OrderIdentifiers) -> NotFound:
        return NotFound(await self._missing.describe(account, wanted))
