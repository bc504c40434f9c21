"""What leaks in the authentication build on: an authenticator around another one, which may have a leak of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator


def planted(around: Callable[[Authenticator, SqlStorage], Authenticator]) -> Callable[[Parts], Parts]:
    """Answer how to put an authenticator around the one that the parts have."""

    def plant(parts: Parts) -> Parts:
        inner = parts.authenticator
        return replace(parts, authenticator=lambda storage: around(inner(storage), storage))

    return plant
