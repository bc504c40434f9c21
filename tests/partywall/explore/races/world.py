"""What the races' services lean on: who calls, another service, a store. Here all of it is in memory, as the explorer
needs it; `shared.Sockets` is the same for services of several processes."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from starlette.requests import Request


async def io() -> None:
    """One round trip to somewhere."""
    await asyncio.sleep(0.001)


class Link:
    """A connection to another service, whose replies come in the order of the questions."""

    def __init__(self) -> None:
        self._replies: asyncio.Queue[str] = asyncio.Queue()

    async def ask(self, question: str) -> str:
        """One exchange; the reply is the question."""
        asyncio.get_running_loop().call_later(0.001, self._replies.put_nowait, question)
        return await self._replies.get()


class Table:
    """Values by their keys, the same for all workers."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        return self._values.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        self._values[key] = value

    def add(self, value: Any) -> None:
        """Keep a value after the others."""
        self._values[str(len(self._values))] = value

    def values(self) -> list[Any]:
        """All values, in order."""
        return list(self._values.values())

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()


class World:
    """The surroundings of one service.

    Args:
        names: Authorization header -> the tenant whose it is.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._tables: dict[str, Table] = {}

    def name(self, request: Request) -> str:
        """The name of the tenant that calls."""
        return self._names[request.headers["authorization"]]

    async def authenticated(self, request: Request) -> str:
        """The name of the tenant that calls, as a database knows it."""
        await self.io()
        return self.name(request)

    async def io(self) -> None:
        """One round trip to somewhere."""
        await io()

    def blocking_io(self) -> None:
        """One, in a thread; in memory it takes no time."""

    async def link(self) -> Link:
        """A new connection."""
        return Link()

    def table(self, name: str) -> Table:
        """The table of this name."""
        return self._tables.setdefault(name, Table())

    def at_once(self) -> AbstractContextManager[object]:
        """What is done with tables meanwhile, no other worker comes between."""
        return nullcontext()
