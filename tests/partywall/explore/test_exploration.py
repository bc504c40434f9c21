"""Stages, guarantees, labels, reduction."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response

from partywall.errors import UsageError
from partywall.explore import Lockstep, Operations, Portfolio, Schedule, Sweep, explore
from partywall.explore.portfolio import STRATEGIES
from partywall.explore.run import Runner
from partywall.explore.strategies.planned import Planned
from partywall.explore.witness import NOT_CONFIRMED
from partywall.model import Outcome
from partywall.policy import Excluded, Policy
from tests.partywall.explore.races import RACES
from tests.partywall.explore.races.race import NAMES, Race, client, get, programme, service
from tests.partywall.explore.races.world import io
from tests.partywall.explore.small import BOTH, answers, run, said, subject

if TYPE_CHECKING:
    from starlette.requests import Request

SEEN = Policy(("x",))


async def _own(request: Request) -> Response:
    await io()
    return said(NAMES[request.headers["authorization"]])


def _two_operations(race: Race) -> Operations:
    first = race.programme.clients[0].requests
    return Operations(race.programme, {"one": lambda _client: first, "other": lambda _client: first * 2})


def test_sweep_counts_what_it_guarantees() -> None:
    """A sweep that holds says over how many pairs and schedules, and is the same the next time."""
    work = Operations(BOTH, {"one": lambda _c: (get("/x"),), "two": lambda _c: (get("/x"), get("/x"))})
    results = [explore(subject(_own, policy=SEEN), work, stages=(Sweep(),)) for _ in range(2)]
    assert results[0].guarantee == results[1].guarantee
    assert results[0].verdict.outcome is Outcome.HELD, results[0].verdict
    words = str(results[0].guarantee)
    assert words == (
        f"3 pairs, {results[0].schedules} schedules, at most one preemption, every start order, "
        "one disconnect at every step of each request: 0 leaks"
    )


def test_sweep_tries_every_step() -> None:
    """A sweep of one pair has, for both orders, as many schedules as steps to preempt at and to hang up at."""
    hit: set[tuple[str, str]] = set()

    async def endpoint(request: Request) -> Response:
        name = request.headers["authorization"][-1]
        for step in range(3):
            await io()
            hit.add((name, f"{step} {sorted(running)}"))
            running.add(name)
        running.discard(name)
        return said(NAMES[request.headers["authorization"]])

    running: set[str] = set()
    explore(subject(endpoint, policy=SEEN), BOTH, stages=(Sweep(disconnects=False),))
    for mine, other in ("AB", "BA"):
        assert {(mine, f"0 ['{other}']"), (mine, f"1 ['{mine}']"), (mine, "2 ['A', 'B']")} <= hit


def test_a_finding_ends_without_a_guarantee() -> None:
    """What was violated is guaranteed nothing."""
    race = RACES["shared-global"]
    result = explore(race.subject(), race.programme, stages=(Sweep(),))
    assert result.verdict.outcome is Outcome.VIOLATED
    assert result.guarantee is None


def test_a_budget_that_ends_first_is_inconclusive() -> None:
    """A sweep cut short by its budget says so, and is not held."""
    result = explore(subject(_own, policy=SEEN), BOTH, stages=(Sweep(),), schedules_max=20)
    assert result.schedules == 20
    assert result.guarantee is None
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert result.verdict.reasons == ("sweep: the budget of 20 schedules was spent before its end",)


def test_time_that_is_up_is_inconclusive() -> None:
    """Without time nothing is explored, and nothing held."""
    result = explore(subject(_own, policy=SEEN), BOTH, stages=(Sweep(),), seconds_max=0)
    assert (result.schedules, result.guarantee) == (0, None)
    assert result.verdict.reasons == ("sweep: the time was up before its end, after 0 schedules",)


def test_budget_that_ends_behind_a_guarantee_leaves_it() -> None:
    """What is drawn by chance has no end: cut short, it takes nothing from what was explored exhaustively."""
    swept = explore(subject(_own, policy=SEEN), BOTH, stages=(Sweep(),))
    more = swept.schedules + 5
    result = explore(subject(_own, policy=SEEN), BOTH, stages=(Sweep(), Portfolio()), schedules_max=more)
    assert (result.schedules, result.guarantee) == (more, swept.guarantee)
    assert result.verdict.outcome is Outcome.HELD
    assert result.cut == f"portfolio: the budget of {more} schedules was spent before its end"


def test_pair_that_the_budget_ended_in_is_told() -> None:
    """How far an exhaustive stage came is said by the pair that it was at."""
    work = Operations(BOTH, {"one": lambda _c: (get("/x"),), "two": lambda _c: (get("/x"), get("/x"))})
    whole = explore(subject(_own, policy=SEEN), work, stages=(Sweep(),))
    result = explore(subject(_own, policy=SEEN), work, stages=(Sweep(),), schedules_max=whole.schedules - 1)
    (reason,) = result.verdict.reasons
    assert reason.startswith("sweep, pair 3 of 3: the budget")


def test_what_is_left_out_on_purpose_is_no_reason() -> None:
    """An operation that a policy excludes from ownership need not show anything."""

    async def says_nothing(_request: Request) -> Response:
        return said("ok")

    quiet = Policy(("x",), excluded=(Excluded("x", "its answers are empty", "ownership"),))
    result = explore(subject(says_nothing, policy=quiet), BOTH, stages=(Lockstep(),))
    assert result.verdict.outcome is Outcome.HELD, result.verdict


def test_what_chance_makes_before_is_the_same_in_every_schedule() -> None:
    """Ids drawn before anything is explored can be named in it, whatever the schedule's seed; later ones differ."""
    drawn: list[list[str]] = []

    async def endpoint(_request: Request) -> Response:
        drawn[-1].append(uuid.uuid4().hex)
        return said("ok")

    def fresh() -> object:
        drawn.append([])
        return made.application()

    made = subject(endpoint)
    clients = tuple(replace(each, before=each.requests, requests=each.requests) for each in BOTH.clients)
    with Runner(replace(made, application=fresh)) as runner:
        for seed in (0, 0, 7):
            runner.run(replace(BOTH, clients=clients), Planned(), Schedule(BOTH.names, seed=seed))
    first, again, other = drawn
    assert first == again
    assert first[:2] == other[:2]
    assert len({*first, *other[2:]}) == 6


