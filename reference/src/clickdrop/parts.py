"""The parts of the service that can be exchanged, each with the correct one as its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.documents import PdfDocuments
from clickdrop.adapters.tokens import digest
from clickdrop.service.accounts import ApiKeyAuthenticator, Authenticator
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.service.missing_orders import MissingOrders, PlainMissingOrders
from clickdrop.tenant_scope import RequestTenantScope, TenantScope

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection
    from starlette.types import ASGIApp

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.documents import Documents
    from clickdrop.domain.ports import Cache, OrderStore


def _authenticator(storage: SqlStorage) -> Authenticator:
    return ApiKeyAuthenticator(storage, digest)


def _missing_orders(_storage: SqlStorage) -> MissingOrders:
    return PlainMissingOrders()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What `compose` builds on. `front` stands before the whole application; in a correct service, nothing does."""

    order_store: Callable[[AsyncConnection], OrderStore] = SqlOrders
    authenticator: Callable[[SqlStorage], Authenticator] = _authenticator
    tenant_scope: Callable[[], TenantScope] = RequestTenantScope
    missing_orders: Callable[[SqlStorage], MissingOrders] = _missing_orders
    cache: Callable[[], Cache] = InProcessCache
    cache_keys: CacheKeys = field(default_factory=CacheKeys)
    documents: Callable[[], Documents] = PdfDocuments
    clock: Callable[[], datetime] = _now
    front: Callable[[ASGIApp], ASGIApp] | None = None
