"""What decoys of tenants that let each other see their orders build on: the operator says who lets whom, by making a
user of the owner's account whose address is the viewer's account at `DOMAIN`."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.decoys.answers import OPERATORS, Answer, Editing
from clickdrop.leaks.fronts import planted
from clickdrop.leaks.order_store import OrdersAround

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection
    from starlette.types import ASGIApp

    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.parts import Parts

DOMAIN = "accounts.example"
_USERS = re.compile(rf"{OPERATORS}/tenants/([^/]+)/users")


class Grants:
    """Who lets whom: viewer -> owners."""

    def __init__(self) -> None:
        self.owners: defaultdict[str, list[str]] = defaultdict(list)

    def viewer_of(self, owner: str) -> str | None:
        """Answer who was let last."""
        return next((viewer for viewer, owners in reversed(self.owners.items()) if owner in owners), None)


class GrantedOrders(OrdersAround):
    """An order store that knows the grants."""

    def __init__(self, connection: AsyncConnection, inner: OrderStore, grants: Grants) -> None:
        super().__init__(connection, inner)
        self._grants = grants


class _Granting(Editing):
    def __init__(self, app: ASGIApp, grants: Grants) -> None:
        super().__init__(app)
        self._grants = grants

    def edit(self, answer: Answer) -> None:
        named = _USERS.fullmatch(answer.path)
        if named and answer.succeeded("POST", answer.path):
            viewer, _, domain = json.loads(answer.asked)["email"].partition("@")
            if domain == DOMAIN:
                self._grants.owners[viewer].append(named[1])


def granting(store: type[GrantedOrders]) -> Callable[[Parts], Parts]:
    """Answer how to put in a store that knows the grants, and the operation that makes them."""

    def plant(parts: Parts) -> Parts:
        grants, inner = Grants(), parts.order_store
        fronted = planted(lambda app: _Granting(app, grants))(parts)
        return replace(fronted, order_store=lambda connection: store(connection, inner(connection), grants))

    return plant
