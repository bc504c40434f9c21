"""How often somebody may try to log in and fail."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING

from limits.errors import StorageError

from clickdrop.domain.errors import TooManyRequests, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from limits.aio.storage import Storage

WITHIN = timedelta(minutes=15)
FAILURES_AT_ADDRESS = 10
FAILURES_OF_CLIENT = 100
"""Many people can be behind one client's address."""
_NETWORK_BITS = 64
_log = logging.getLogger(__name__)


class LockOut:
    """So many tries may fail in any 15 minutes: at an e-mail address, whether anybody has it or not, and of a client.

    A try is counted before it is made, so that to make many at once is no way around, and taken back unless it fails.
    Failures are counted by the clock in stretches of 15 minutes, of which the last two together stay within the limit.
    While what counts them is away, nobody is locked out.
    """

    def __init__(self, counts: Storage, clock: Callable[[], datetime]) -> None:
        self._counts = counts
        self._clock = clock

    @asynccontextmanager
    async def trying(self, address: str, client: str) -> AsyncIterator[None]:
        """Let a block try to log in; raises `TooManyRequests`. It has failed if it raises `Unauthenticated`, or is
        cancelled."""
        limits = {
            f"failed-at:{sha256(address.strip().lower().encode()).hexdigest()}": FAILURES_AT_ADDRESS,
            f"failed-from:{_network(client)}": FAILURES_OF_CLIENT,
        }
        counted: list[str] = []
        failed = False
        try:
            for subject, most in limits.items():
                counted.append(await self._count(subject, most))
            yield
        except (Unauthenticated, asyncio.CancelledError):
            failed = True
            raise
        finally:
            for key in () if failed else counted:
                await self._add(key, -1)

    async def _count(self, subject: str, most: int) -> str:
        stretch, now = WITHIN.total_seconds(), self._clock().timestamp()
        number = int(now // stretch)
        key = f"{subject}:{number}"
        others = await self._add(key, 1) - 1
        if others + await self._add(f"{subject}:{number - 1}", 0) < most:
            return key
        await self._add(key, -1)
        # What was counted in this stretch counts in the next one as well.
        free = number + (2 if others >= most else 1)
        raise TooManyRequests(
            ceil(free * stretch - now),
            "Too many tries to log in have failed. Wait for half an hour, or choose another password by e-mail.",
        )

    async def _add(self, key: str, count: int) -> int:
        try:
            if count == 0:
                return await self._counts.get(key)
            return await self._counts.incr(key, 2 * int(WITHIN.total_seconds()), count)
        except StorageError as error:
            _log.warning("failures cannot be counted: %r", error)
            return 0


def _network(client: str) -> str:
    """Answer what a client can't change of its address: in IPv6 that is the network it is in."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network((address, _NETWORK_BITS), strict=False)) if isinstance(address, IPv6Address) else str(address)
