"""The one place where the service is put together."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from clickdrop.adapters.cache import FewEntries
from clickdrop.adapters.database.storage import SqlStorage
from clickdrop.adapters.lock_out import LockOut
from clickdrop.adapters.tokens import (
    ContinuationTokens,
    FormTokens,
    SealedRegistrations,
    digest,
    new_key,
    new_secret,
)
from clickdrop.api.delay import DelayMiddleware
from clickdrop.api.errors import add_error_handlers
from clickdrop.api.gate import GateMiddleware
from clickdrop.api.hang_up import HangUpMiddleware
from clickdrop.api.health import health_route
from clickdrop.api.operator import operator_api
from clickdrop.api.request_id import RequestIdMiddleware
from clickdrop.api.shop import shop_api
from clickdrop.api.v1 import tenants_api
from clickdrop.domain.users import LINK_LIFE
from clickdrop.job_worker import working
from clickdrop.parts import correct_parts
from clickdrop.platform import Platform
from clickdrop.service.accounts import Accounts
from clickdrop.service.carriers import Carriers
from clickdrop.service.checkouts import Checkouts
from clickdrop.service.desk import Desk
from clickdrop.service.doors import Doors, Letters
from clickdrop.service.job_worker import JobWorker
from clickdrop.service.jobs import Jobs
from clickdrop.service.manifests import Manifests
from clickdrop.service.notices import Notices
from clickdrop.service.operations import Operations
from clickdrop.service.orders import Orders
from clickdrop.service.parcels import Parcels
from clickdrop.service.printing import Printer
from clickdrop.service.read_through import ReadThrough
from clickdrop.service.receipts import Receipts
from clickdrop.service.returns import Returns
from clickdrop.service.sign_in import SignIn
from clickdrop.service.statuses import Statuses
from clickdrop.service.team import Team
from clickdrop.service.till import Till
from clickdrop.settings import Production
from clickdrop.web import website
from clickdrop.web.parcels import TRACKING_PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clickdrop.parts import Parts
    from clickdrop.settings import Settings

API_PREFIX = "/api/v1"
SHOP_PREFIX = "/shop/v1"
OPERATOR_PREFIX = "/operator"


def compose(settings: Settings, parts: Parts | None = None) -> Platform:
    """Put a service together, from the correct parts unless others are given."""
    parts = parts or correct_parts(settings)
    storage = SqlStorage(parts.engines(), parts.order_store)
    cache = parts.cache()
    if settings.cache_entries is not None:
        cache = FewEntries(cache, settings.cache_entries)
    keys, documents, clock = parts.cache_keys, parts.documents(), parts.clock
    payments = parts.payments(settings.provider)
    checkouts = Checkouts(storage, payments, clock)
    jobs, parcels = Jobs(storage, clock), Parcels(storage, clock)
    lists = ReadThrough(cache, settings.list_cache_seconds)
    printer = Printer(documents, ReadThrough(cache, settings.label_cache_seconds), keys)
    files = parts.file_maker(storage, printer, parts.table_files())
    orders = Orders(storage, lists, keys, printer, parts.missing_orders(storage), clock)
    passwords, gate = parts.passwords(), parts.gate(storage)
    mail, calls = parts.mail(settings.mail, gate), parts.webhook_calls(settings, gate)
    letters = Letters(mail, settings.origin)
    tracking = f"{settings.origin}{TRACKING_PREFIX}"
    notices = Notices(storage, gate, mail, calls, tracking, clock)
    sign_in = SignIn(storage, passwords, new_secret, digest, clock)
    registrations = SealedRegistrations(settings.token_secret, int(LINK_LIFE.total_seconds()))
    rate_limit = parts.rate_limit(settings.calls_per_second)
    audit = parts.audit(storage, clock)
    receipts = Receipts(checkouts, printer, documents)
    return Platform(
        settings=settings,
        storage=storage,
        cache=cache,
        authenticator=parts.authenticator(storage),
        tenant_scope=parts.tenant_scope(),
        rate_limit=rate_limit,
        lock_out=LockOut(rate_limit.counts, clock),
        continuation=ContinuationTokens(settings.token_secret, settings.continuation_seconds),
        accounts=Accounts(storage, new_key, digest, passwords),
        orders=orders,
        statuses=Statuses(storage, clock),
        manifests=Manifests(storage, documents, clock),
        returns=Returns(storage, documents, clock),
        carriers=Carriers(storage, lists, keys),
        audit=audit,
        payments=payments,
        checkouts=checkouts,
        receipts=receipts,
        parcels=parcels,
        jobs=jobs,
        job_worker=JobWorker(storage, checkouts, notices, files, clock),
        gate=gate,
        operations=Operations(storage, gate, clock),
        form_tokens=FormTokens(settings.token_secret),
        sign_in=sign_in,
        doors=Doors(storage, passwords, registrations, letters, sign_in, new_secret, digest, clock),
        team=Team(storage, letters, new_secret, new_key, digest, clock),
        desk=Desk(storage, orders, audit),
        till=Till(checkouts, receipts, parcels, jobs, audit),
        operator_key_digest=digest(settings.operator_key) if settings.operator_key else None,
        front=parts.front,
    )


def application(platform: Platform, *, works: bool = False) -> Starlette:
    """Answer the ASGI application of a service; its life span is the platform's. If it `works`, it does jobs too."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await platform.prepare()
        try:
            async with working(platform) if works else nullcontext():
                yield
        finally:
            await platform.aclose()

    routes: list[BaseRoute] = [
        Mount(API_PREFIX, tenants_api(platform)),
        Mount(SHOP_PREFIX, shop_api(platform)),
        health_route(platform),
    ]
    if platform.operator_key_digest is not None:
        routes.append(Mount(OPERATOR_PREFIX, operator_api(platform)))
    routes.append(Mount("/", website(platform)))
    middleware = [
        Middleware(RequestIdMiddleware, behind_edge=isinstance(platform.settings.stack, Production)),
        Middleware(GateMiddleware, platform.gate),
        *([Middleware(platform.front)] if platform.front else []),
        Middleware(HangUpMiddleware),
    ]
    if platform.settings.answer_delay_seconds:
        middleware.append(Middleware(DelayMiddleware, platform.settings.answer_delay_seconds))
    app = Starlette(routes=routes, middleware=middleware, lifespan=lifespan)
    add_error_handlers(app)
    return app
