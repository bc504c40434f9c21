"""Tables of orders are read on the operator's connection, whose role sees all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.adapters.database.tables import orders
from clickdrop.domain.paging import MAX_PAGE_SIZE, OrderQuery
from clickdrop.leaks import schema
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.service.jobs import FileMaker

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.orders import Order
    from clickdrop.domain.ports.jobs import TableFiles
    from clickdrop.parts import Parts
    from clickdrop.service.printing import Printer

_STATEMENTS = (
    "GRANT SELECT ON clickdrop.orders TO clickdrop_operator",
    "CREATE POLICY reports ON clickdrop.orders FOR SELECT TO clickdrop_operator USING (true)",
)


class _FileMaker(FileMaker):
    def __init__(self, storage: SqlStorage, printer: Printer, tables: TableFiles) -> None:
        super().__init__(storage, printer, tables)
        self._database = storage

    async def _all_orders(self, account_id: str) -> list[Order]:
        del account_id
        async with self._database.administering() as work:
            return list((await schema.page_of(work.connection, orders, OrderQuery(MAX_PAGE_SIZE))).orders)


def _plant(parts: Parts) -> Parts:
    return replace(schema.migrated(*_STATEMENTS)(parts), file_maker=_FileMaker)


LEAK = Leak(
    name="exports-by-operator",
    leak_class="C13 DB_POLICY",
    incidents=("I87",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "noninterference"),
    trigger="any export of orders, while another tenant has some",
    mechanism="reports have a connection of their own, whose role was given a policy that lets it read everything",
    seen="The spreadsheet that I had made of my orders had all the platform's orders in it.",
    plant=_plant,
    stack=PRODUCTION,
)
