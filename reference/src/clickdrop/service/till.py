"""What users of an account do about money, parcels and files, each as far as the user's role goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.domain.paging import DEFAULT_PAGE_SIZE
from clickdrop.domain.users import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from clickdrop.domain.checkouts import Checkout, CheckoutLine, CheckoutRequest
    from clickdrop.domain.jobs import Job, JobFile, JobKind
    from clickdrop.domain.parcels import Parcel
    from clickdrop.domain.users import Member
    from clickdrop.service.audit import Audit
    from clickdrop.service.checkouts import Checkouts
    from clickdrop.service.jobs import Jobs
    from clickdrop.service.parcels import Parcels
    from clickdrop.service.receipts import Receipts


class Till:
    """The use cases of the website's pages about postage, payments, parcels and files."""

    def __init__(self, checkouts: Checkouts, receipts: Receipts, parcels: Parcels, jobs: Jobs, audit: Audit) -> None:
        self._checkouts = checkouts
        self._receipts = receipts
        self._parcels = parcels
        self._jobs = jobs
        self._audit = audit

    async def basket(self, member: Member, most: int) -> list[CheckoutLine]:
        """Answer the postage of so many of the account's newest orders that have none."""
        member.require(Permission.READ)
        lines = (await self._checkouts.basket(member.account))[:most]
        await self._shown(member, "basket", (line.order_identifier for line in lines))
        return lines

    async def pay(self, member: Member, request: CheckoutRequest) -> Checkout:
        """Pay for orders; raises `NotFound`, `InvalidRequest` or `Conflict`."""
        member.require(Permission.WRITE)
        async with self._audit.refusals(member.account.id, member.session.id, "pay"):
            return await self._checkouts.pay(member.account, request)

    async def payments(self, member: Member, before: int | None) -> tuple[list[Checkout], int | None]:
        """Answer a page of the account's payments, newest first, and where the next one starts."""
        member.require(Permission.READ)
        found, next_before = await self._checkouts.page(member.account, DEFAULT_PAGE_SIZE, before)
        await self._shown(member, "payments", (line.order_identifier for each in found for line in each.lines))
        return found, next_before

    async def payment(self, member: Member, checkout_id: str) -> Checkout:
        """Answer one of the account's payments; raises `NotFound`."""
        member.require(Permission.READ)
        checkout = await self._checkouts.get(member.account, checkout_id)
        await self._shown(member, "payment", (line.order_identifier for line in checkout.lines))
        return checkout

    async def paper(self, member: Member, checkout_id: str, kind: Literal["Receipt", "Invoice"]) -> bytes:
        """Print a payment's receipt or invoice; raises `NotFound` or `InvalidRequest`."""
        member.require(Permission.READ)
        content, orders = await self._receipts.print(member.account, checkout_id, kind)
        await self._shown(member, kind.lower(), orders)
        return content

    async def labels(self, member: Member, checkout_id: str) -> bytes:
        """Print the labels that a payment was for; raises `NotFound`."""
        member.require(Permission.READ)
        content, orders = await self._receipts.labels(member.account, checkout_id)
        await self._shown(member, "labels", orders)
        return content

    async def refund(self, member: Member, checkout_id: str) -> Checkout:
        """Have a payment given back; raises `NotFound` or `InvalidRequest`."""
        member.require(Permission.WRITE)
        return await self._checkouts.refund(member.account, checkout_id)

    async def parcels(self, member: Member, before: str | None) -> tuple[list[Parcel], str | None]:
        """Answer a page of the account's parcels, latest label first, and where the next one starts."""
        member.require(Permission.READ)
        found, next_before = await self._parcels.page(member.account, DEFAULT_PAGE_SIZE, before)
        await self._shown(member, "parcels", (parcel.order_identifier for parcel in found))
        return found, next_before

    async def write_table(self, member: Member, kind: JobKind) -> Job:
        """Ask for a table of all orders."""
        member.require(Permission.READ)
        return await self._jobs.ask(member.account, kind)

    async def job(self, member: Member, job_id: str) -> Job:
        """Answer how far a job is; raises `NotFound`."""
        member.require(Permission.READ)
        return await self._jobs.get(member.account, job_id)

    async def file(self, member: Member, job_id: str) -> JobFile:
        """Answer what a job has made; raises `NotFound`."""
        member.require(Permission.READ)
        file = await self._jobs.file(member.account, job_id)
        await self._shown(member, "file", file.orders)
        return file

    async def _shown(self, member: Member, operation: str, orders: Iterable[int]) -> None:
        await self._audit.record(member.account.id, member.session.id, operation, orders)
