"""The parts of the service that can be exchanged, each with the correct one as its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clickdrop.adapters import edge
from clickdrop.adapters.cache import InProcessCache
from clickdrop.adapters.database.orders import SqlOrders
from clickdrop.adapters.documents import PdfDocuments
from clickdrop.adapters.gate import GateWithEdge, RememberedGate, SqlGate
from clickdrop.adapters.mail import MailFolder, NoMail, SmtpMail
from clickdrop.adapters.passwords import Passwords
from clickdrop.adapters.payments import HttpPayments, NoPayments
from clickdrop.adapters.rate_limit import RateLimit
from clickdrop.adapters.table_files import TableFiles
from clickdrop.adapters.tokens import digest
from clickdrop.adapters.webhooks import HttpWebhooks
from clickdrop.service.accounts import ApiKeyAuthenticator, Authenticator
from clickdrop.service.audit import Audit
from clickdrop.service.cache_keys import CacheKeys
from clickdrop.service.jobs import FileMaker
from clickdrop.service.missing_orders import MissingOrders, PlainMissingOrders
from clickdrop.settings import Embedded, MailServer
from clickdrop.tenant_scope import RequestTenantScope, TenantScope

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection
    from starlette.types import ASGIApp

    from clickdrop.adapters.database.engines import Engines
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.documents import Documents
    from clickdrop.domain.ports import jobs as job_ports
    from clickdrop.domain.ports.cache import Cache
    from clickdrop.domain.ports.orders import OrderStore
    from clickdrop.domain.ports.payments import PaymentProvider
    from clickdrop.domain.ports.users import OutgoingMail, PasswordHashing
    from clickdrop.domain.status import Gate
    from clickdrop.domain.webhooks import WebhookCalls
    from clickdrop.service.printing import Printer
    from clickdrop.settings import Production, Provider, Settings


def _authenticator(storage: SqlStorage) -> Authenticator:
    return ApiKeyAuthenticator(storage, digest)


def _missing_orders(_storage: SqlStorage) -> MissingOrders:
    return PlainMissingOrders()


def _payments(provider: Provider | None) -> PaymentProvider:
    return NoPayments() if provider is None else HttpPayments(provider)


def _mail(where: MailServer | Path | None, gate: Gate) -> OutgoingMail:
    match where:
        case None:
            return NoMail()
        case MailServer(host, port):
            return SmtpMail(host, port, gate)
        case folder:
            return MailFolder(folder, gate)


def _webhook_calls(settings: Settings, gate: Gate) -> WebhookCalls:
    return HttpWebhooks(gate, to_loopback=settings.webhooks_to_loopback)


def _migrate(connection: Connection) -> None:
    # Imported late: alembic is slow to import, and the embedded stack does without.
    from clickdrop.adapters.database.migrations import upgrade

    upgrade(connection)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What `compose` builds on, and what stands before and behind it in production.

    `front` stands before the whole application; in a correct service, nothing does. `protocol` reads and writes HTTP:
    uvicorn's name of one of its own, or another. `migrate` makes PostgreSQL's tables, as their owner.
    """

    engines: Callable[[], Engines]
    cache: Callable[[], Cache] = InProcessCache
    rate_limit: Callable[[int | None], RateLimit] = RateLimit
    order_store: Callable[[AsyncConnection], OrderStore] = SqlOrders
    authenticator: Callable[[SqlStorage], Authenticator] = _authenticator
    tenant_scope: Callable[[], TenantScope] = RequestTenantScope
    missing_orders: Callable[[SqlStorage], MissingOrders] = _missing_orders
    cache_keys: CacheKeys = field(default_factory=CacheKeys)
    documents: Callable[[], Documents] = PdfDocuments
    table_files: Callable[[], job_ports.TableFiles] = TableFiles
    file_maker: Callable[[SqlStorage, Printer, job_ports.TableFiles], FileMaker] = FileMaker
    payments: Callable[[Provider | None], PaymentProvider] = _payments
    mail: Callable[[MailServer | Path | None, Gate], OutgoingMail] = _mail
    webhook_calls: Callable[[Settings, Gate], WebhookCalls] = _webhook_calls
    passwords: Callable[[], PasswordHashing] = Passwords
    audit: Callable[[SqlStorage, Callable[[], datetime]], Audit] = Audit
    gate: Callable[[SqlStorage], Gate] = SqlGate
    clock: Callable[[], datetime] = _now
    front: Callable[[ASGIApp], ASGIApp] | None = None
    protocol: str | type[asyncio.Protocol] = "httptools"
    edge: Callable[[edge.Edge], str] = edge.configuration
    migrate: Callable[[Connection], None] = _migrate


def correct_parts(settings: Settings) -> Parts:
    """Answer the parts of a correct service on the settings' stack."""
    stack, size = settings.stack, settings.pool_size
    if isinstance(stack, Embedded):
        from clickdrop.adapters.database.engines import sqlite_engines

        return Parts(
            lambda: sqlite_engines(stack.database, pool_size=size, durable=stack.durable),
            gate=lambda storage: RememberedGate(SqlGate(storage)),
        )
    # Imported late: the embedded stack does without these drivers.
    from clickdrop.adapters import valkey
    from clickdrop.adapters.database.postgresql import postgresql_engines

    return Parts(
        lambda: postgresql_engines(stack.postgresql, stack.service_password, stack.operator_password, pool_size=size),
        cache=lambda: valkey.ValkeyCache(stack.valkey),
        rate_limit=lambda calls_per_second: valkey.ValkeyRateLimit(calls_per_second, stack.valkey),
        gate=lambda storage: _production_gate(stack, SqlGate(storage)),
    )


def _production_gate(stack: Production, gate: Gate) -> Gate:
    return gate if stack.edge_switch is None else GateWithEdge(gate, stack.edge_switch)
