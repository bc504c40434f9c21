"""The incident of March 2023 rediscovered in the real library: redis-py answers one user with another's reply.

    PYTHONPATH=. python scripts/redis_incident.py [VERSION ...]

For each version (by default two that leaked, and two mended since) installs redis-py into a throw-away folder with
pip, explores a service that shares one client among its requests, and prints what was found. redis-py is as published;
the server that it talks to is a few lines on a network inside the loop. Exits 1 unless exactly the versions before
4.5.4 leak. See redis/redis-py issues 2624 and 2665.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from partywall.explore import Portfolio, Subject, Sweep, explore
from partywall.policy import Policy
from tests.partywall.explore.races.race import NAMES, client, get, programme
from tests.partywall.explore.races.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

VERSIONS = ("4.5.1", "4.5.3", "4.5.4", "5.2.1")
MENDED = (4, 5, 4)
ADDRESS = ("127.0.0.1", 6379)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every command: GET with what is kept under the key, its own name; anything else with OK."""
    while line := await reader.readline():
        words = []
        for _ in range(int(line[1:])):
            length = int((await reader.readline())[1:])
            words.append((await reader.readexactly(length + 2))[:-2])
        if words[0].upper() == b"GET":
            writer.write(b"$%d\r\n%s\r\n" % (len(words[1]), words[1]))
        else:
            writer.write(b"+OK\r\n")


def service() -> Starlette:
    """A service that keeps users' preferences in a cache, and gives up on requests whose client is gone."""
    import redis.asyncio  # type: ignore[import-not-found]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        server = await asyncio.start_server(serve, *ADDRESS)
        app.state.redis = redis.asyncio.Redis(host=ADDRESS[0], port=ADDRESS[1])
        yield
        await app.state.redis.connection_pool.disconnect()
        server.close()

    async def preferences(request: Request) -> JSONResponse:
        name = await World(NAMES).authenticated(request)
        asking = asyncio.ensure_future(request.app.state.redis.get(name))
        gone = asyncio.ensure_future(_hung_up(request))
        await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
            return JSONResponse({}, 499)
        gone.cancel()
        return JSONResponse({"of": asking.result().decode()})

    return Starlette(routes=[Route("/preferences", preferences)], lifespan=lifespan)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def explored() -> int:
    """Explore with the redis-py that is installed; 1 if it leaks."""
    import redis

    asking = programme(
        client("A", get("/preferences"), get("/preferences")), client("B", get("/preferences"), get("/preferences"))
    )
    result = explore(Subject(service, Policy(("preferences",))), asking, stages=(Sweep(), Portfolio(3_000)))
    words: Any = result.guarantee or "; ".join(result.verdict.reasons)
    if result.witnesses:
        (witness,) = result.witnesses
        words = f"schedule {witness.found.at}, {witness.size}, {witness.feasibility}: {witness.smallest.schedule}"
    print(f"redis-py {redis.__version__}: {result.verdict.outcome.value}, {result.schedules:,} schedules: {words}")
    return {"violated": 1, "held": 0}.get(result.verdict.outcome.value, 3)


def main() -> int:
    """Each version in an environment of its own."""
    right = True
    for version in sys.argv[1:] or VERSIONS:
        with TemporaryDirectory(prefix="partywall-redis-") as folder:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--target", folder, f"redis=={version}", "async-timeout"], check=True)
            path = os.pathsep.join([folder, str(Path(__file__).parents[1])])
            command = [sys.executable, __file__, "--explore"]
            status = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode
        leaks = tuple(int(part) for part in version.split(".")) < MENDED
        right = right and status == int(leaks)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(explored() if sys.argv[1:] == ["--explore"] else main())
