"""The clean service under everything together, for long: it has to hold, and memory has to stay flat.

    PYTHONPATH=. python scripts/everything.py [SECONDS [STACK]]

In rounds of some seconds, one service for all: a load of many sessions, in which workers start anew where there are
several, while other tenants are provoked in every way and cut off at every moment, and the control asks weakly; between
rounds, some schedules of the same service in this process. Prints a line a round, and at the end what memory this
process and the service's had after the first round, in the middle and at the end (RSS, Linux). Exits 1 if anything was
found, if a trial was not held, or if memory at the end is over a tenth above that in the middle. An hour by default.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, seed

from benchmarks.races import WAYS
from fixtures.exploration import click_and_drop
from fixtures.markets import Market
from fixtures.merchants import reads
from fixtures.profiles import traffic
from fixtures.stacks import start, stop
from partywall.drive.cuts import At, Cut
from partywall.drive.provocations import Call, Provocation
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive
from partywall.explore import Portfolio, explore
from partywall.model import Outcome
from partywall.oracle.judge import judge
from strategies.openings import openings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from partywall.drive.load import Steps
    from partywall.model import Tenant
    from partywall.target import Target
    from strategies.openings import Opening

KEY = b"everything together"
TENANTS, SESSIONS, ROUND_S, REQUESTS, SCHEDULES = 4, 64, 10.0, 20_000, 20
GROWTH_MAX = 1.1
MORE = (
    *(Provocation(cut=Cut(at), copies=2) for at in At),
    Provocation(cut=Cut(At.MID_READ, reset=True)),
    Provocation(half_closed=True),
    Provocation(one_socket=True, unread_bytes=64, weak=True),
)
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class Sum:
    """What came of all rounds. ``said``: why one was not held."""

    rounds: int = 0
    judged: int = 0
    findings: int = 0
    not_met: int = 0
    said: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)


def loading(trial: Trial, opening: Opening) -> None:
    """Many sessions read what their tenants own."""
    market = Market(trial)
    market.settle(opening)
    of = {merchant.tenant: merchant for merchant in market.merchants}

    def looking(tenant: Tenant) -> Steps:
        for request in reads(of[tenant])[3:]:  # noqa: UP028  # a list can't be sent what came
            yield request

    restarts = int(trial.target.restart_worker is not None)
    trial.load([looking], sessions=SESSIONS, seconds=ROUND_S, requests=REQUESTS, restarts=restarts)
    market.sweep()


def provoking(trial: Trial, opening: Opening) -> int:
    """Pairs of reads in every way, until the round is over. Answers how many did not meet."""
    market = Market(trial)
    market.settle(opening)
    until, missed = time.monotonic() + ROUND_S, 0
    for how, (one, other), number in zip(
        itertools.cycle((*WAYS, *MORE)), itertools.cycle(market.pairs()), itertools.count(), strict=False
    ):
        mine, theirs = (reads(each)[3:] for each in (one, other))
        calls = [Call(one.tenant, mine[number % len(mine)]), Call(other.tenant, theirs[number % len(theirs)])]
        missed += 1
        with suppress(Inconclusive):
            market.learn(trial.provoke(calls, how))
            missed -= 1
        if time.monotonic() > until:
            break
    market.sweep()
    return missed


def in_trial(target: Target, first: int, act: Callable[[Trial], object], total: Sum) -> object:
    """Do it in new tenants, and judge it."""
    trial = Trial(target, KEY, first, TENANTS)
    try:
        done = act(trial)
        judgement = judge(trial.history, target.policy)
    except Inconclusive as error:
        total.said[str(error)] += 1
        return 0
    finally:
        trial.close()
    total.judged += judgement.judged
    total.findings += len(judgement.verdict.findings)
    for finding in judgement.verdict.findings:
        print(f"false alarm: {finding}", flush=True)
    if judgement.verdict.outcome is not Outcome.HELD:
        total.said.update(judgement.verdict.reasons or ["violated"])
    return done


def one_round(target: Target, total: Sum) -> None:
    """Load and provocations at once."""
    first = 1 + total.rounds * 2 * (TENANTS + 1)

    @seed(total.rounds)
    @traffic(examples=1)
    @given(opening=openings(tenants=TENANTS))
    def act(opening: Opening) -> None:
        with ThreadPoolExecutor(2) as both:
            under_load = both.submit(in_trial, target, first, lambda trial: loading(trial, opening), total)
            provoked = both.submit(
                in_trial, target, first + TENANTS + 1, lambda trial: provoking(trial, opening), total
            )
            under_load.result()
            total.not_met += int(str(provoked.result()))

    act()
    total.rounds += 1


def explored(total: Sum) -> None:
    """Some schedules of the service in this process."""
    with click_and_drop() as (subject, operations):
        result = explore(
            subject, operations, stages=(Portfolio(schedules=SCHEDULES),), seed=total.rounds, schedules_max=SCHEDULES
        )
    total.findings += len(result.verdict.findings)
    if result.verdict.findings:
        total.said["the exploration found something"] += 1


def memory_mb(roots: Sequence[int]) -> float:
    """Of these processes and their descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    waiting, pages = list(roots), 0
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        with suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * PAGE_MB


def own_memory_mb() -> float:
    """Of this process alone."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def flat(total: Sum) -> bool:
    """Say what memory there was, and whether it stayed."""
    whens = {"start": 0, "middle": len(total.memory) // 2, "end": -1}
    for when, index in whens.items():
        print(
            f"memory at the {when}: {total.memory[index][0]:.0f} MB here, {total.memory[index][1]:.0f} MB the service"
        )
    pairs = zip(total.memory[whens["middle"]], total.memory[-1], strict=True)
    return all(end <= middle * GROWTH_MAX for middle, end in pairs)


def main() -> int:
    """Go on for so long."""
    seconds, stack = float((*sys.argv[1:], "3600")[0]), (*sys.argv[2:], "embedded")[0]
    total, until = Sum(), time.monotonic() + seconds
    running = start(stack, ())
    try:
        assert running.process is not None, "it was started here"
        target = running.target()
        while not total.rounds or time.monotonic() < until:
            one_round(target, total)
            explored(total)
            total.memory.append((own_memory_mb(), memory_mb([running.process.pid])))
            print(
                f"round {total.rounds}: {total.judged} judged, {total.findings} findings, {total.not_met} pairs did "
                f"not meet, {total.memory[-1][0]:.0f} MB here, {total.memory[-1][1]:.0f} MB the service",
                flush=True,
            )
    finally:
        stop(running)
    for reason, count in total.said.items():
        print(f"not held, {count} times: {reason}")
    well = flat(total)
    print(f"{total.judged} responses of {total.rounds} rounds on the {stack} stack: {total.findings} findings")
    return 0 if well and not total.findings and not total.said else 1


if __name__ == "__main__":
    sys.exit(main())
