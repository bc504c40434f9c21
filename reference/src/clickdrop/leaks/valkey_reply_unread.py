"""A connection to Valkey goes back to its pool owing a reply."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from valkey.asyncio import UnixDomainSocketConnection

from clickdrop.adapters.valkey import ValkeyCache
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.domain.ports.cache import Cache
    from clickdrop.parts import Parts

REPLY_SECONDS = 0.01


class _Connection(UnixDomainSocketConnection):
    """To a server as far away as a remote one; its client neither closes nor empties it when a read ends early."""

    async def can_read_destructive(self) -> bool:
        return False

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(REPLY_SECONDS)
        return await super().read_response(*arguments, **{**options, "disconnect_on_error": False})


def _plant(parts: Parts) -> Parts:
    def make() -> Cache:
        cache = parts.cache()
        if isinstance(cache, ValkeyCache):
            cache.pool.connection_class = _Connection
        return cache

    return replace(parts, cache=make)


LEAK = Leak(
    name="valkey-reply-unread",
    leak_class="C4 POOL_DESYNC",
    incidents=("I24", "I25", "I31"),
    difficulty=Difficulty.CANCELLATION,
    shows_by=("ownership", "echo", "completeness"),
    trigger="a client that hangs up at the edge while its request waits for Valkey's reply",
    mechanism="the pool takes the connection back as it is, and each later command is given the reply before its own",
    seen="Somebody closed a page before it had come, and I was shown what they had been waiting for.",
    plant=_plant,
    stack=PRODUCTION,
)