def test_what_shows_nothing_is_not_held() -> None:
    """An operation that fails, or shows nothing by which a leak would be noticed, or never overlaps, proves nothing."""

    async def fails(_request: Request) -> Response:
        return Response(status_code=403)

    async def says_nothing(_request: Request) -> Response:
        return said("ok")

    for endpoint, words in ((fails, "x: never succeeded"), (says_nothing, "x: shows nothing by which")):
        result = explore(subject(endpoint, policy=SEEN), BOTH, stages=(Sweep(),))
        assert result.verdict.outcome is Outcome.INCONCLUSIVE
        assert any(reason.startswith(words) for reason in result.verdict.reasons)
    alone = programme(client("A", get("/x")), client("B"))
    result = explore(subject(_own, policy=SEEN), alone, stages=(Lockstep(),))
    assert "no two sessions' requests overlapped" in result.verdict.reasons


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "fifo"])
def test_each_strategy_finds_a_narrow_race(strategy: str) -> None:
    """The race that first in, first out never meets is found by every other strategy."""
    race = RACES["stale-permission"]
    result = explore(race.subject(), race.programme, stages=(Portfolio(schedules=500, only=strategy),))
    assert [witness.found.identity for witness in result.witnesses] == [race.identity]
    assert result.witnesses[0].found.run.strategy == strategy


def test_first_in_first_out_alone_misses_it() -> None:
    """Ordinary order, however often, does not find the narrow race: the schedule matters."""
    race = RACES["stale-permission"]
    first_in = explore(race.subject(), race.programme, stages=(Lockstep(), Portfolio(schedules=100, only="fifo")))
    assert first_in.witnesses == ()


