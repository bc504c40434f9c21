"""The ten races over sockets, on two workers: how soon each is found with provocations, and with plain load.

Both look at the same running service, which begins anew for each seed, and are bounded alike. An attempt is a trial of
its own with new tenants. Provoked, it makes the race's requests meet in one of the ways of `WAYS`, which come in an
order drawn from the seed and are the same for all races. Plain load sends the same requests, from sessions that go
their own ways; what they act on changes every few workflows, so that they do meet. Seconds are those in which requests
were sent: neither starting nor judging is in them.
"""

from __future__ import annotations

import itertools
import platform
import random
import statistics
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

from partywall.drive.cuts import At, Cut
from partywall.drive.provocations import Call, Ends, Provocation
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive
from partywall.oracle.judge import judge
from tests.partywall.explore.races import RACES
from tests.partywall.explore.races.served import WORKER_HEADER, WORKERS, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from partywall.drive.load import Steps, Workflow
    from partywall.explore import Client
    from partywall.model import Exchange, History, Request, Tenant
    from partywall.target import Target
    from tests.partywall.explore.races.race import Race
    from tests.partywall.explore.races.served import Served

KEY = b"a key of the races over sockets"
TENANTS, SESSIONS, LOAD_REQUESTS = 4, 16, 200
SLOW_MS = 5.0
MODES = LOAD, PROVOKED = ("load", "provoked")
MANY = 1_000_000
ON_ONE = 8
"""So many workflows of a load in a row act on the same thing."""
WAYS = (
    Provocation(),
    Provocation(copies=4),
    Provocation(ends=Ends.FIFO, copies=2),
    Provocation(ends=Ends.LIFO, copies=2),
    Provocation(one_socket=True),
    Provocation(pipelined=True),
    Provocation(slow_ms=1),
    Provocation(slow_upstream_ms=SLOW_MS),
    Provocation(slow_upstream_ms=SLOW_MS * 4),
    Provocation(slow_upstream_ms=SLOW_MS, ends=Ends.LIFO),
    Provocation(slow_upstream_ms=SLOW_MS, copies=4),
    *(Provocation(cut=Cut(At.SENT, after_ms), copies=4) for after_ms in (1, 3, 5)),
    # What the service asks takes twice the delay, and a millisecond of its own: cut in the middle of the first such
    # exchange, of the second, and of the third.
    *(
        Provocation(cut=Cut(At.SENT, SLOW_MS * (2 * exchange + 1)), slow_upstream_ms=SLOW_MS, copies=4)
        for exchange in range(3)
    ),
)
Act: TypeAlias = "Callable[[Trial], None]"


@dataclass(frozen=True)
class Bound:
    """When to give up, for each seed, race and mode."""

    seeds: int
    requests: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.seeds} x {self.requests:,} requests or {self.seconds:g} s"


THOROUGH, QUICK = Bound(5, 5_000, 30), Bound(1, 1_000, 15)


@dataclass
class Search:
    """What came of looking for one race in one mode with one seed.

    Attributes:
        found: in what it was found, "" if it was not. broken: requests that the service failed.
    """

    requests: int = 0
    seconds: float = 0.0
    found: str = ""
    broken: int = 0
    workers: set[str] = field(default_factory=set)


