"""How the tenant of a request travels from its authentication to its use case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from starlette.types import Scope


class TenantScope(Protocol):
    """Remembers whose request it is."""

    def enter(self, scope: Scope, account_id: str) -> None:
        """Say that the request is the account's."""
        ...

    def current(self, scope: Scope) -> str:
        """Answer whose request it is."""
        ...


class RequestTenantScope:
    """Keeps the tenant with the request itself, where no other request can come by."""

    def enter(self, scope: Scope, account_id: str) -> None:
        """Say that the request is the account's."""
        scope["clickdrop.account_id"] = account_id

    def current(self, scope: Scope) -> str:
        """Answer whose request it is."""
        account_id: str = scope["clickdrop.account_id"]
        return account_id