def test_a_race_that_an_ordinary_loop_cannot_produce_is_labelled() -> None:
    """Where callbacks would have to overtake each other inside one loop, the finding is not confirmed."""
    arrived: list[str] = []
    current: list[str] = []
    together: list[asyncio.Event] = []

    async def endpoint(request: Request) -> Response:
        name = NAMES[request.headers["authorization"]]
        if not arrived:
            together[:] = [asyncio.Event()]
        arrived.append(name)
        if len(arrived) < 2:
            await together[0].wait()
        else:
            together[0].set()
            await asyncio.sleep(0)
        if name.startswith("Shop") and request.headers["authorization"].endswith("A"):
            current[:] = [name]
            await asyncio.sleep(0)
            name = current[0]
        else:
            for _ in range(6):
                await asyncio.sleep(0)
            current[:] = [name]
        return said(name)

    made = subject(endpoint, policy=SEEN)

    def fresh() -> object:
        arrived.clear()
        return made.application()

    result = explore(replace(made, application=fresh), BOTH, stages=(Sweep(disconnects=False),))
    (witness,) = result.witnesses
    assert witness.feasibility == NOT_CONFIRMED
    assert NOT_CONFIRMED in witness.story()


def test_longer_programmes_are_reduced() -> None:
    """A race found among three clients with several requests each is reduced to the two requests that make it."""
    race = RACES["shared-global"]
    crowd = programme(*(client(name, get("/orders"), get("/orders"), get("/orders")) for name in ("A", "B", "A2")))
    result = explore(race.subject(), crowd, stages=(Portfolio(),))
    (witness,) = result.witnesses
    assert (witness.requests, witness.preemptions) == (2, 1)
    again = explore(race.subject(), crowd, stages=(Portfolio(),))
    assert again.witnesses[0].smallest.recording == witness.smallest.recording


def test_programmes_are_drawn_from_operations() -> None:
    """Portfolio and lockstep draw longer programmes in which clients meet, the same for one seed."""
    race = RACES["shared-global"]
    found = [
        explore(race.subject(), _two_operations(race), stages=(stage,), seed=3).witnesses[0]
        for stage in (Lockstep(), Portfolio(), Portfolio())
    ]
    assert {witness.found.stage for witness in found} == {"lockstep", "portfolio"}
    assert found[1].found.run.recording == found[2].found.run.recording


def test_several_failures_are_told_apart() -> None:
    """Asked for two failures, an exploration goes on after the first, and reduces each for itself."""
    state: dict[str, str] = {}

    async def x(request: Request) -> Response:
        state["name"] = NAMES[request.headers["authorization"]]
        await io()
        return said(state["name"])

    both = programme(*(client(name, get("/x"), get("/y")) for name in "AB"))
    made = replace(subject(x), application=lambda: service(x=x, y=x), policy=Policy(("x", "y")))
    result = explore(made, both, failures_max=2)
    assert {witness.finding.operation for witness in result.witnesses} == {"x", "y"}
    assert all(witness.requests == 2 for witness in result.witnesses)


def test_sessions_that_are_not_there_are_refused() -> None:
    """A programme for a session that it does not have is a usage error."""
    with pytest.raises(UsageError, match="expected sessions of A, B; came C"):
        BOTH.asking({"C": (get("/x"),)})


def test_credentials_show_nowhere() -> None:
    """A service that repeats a credential is recorded with its owner's mark in its place."""

    async def endpoint(request: Request) -> Response:
        return said(request.headers["authorization"])

    result = explore(subject(endpoint, policy=SEEN), BOTH, stages=(Lockstep(),))
    assert result.verdict.outcome is Outcome.HELD, result.verdict
    with_secret = repr(BOTH) + repr(result)
    assert "key-of-A" not in with_secret


def test_cookies_of_a_credential_show_nowhere() -> None:
    """A cookie that a client begins with is sent, is recorded as its owner's mark, and gives way to a newer one."""

    async def endpoint(request: Request) -> Response:
        answer = said([request.cookies["sid"], request.cookies["theme"]])
        answer.set_cookie("theme", "dark")
        return answer

    clients = tuple(
        replace(each, credential=(("Cookie", f"sid=session-of-{each.name}; theme=light"),), requests=each.requests * 2)
        for each in BOTH.clients
    )
    result = run(subject(endpoint, policy=SEEN), replace(BOTH, clients=clients))
    assert result.verdict.outcome is Outcome.HELD, result.verdict
    assert sorted(json.loads(body)[1] for body in answers(result)) == ["dark", "dark", "light", "light"]
    assert "session-of-" not in repr(result)
