"""Who may call an operation: the dependencies by which operations get their tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from clickdrop.domain.accounts import Account
from clickdrop.domain.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickdrop.platform import Platform

_ADMITTED = "clickdrop.admitted"
_KEY = APIKeyHeader(
    name="Authorization",
    scheme_name="Bearer",
    description="An API key of the account, bare or after the word Bearer.",
    auto_error=False,
)


def platform_of(request: Request) -> Platform:
    """Answer the platform that serves the request."""
    platform: Platform = request.app.state.platform
    return platform


async def tenant(request: Request, _: Annotated[str | None, Security(_KEY)]) -> Account:
    """Admit a request: know whose it is, count it, and answer the account as it is now."""
    platform = platform_of(request)
    identity = await platform.authenticator.identify(request.headers)
    platform.tenant_scope.enter(request.scope, identity.account_id)
    await platform.rate_limit.spend(identity.key_id)
    account_id = platform.tenant_scope.current(request.scope)
    async with platform.storage.reading(account_id) as work:
        account = await work.accounts.get(account_id)
    if account is None:
        raise Unauthenticated
    request.scope[_ADMITTED] = account.id, identity.key_id
    return account


async def shown(request: Request, orders: Iterable[int]) -> None:
    """Write into the audit log that whoever sent the request, and was admitted, is about to be shown orders."""
    account_id, credential_id = request.scope[_ADMITTED]
    operation = request.scope["route"].operation_id
    await platform_of(request).audit.record(account_id, credential_id, operation, orders)


Tenant = Annotated[Account, Depends(tenant)]


async def oba_tenant(account: Tenant) -> Account:
    """Admit OBA accounts."""
    account.require_oba()
    return account


async def channel_shipper_tenant(account: Tenant) -> Account:
    """Admit accounts with the ChannelShipper features."""
    account.require_channel_shipper()
    return account


ObaTenant = Annotated[Account, Depends(oba_tenant)]
ChannelShipperTenant = Annotated[Account, Depends(channel_shipper_tenant)]
