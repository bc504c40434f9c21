"""What a schedule costs: whole runs of two requests each, a fresh instance, recorded and judged, a CPU-second; what the
sweep over all pairs of ten operations takes; and how many replays of the races' schedules are identical.

In memory (the races' services: plain Starlette, FastAPI, a synchronous endpoint in threads without and with line
steps), and over SQLAlchemy and SQLite (a service with one table, and Click & Drop).
"""

from __future__ import annotations

import asyncio
import platform
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from fixtures import operations as op
from fixtures.exploration import click_and_drop
from partywall.explore import Operations, Programme, Schedule, Subject, Sweep, explore
from partywall.explore.run import Runner
from partywall.explore.strategies.random_walk import RandomWalk
from partywall.policy import Policy
from tests.partywall.explore.races import RACES
from tests.partywall.explore.races.race import NAMES, client, get, programme

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import Request

    from partywall.explore import Client
    from partywall.model import Request as Asked
    from tests.partywall.explore.races.race import Race

CPU_S = 3.0
GOALS = {"memory": 1_000, "sqlite": 300}
SWEEP_GOAL_CPU_S, SWEEP_S_MAX = 60, 300.0
SWEPT = tuple("abcdefghij")
REPLAYS, FOUND_WITHIN = 100, 500


def measured() -> dict[str, Any]:
    """Schedules a CPU-second, and steps a schedule; the sweeps; and the replays, each with its goal."""
    rows = [
        _row(f"memory: {name}", RACES[name].subject(correct=True), RACES[name].programme)
        for name in ("shared-global", "stale-permission", "singleton-dependency")
    ]
    threads, pair = RACES["thread-race"].subject(correct=True), RACES["thread-race"].programme
    rows += [_row("threads", replace(threads, lines=()), pair), _row("threads, line by line", threads, pair)]
    with TemporaryDirectory(prefix="partywall-bench-") as folder:
        table = _table(Path(folder) / "one.db")
        rows.append(_row("sqlite: one table, read", table, programme(*_READ)))
        rows.append(_row("sqlite: one table, written and read", table, programme(*_WRITTEN)))
    sweeps = [_swept("memory: plain Starlette", *_ten())]
    with click_and_drop() as (subject, operations):
        pairs = dict(operations.pairs())
        rows += [_row(f"Click & Drop: {name}", subject, pairs[f"{name} x {name}"]) for name in _MEASURED]
        sweeps.append(_swept("Click & Drop", subject, operations))
    return {
        "what": "two-request schedules a CPU-second, judged; the sweep over all pairs of ten operations; replays of "
        "the races' reduced schedules. PostgreSQL, where the goal is 50 a CPU-second, is not under control",
        "python": platform.python_version(),
        "rows": rows,
        "sweeps": sweeps,
        "replays": [_replayed(race) for race in RACES.values()],
    }


_READ, _WRITTEN = ((client("A", get(path)), client("B", get(path))) for path in ("/seen", "/orders"))
_MEASURED = (op.LIST_ORDERS, op.GET_LABEL, op.CREATE_ORDERS)


def _row(service: str, subject: Subject, pair: Programme) -> dict[str, Any]:
    with Runner(subject) as runner:
        runner.run(pair, RandomWalk(0), Schedule(pair.names))
        began, count, steps = time.process_time(), 0, 0
        while time.process_time() - began < CPU_S:
            run = runner.run(pair, RandomWalk(count), Schedule(pair.names, seed=count))
            assert run.judgement is not None, run.verdict
            count += 1
            steps += len(run.recording.steps)
        spent = time.process_time() - began
    return {
        "service": service,
        "schedules_per_cpu_s": round(count / spent),
        "goal": GOALS.get(service.partition(":")[0], ""),
        "steps_per_schedule": round(steps / count),
        "us_per_step": round(spent / steps * 1e6, 1),
    }


def _swept(service: str, subject: Subject, operations: Operations) -> dict[str, Any]:
    began = time.process_time()
    result = explore(subject, operations, stages=(Sweep(),), seconds_max=SWEEP_S_MAX)
    return {
        "swept": service,
        "schedules": result.schedules,
        "cpu_s": round(time.process_time() - began, 1),
        "goal_cpu_s": SWEEP_GOAL_CPU_S,
        "said": str(result.guarantee or "; ".join(result.verdict.reasons)),
    }


def _replayed(race: Race) -> dict[str, Any]:
    (witness,) = explore(race.subject(), race.programme, schedules_max=FOUND_WITHIN).witnesses
    smallest = witness.smallest
    with Runner(race.subject()) as runner:
        again = [runner.replay(smallest.programme, smallest.schedule) for _ in range(REPLAYS)]
    identical = sum(not smallest.recording.divergence(run.recording) for run in again)
    return {"race": race.name, "reduced to": witness.size, "identical replays": identical, "goal": REPLAYS}


def _ten() -> tuple[Subject, Operations]:
    """Ten reads that wait twice, as for a database, and then show the caller's name."""

    async def named(request: Request) -> JSONResponse:
        name = NAMES[request.headers["authorization"]]
        for _ in range(2):
            await asyncio.sleep(0.001)
        return JSONResponse([name])

    def application() -> Starlette:
        return Starlette(routes=[Route(f"/{name}", named) for name in SWEPT])

    def asking(name: str) -> Callable[[Client], Sequence[Asked]]:
        return lambda _client: (get(f"/{name}"),)

    base = programme(client("A"), client("B"))
    return Subject(application, Policy(SWEPT)), Operations(base, {name: asking(name) for name in SWEPT})


def _table(database: Path) -> Subject:
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}", poolclass=NullPool)

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: object) -> None:
        # Waiting for the disk would be most of what is measured.
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE IF NOT EXISTS orders (tenant TEXT, name TEXT)"))
        yield

    async def orders(request: Request) -> JSONResponse:
        name = NAMES[request.headers["authorization"]]
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM orders WHERE tenant = :tenant"), {"tenant": name})
            await connection.execute(text("INSERT INTO orders VALUES (:tenant, :tenant)"), {"tenant": name})
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT name FROM orders WHERE tenant = :tenant"), {"tenant": name})
            return JSONResponse([row[0] for row in found])

    async def seen(request: Request) -> JSONResponse:
        name = NAMES[request.headers["authorization"]]
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT :tenant AS name"), {"tenant": name})
            return JSONResponse([row[0] for row in found])

    routes = [Route("/orders", orders), Route("/seen", seen)]
    return Subject(lambda: Starlette(routes=routes, lifespan=lifespan), Policy(("orders", "seen")))
