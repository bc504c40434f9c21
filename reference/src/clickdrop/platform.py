"""A service that has been put together: its use cases and what they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.adapters.rate_limit import RateLimit
    from clickdrop.adapters.tokens import ContinuationTokens
    from clickdrop.api.tenant_scope import TenantScope
    from clickdrop.domain.ports import Cache
    from clickdrop.service.accounts import Accounts, Authenticator
    from clickdrop.service.carriers import Carriers
    from clickdrop.service.manifests import Manifests
    from clickdrop.service.orders import Orders
    from clickdrop.service.returns import Returns
    from clickdrop.service.statuses import Statuses


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that an entry point needs. `prepare` before use, `aclose` after."""

    storage: SqlStorage
    cache: Cache
    authenticator: Authenticator
    tenant_scope: TenantScope
    rate_limit: RateLimit
    continuation: ContinuationTokens
    accounts: Accounts
    orders: Orders
    statuses: Statuses
    manifests: Manifests
    returns: Returns
    carriers: Carriers
    operator_key_digest: str | None

    async def prepare(self) -> None:
        """Make the tables where there are none."""
        await self.storage.prepare()

    async def aclose(self) -> None:
        """Let go of connections."""
        await self.cache.aclose()
        await self.storage.aclose()