def measured(bound: Bound = THOROUGH, names: Sequence[str] = tuple(RACES)) -> dict[str, Any]:
    """A row for each race: found in how many of the seeds, median seconds and requests until then, in both modes."""
    found: dict[str, dict[str, list[Search]]] = {name: {mode: [] for mode in MODES} for name in names}
    false: Counter[str] = Counter()
    for seed in range(bound.seeds):
        with serving() as served:
            for name, mode in itertools.product(names, MODES):
                found[name][mode].append(searched(served, name, mode, seed, bound))
                print(f"seed {seed}, {name}, {mode}: {found[name][mode][-1]}", flush=True)
    fifth = Bound(1, bound.requests // 5, bound.seconds / 5)
    with serving(correct=True) as served:
        for name, mode in itertools.product(names, MODES):
            false[name] += bool(searched(served, name, mode, 0, fifth).found)
    return {
        "what": f"ten races in small services on {WORKERS} uvicorn workers: medians of seconds and of requests until "
        "each is found, with provocations and with plain load; a race is put down to the provocation in which it "
        "showed, which may have met what an earlier one had left behind",
        "bound": f"{bound}, of the correct twin {fifth}",
        "python": platform.python_version(),
        "uvicorn": version("uvicorn"),
        "rows": [_row(name, of[PROVOKED], of[LOAD], false[name]) for name, of in found.items()],
    }


def searched(served: Served, name: str, mode: str, seed: int, bound: Bound) -> Search:
    """Look for a race until it is found or the bound is reached. What one mode has used up, the other has no use for:
    it has tenants, and things to act on, of its own."""
    race, search = RACES[name], Search()
    if mode == LOAD:
        attempts, tenants = _load(race), itertools.count(1, TENANTS + 1)
    else:
        attempts, tenants = _provoked(race, seed), itertools.count(MANY, TENANTS + 1)
    for way, act in attempts:
        if search.requests >= bound.requests or search.seconds >= bound.seconds:
            break
        _attempt(race, served.target(name), next(tenants), act, search)
        if search.found:
            search.found = way
            break
    return search


def _attempt(race: Race, target: Target, first: int, act: Act, search: Search) -> None:
    trial = Trial(target, KEY, first, TENANTS)
    try:
        began = time.monotonic_ns()
        act(trial)
        ended = time.monotonic_ns()
    finally:
        trial.close()
    exchanges = trial.history.exchanges
    shown = _shown(race, trial.history, target)
    if shown:
        search.found = race.name
        at = {exchange.number: exchange for exchange in exchanges}[shown[0]]
        ended = at.returned_ns
        exchanges = tuple(exchange for exchange in exchanges if exchange.called_ns < ended)
    search.seconds += (ended - began) / 1e9
    search.requests += len(exchanges)
    search.broken += sum(_is_broken(exchange) for exchange in exchanges)
    search.workers |= {exchange.header(WORKER_HEADER) for exchange in exchanges} - {""}


def _is_broken(exchange: Exchange) -> bool:
    """Did the service fail it, rather than its client leave?"""
    if exchange.status is None:
        return not exchange.fault.startswith("hung up")
    return exchange.status >= 500


def _shown(race: Race, history: History, target: Target) -> list[int]:
    """Numbers of the exchanges that show the race's failure, the first that was over in front."""
    verdict = judge(history, target.policy).verdict
    found = [*verdict.findings, *(finding for check in race.checks for finding in check(history))]
    returned = {exchange.number: exchange.returned_ns for exchange in history.exchanges}
    numbers = {finding.exchange for finding in found if finding.identity == race.identity}
    return sorted(numbers, key=returned.__getitem__)


def _provoked(race: Race, seed: int) -> Iterator[tuple[str, Act]]:
    """Attempts without end: the race's clients, as they are, in one way after the other."""
    order = list(WAYS)
    random.Random(seed).shuffle(order)
    for turn, how in enumerate(itertools.cycle(order)):
        clients = race.programme.clients[:: -1 if turn % 2 else 1]

        def act(trial: Trial, turn: int = turn, how: Provocation = how, clients: tuple[Client, ...] = clients) -> None:
            of = dict(zip("AB", trial.tenants, strict=False))
            thing = f"{PROVOKED}-{turn}"
            for step in itertools.zip_longest(*(each.requests for each in clients)):
                pairs = zip(clients, step, strict=True)
                calls = [Call(of[each.name[0]], _on(request, thing)) for each, request in pairs if request]
                with suppress(Inconclusive):  # they did not meet
                    trial.provoke(calls, how)
            for each in clients:
                for request in each.after:
                    trial.provoke([Call(of[each.name[0]], _on(request, thing))], Provocation())

        yield " ".join(how.names) or "released together", act


def _load(race: Race) -> Iterator[tuple[str, Act]]:
    """Attempts without end: each session does what one of the race's clients does, over and over."""
    numbers = itertools.count()

    def workflow(client: Client) -> Workflow:
        def steps(_tenant: Tenant) -> Steps:
            thing = f"{LOAD}-{next(numbers) // ON_ONE}"
            for request in (*client.requests, *client.after):  # a tuple can't be sent what came
                yield _on(request, thing)

        return steps

    workflows = [workflow(client) for client in race.programme.clients]

    def act(trial: Trial) -> None:
        with suppress(Inconclusive):
            trial.load(
                workflows, sessions=SESSIONS, seconds=60, requests=LOAD_REQUESTS, reads_kept=LOAD_REQUESTS + SESSIONS
            )

    return itertools.repeat((LOAD, act))


def _on(request: Request, thing: str) -> Request:
    return replace(request, query=(("number", thing),))


def _row(name: str, provoked: list[Search], load: list[Search], false: int) -> dict[str, Any]:
    ways = Counter(search.found for search in provoked if search.found)
    return {
        "race": name,
        **_figures(PROVOKED, provoked),
        "most often by": ways.most_common(1)[0][0] if ways else "",
        **_figures(LOAD, load),
        "said of plain load": _said(load),
        "workers": min(len(one.workers | other.workers) for one, other in zip(provoked, load, strict=True)),
        "broken": sum(search.broken for search in (*provoked, *load)),
        "correct twin": "shown" if false else "silent",
    }


def _figures(mode: str, searches: list[Search]) -> dict[str, Any]:
    found = [search for search in searches if search.found]
    figures: dict[str, Any] = {f"{mode}: found": f"{len(found)} of {len(searches)}"}
    if found:
        figures[f"{mode}: s"] = round(statistics.median(search.seconds for search in found), 2)
        figures[f"{mode}: requests"] = round(statistics.median(search.requests for search in found))
    return figures


def _said(load: list[Search]) -> str:
    if any(search.found for search in load):
        return ""
    return f"never showed it in {sum(search.requests for search in load):,} requests"
