"""Passwords, hashed by Argon2id in threads, so many at a time."""

from __future__ import annotations

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_AT_A_TIME = 2


class Passwords:
    """Hashes passwords and compares them with hashes. Without a hash it takes as long, and answers no."""

    def __init__(self) -> None:
        # 19 MiB and two passes: OWASP's first choice for a service that logs many people in.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._room = asyncio.Semaphore(_AT_A_TIME)

    async def hash(self, password: str) -> str:
        """Answer a hash of the password, with a salt of its own."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the hash is of the password."""
        async with self._room:
            return await asyncio.to_thread(self._matches, password, password_hash)

    def _matches(self, password: str, password_hash: str | None) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobodys, password)
        except VerifyMismatchError:
            return False
        return password_hash is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("of nobody")
