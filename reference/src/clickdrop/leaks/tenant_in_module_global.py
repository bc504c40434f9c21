"""The current tenant is kept in a global of a module."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks.leak import Leak

if TYPE_CHECKING:
    from starlette.types import Scope

_current = ""


class _GlobalTenantScope:
    def enter(self, scope: Scope, account_id: str) -> None:
        del scope
        global _current
        _current = account_id

    def current(self, scope: Scope) -> str:
        del scope
        return _current


LEAK = Leak(
    name="tenant-in-module-global",
    leak_class="C6 AMBIENT_CTX",
    incidents=("I02", "I44", "I45"),
    trigger="requests of two tenants that overlap",
    mechanism="authentication sets a global, which is read after the database session has been waited for",
    plant=lambda parts: replace(parts, tenant_scope=_GlobalTenantScope),
)
