"""A service that has been put together: its use cases and what they stand on."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickdrop.adapters.tokens import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.adapters.lock_out import LockOut
    from clickdrop.adapters.rate_limit import RateLimit
    from clickdrop.adapters.tokens import ContinuationTokens, FormTokens
    from clickdrop.domain.ports.cache import Cache
    from clickdrop.domain.ports.payments import PaymentProvider
    from clickdrop.domain.status import Gate
    from clickdrop.service.accounts import Accounts, Authenticator
    from clickdrop.service.audit import Audit
    from clickdrop.service.carriers import Carriers
    from clickdrop.service.checkouts import Checkouts
    from clickdrop.service.desk import Desk
    from clickdrop.service.doors import Doors
    from clickdrop.service.job_worker import JobWorker
    from clickdrop.service.jobs import Jobs
    from clickdrop.service.manifests import Manifests
    from clickdrop.service.operations import Operations
    from clickdrop.service.orders import Orders
    from clickdrop.service.parcels import Parcels
    from clickdrop.service.receipts import Receipts
    from clickdrop.service.returns import Returns
    from clickdrop.service.sign_in import SignIn
    from clickdrop.service.statuses import Statuses
    from clickdrop.service.team import Team
    from clickdrop.service.till import Till
    from clickdrop.settings import Settings
    from clickdrop.tenant_scope import TenantScope


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that an entry point needs. `prepare` before use, `aclose` after."""

    settings: Settings
    storage: SqlStorage
    cache: Cache
    authenticator: Authenticator
    tenant_scope: TenantScope
    rate_limit: RateLimit
    lock_out: LockOut
    continuation: ContinuationTokens
    accounts: Accounts
    orders: Orders
    statuses: Statuses
    manifests: Manifests
    returns: Returns
    carriers: Carriers
    audit: Audit
    payments: PaymentProvider
    checkouts: Checkouts
    receipts: Receipts
    parcels: Parcels
    jobs: Jobs
    job_worker: JobWorker
    gate: Gate
    operations: Operations
    form_tokens: FormTokens
    sign_in: SignIn
    doors: Doors
    team: Team
    desk: Desk
    till: Till
    operator_key_digest: str | None
    front: Callable[[ASGIApp], ASGIApp] | None = None

    def admits_operator(self, key: str) -> bool:
        """Tell whether it is the operator's key."""
        expected = self.operator_key_digest
        return expected is not None and hmac.compare_digest(digest(key), expected)

    async def prepare(self) -> None:
        """Make the tables where there are none, and learn whether the platform is closed."""
        await self.storage.prepare()
        await self.gate.prepare()

    async def aclose(self) -> None:
        """Let go of connections."""
        await self.payments.aclose()
        await self.cache.aclose()
        await self.rate_limit.aclose()
        await self.storage.aclose()
