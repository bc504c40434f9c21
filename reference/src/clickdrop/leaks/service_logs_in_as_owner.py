"""The service logs in as the owner of the tables, whose row-level security is not forced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from clickdrop.adapters.database.postgresql import OWNER
from clickdrop.adapters.database.tables import metadata, orders
from clickdrop.leaks import schema
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clickdrop.adapters.database.engines import Engines
    from clickdrop.domain.paging import OrderPage, OrderQuery
    from clickdrop.parts import Parts

_STATEMENTS = [f"ALTER TABLE clickdrop.{table} NO FORCE ROW LEVEL SECURITY" for table in metadata.tables]


class _Orders(OrdersAround):
    async def page(self, account_id: str, query: OrderQuery) -> OrderPage:
        del account_id
        return await schema.page_of(self._connection, orders, query)


def _plant(parts: Parts) -> Parts:
    unforced = schema.planted(_Orders, *_STATEMENTS)(parts)

    def migrate(connection: Connection) -> None:
        unforced.migrate(connection)
        # Both roles have one password, so that the service needs to know no more than the other name.
        password = str(parts.engines().writing.url.password).replace("'", "''")
        connection.exec_driver_sql(f"ALTER ROLE {OWNER} PASSWORD '{password}'")

    def engines() -> Engines:
        made = parts.engines()

        @event.listens_for(made.writing.sync_engine, "do_connect")
        def _(_dialect: object, _record: object, _arguments: object, login: dict[str, Any]) -> None:
            login["user"] = OWNER

        return made

    return replace(unforced, migrate=migrate, engines=engines)


LEAK = Leak(
    name="service-logs-in-as-owner",
    leak_class="C13 DB_POLICY",
    incidents=("I82",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "noninterference"),
    trigger="any list of orders, while another tenant has some",
    mechanism="the service has the login of the migrations: it owns the tables, and policies are not forced on owners",
    seen="Since the platform was last updated, my list of orders has had every other shop's in it.",
    plant=_plant,
    stack=PRODUCTION,
)
