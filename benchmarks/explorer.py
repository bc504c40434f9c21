"""What a schedule costs: whole runs of two requests each, a fresh instance, recorded and judged, a CPU-second.

In memory (the races' services: plain Starlette, FastAPI, a synchronous endpoint in threads without and with line
steps), and over SQLAlchemy and SQLite (a service with one table, and Click & Drop).
"""

from __future__ import annotations

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
from partywall.explore import Programme, Schedule, Subject
from partywall.explore.run import Runner
from partywall.explore.strategies.random_walk import RandomWalk
from partywall.policy import Policy
from tests.partywall.explore.races import RACES
from tests.partywall.explore.races.race import NAMES, client, get, programme

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

CPU_S = 3.0
GOALS = {"memory": 1_000, "sqlite": 300}


def measured() -> dict[str, Any]:
    """A row for each kind of service: schedules a CPU-second, and steps a schedule."""
    rows = [
        _row(f"memory: {name}", RACES[name].subject(correct=True), RACES[name].programme)
        for name in ("shared-global", "stale-permission", "singleton-dependency")
    ]
    threads, pair = RACES["thread-race"].subject(correct=True), RACES["thread-race"].programme
    rows += [_row("threads", replace(threads, lines=()), pair), _row("threads, line by line", threads, pair)]
    with TemporaryDirectory(prefix="partywall-bench-") as folder:
        rows.append(_row("sqlite: one table", _table(Path(folder) / "one.db"), programme(*_TWO)))
    with click_and_drop() as (subject, operations):
        pairs = dict(operations.pairs())
        rows += [_row(f"Click & Drop: {name}", subject, pairs[f"{name} x {name}"]) for name in _MEASURED]
    return {
        "what": "two-request schedules a CPU-second, judged; goals: 1,000 in memory, 300 over SQLAlchemy and SQLite",
        "python": platform.python_version(),
        "rows": rows,
    }


_TWO = (client("A", get("/orders")), client("B", get("/orders")))
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
        "steps_per_schedule": round(steps / count),
        "us_per_step": round(spent / steps * 1e6, 1),
    }


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

    return Subject(lambda: Starlette(routes=[Route("/orders", orders)], lifespan=lifespan), Policy(("orders",)))
