"""From a finding to the smallest programme that shows it again."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from partywall.drive.replay import Trials
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive
from partywall.model import UNKNOWN, Finding
from partywall.oracle.judge import judge
from partywall.policy import Lag
from partywall.program import Answered, Bound, Program, Step
from partywall.reduction import slices
from partywall.reduction.cause import CACHE_KEY, COALESCING, EDGE_CACHE, MISSING_CHECK, POOL_DESYNC
from partywall.reduction.reduce import Budget, Witness, reduce, unreduced
from partywall.reduction.reproduce import Rate, Reproducer, SpentError
from tests.partywall import leaky
from tests.partywall.leaky import Leaky, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.model import History, Tenant
    from partywall.target import Credential, Target

KEY = b"tests of reduce."


def trials(service: Leaky, *, fresh: bool = False) -> Trials:
    """Opens trials; with ``fresh``, instances of the same service can be started."""
    target = service.target()

    @contextmanager
    def another() -> Iterator[Target]:
        with running(service.leak) as instance:
            yield instance.target()

    return Trials(replace(target, fresh=another) if fresh else target, KEY, 1000)


def found(
    service: Leaky, act: Callable[[Trial], object], tenants: int = 2, first: int = 1
) -> tuple[History, list[Finding]]:
    """What some tenants did, and what the oracles find in it."""
    trial = Trial(service.target(), KEY, first, tenants)
    act(trial)
    trial.close()
    return trial.history, list(judge(trial.history, leaky.POLICY).verdict.findings)


def reduced(service: Leaky, act: Callable[[Trial], object], kind: str, tenants: int = 2) -> Witness:
    history, findings = found(service, act, tenants)
    finding = next(finding for finding in findings if finding.kind == kind)
    return reduce(history, finding, trials(service), Budget())


def changes(witness: Witness) -> dict[str, bool]:
    """What was changed in experiments, and whether it showed all the same."""
    return {each.change: bool(each.shown) for each in witness.experiments}


def story(program: Program) -> list[tuple[str, str]]:
    return [(step.role, step.operation) for step in program.steps]


def busy(trial: Trial) -> list[int]:
    """Every tenant makes four orders and looks at them; their ids, the first tenant's first."""
    ids = []
    for tenant in trial.tenants:
        for _ in range(4):
            made = trial.send(tenant, leaky.create(f"for {trial.mark(tenant)}"))
            ids.append(json.loads(made.body)["made"][0]["id"])
        trial.send(tenant, leaky.get(ids[-1]))
        trial.send(tenant, leaky.me())
        page = trial.send(tenant, leaky.listing())
        trial.send(tenant, leaky.listing(json.loads(page.body).get("next", "")))
    return ids


@pytest.mark.parametrize("kind", ["content", "identifier"])
def test_read_by_id(kind: str) -> None:
    """A read by id without the tenant is reduced to the order's making and the foreign read."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[2], leaky.get(ids[-1], ids[1]))

        witness = reduced(service, act, kind, tenants=3)
    assert story(witness.program) == [("A", leaky.CREATE), ("B", leaky.GET)]
    assert [role.label for role in witness.program.roles] == ["A", "C"]
    assert (witness.reproduced, witness.tries, witness.minimal, witness.note) == (3, 3, True, "")
    assert (witness.finding.cause, changes(witness)) == (MISSING_CHECK, {"a query of its own": True})


def test_cache_that_needs_warming() -> None:
    """A list cache without the tenant in its key keeps the request of the owner that warms it."""
    with running("cache") as service:

        def act(trial: Trial) -> None:
            busy(trial)
            trial.send(trial.tenants[1], leaky.listing())
            trial.send(trial.tenants[0], leaky.listing())

        witness = reduced(service, act, "content")
    assert story(witness.program) == [("B", leaky.CREATE), ("B", leaky.LIST), ("A", leaky.LIST)]
    assert witness.reproduced == witness.tries == 3
    assert (witness.finding.cause, changes(witness)) == (
        CACHE_KEY,
        {"a query of its own": True, "nobody reads before": False},
    )


def test_cache_by_address() -> None:
    """An answer kept under its address, as an edge does, can be asked around, which a cache in the service can not."""
    with running("edge") as service:

        def act(trial: Trial) -> None:
            busy(trial)
            a, b = trial.tenants
            trial.send(a, leaky.last())
            trial.send(b, leaky.last())

        history, findings = found(service, act)
        finding = next(each for each in findings if each.operation == leaky.LAST)
        with trials(service, fresh=True) as opened:
            witness = reduce(history, finding, opened, Budget())
    assert (witness.finding.cause, changes(witness)) == (EDGE_CACHE, {"a query of its own": False})


def test_refused_experiment() -> None:
    """That a service refuses a query which it does not know says nothing of a cache."""
    with running("by-id") as service:
        service.strict = True

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.get(ids[0]))

        witness = reduced(service, act, "content")
    assert (witness.finding.cause, witness.experiments) == (MISSING_CHECK, ())


def test_one_answer_for_two() -> None:
    """Two who ask for the same at once get one answer: it hangs on the address that both ask for."""
    with running("flight") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            for tenant in (a, b):
                trial.send(tenant, leaky.create(trial.mark(tenant)))
            trial.together([(a, leaky.listing()), (b, leaky.listing())])

        witness = reduced(service, act, "content")
    assert witness.finding.cause == COALESCING, witness.experiments
    assert changes(witness) == {"one request after another": False, "a query of its own": False}


def test_own_data_missing() -> None:
    """An order that somebody else removed is reduced to making, foreign removal and look."""
    with running("delete") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.delete(ids[0]))
            trial.send(trial.tenants[0], leaky.get(ids[0]))

        witness = reduced(service, act, "missing", tenants=4)
    assert story(witness.program) == [("A", leaky.CREATE), ("B", leaky.DELETE), ("A", leaky.GET)]


def test_assigned_value() -> None:
    """A value that the service assigned to another is evidence in a replay too."""
    with running("last") as service:

        def act(trial: Trial) -> None:
            busy(trial)
            trial.send(trial.tenants[0], leaky.last())

        witness = reduced(service, act, "content")
    assert story(witness.program) == [("B", leaky.CREATE), ("A", leaky.LAST)]


def test_wrong_name() -> None:
    """A response that names the wrong caller needs the right one to have called first."""
    with running("name") as service:
        history, findings = found(service, busy)
        with trials(service, fresh=True) as opened:
            witness = reduce(history, findings[0], opened, Budget())
    assert story(witness.program) == [("A", leaky.ME), ("B", leaky.ME)]


def test_race() -> None:
    """Two lists at once stay together; what each made before is reduced to one order."""
    with running("race") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            for tenant in (a, b):
                trial.send(tenant, leaky.create(trial.mark(tenant)))
                trial.send(tenant, leaky.me())
            trial.together([(a, leaky.listing()), (b, leaky.listing())])

        witness = reduced(service, act, "content")
    assert witness.program.racy
    assert [op for _, op in story(witness.program)] == [leaky.CREATE, leaky.LIST, leaky.LIST]
    assert [step.group for step in witness.program.steps] == [None, 0, 0]
    assert {step.role for step in witness.program.steps[1:]} == {"A", "B"}
    assert 0 < witness.reproduced <= witness.tries
    # Only lists mix callers up here: nothing else that the other could ask for shows whether the address matters.
    assert witness.finding.cause == UNKNOWN, witness.experiments
    assert changes(witness)["one request after another"] is False


def test_bystander() -> None:
    """What a third tenant did is done by one of the two whom it is about, if that serves as well."""
    with running("after-me") as service:

        def act(trial: Trial) -> None:
            a, b, c = trial.tenants
            made = json.loads(trial.send(a, leaky.create(trial.mark(a))).body)["made"]
            trial.send(c, leaky.me())
            trial.send(b, leaky.get(made[0]["id"]))

        history, findings = found(service, act, tenants=3)
        with trials(service, fresh=True) as opened:
            witness = reduce(history, findings[0], opened, Budget())
    assert story(witness.program) == [("A", leaky.CREATE), ("A", leaky.ME), ("B", leaky.GET)]
    assert witness.reproduced == witness.tries == 3


def test_together_by_chance() -> None:
    """A leak that also shows one request after another is not called a race."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            a, b = trial.tenants
            trial.together([(a, leaky.listing()), (b, leaky.get(ids[0])), (a, leaky.me())])

        witness = reduced(service, act, "content")
    assert not witness.program.racy
    assert story(witness.program) == [("A", leaky.CREATE), ("B", leaky.GET)]


def test_hang_up() -> None:
    """An answer left unread keeps the client that hung up."""
    with running("report") as service:

        def act(trial: Trial) -> None:
            busy(trial)
            leaky.until_found(trial, lambda: hung_up(trial))

        witness = reduced(service, act, "content")
    assert story(witness.program) == [("A", leaky.CREATE), ("A", leaky.REPORT), ("B", leaky.ME)]
    assert [step.hang_up_ms is None for step in witness.program.steps] == [True, False, True]
    assert (witness.finding.cause, changes(witness)) == (POOL_DESYNC, {"no client hangs up": False})


def test_shown_once() -> None:
    """What no replay shows is not claimed: 0 of n, with the requests close to it as they were."""
    with running("sometimes") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.get(ids[0]))

        witness = reduced(service, act, "content")
    assert witness.reproduced == 0
    assert witness.tries > 0
    assert witness.shown is None
    assert not witness.minimal
    assert story(witness.program)[-1] == ("B", leaky.GET)
    assert witness.answers[len(witness.program.steps) - 1].number == witness.finding.exchange


def hung_up(trial: Trial) -> None:
    """A hangs up, and B calls until the service must have noticed."""
    trial.hang_up(trial.tenants[0], leaky.report(), 5)
    for _ in range(20):
        trial.send(trial.tenants[1], leaky.me())


def stale(trial: Trial) -> None:
    """A warms the cache, B reads it, and it is never emptied."""
    a, b = trial.tenants
    trial.send(a, leaky.create(trial.mark(a)))
    for tenant in (a, b):
        trial.send(tenant, leaky.listing())


def test_left_behind() -> None:
    """What other trials left in the service is not taken for the programme's own doing."""
    with running("stale-cache") as service:
        witness = reduced(service, stale, "content")
    assert witness.reproduced == 0
    assert "other trials" in witness.note


def test_left_behind_and_fresh() -> None:
    """Where a fresh service can be started, a leak that outlives its trial is reduced in fresh ones."""
    with running("stale-cache") as service:
        history, findings = found(service, stale)
        with trials(service, fresh=True) as opened:
            witness = reduce(history, findings[0], opened, Budget())
    assert story(witness.program) == [("A", leaky.CREATE), ("A", leaky.LIST), ("B", leaky.LIST)]
    assert witness.reproduced == witness.tries == 3


def test_only_with_leftovers() -> None:
    """What shows only where other trials have been is not claimed of a fresh service."""
    with running("name") as service:
        history, findings = found(service, lambda trial: trial.send(trial.tenants[1], leaky.me()))
        assert not findings
        history, findings = found(service, lambda trial: trial.send(trial.tenants[0], leaky.me()), first=500)
        with trials(service, fresh=True) as opened:
            witness = reduce(history, findings[0], opened, Budget())
    assert witness.reproduced == 0
    assert "fresh service" in witness.note


def test_symptoms_of_one_leak() -> None:
    """A further symptom is shown by the programme of the first, without another search."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.get(ids[0]))

        history, findings = found(service, act)
        first = reduce(history, findings[0], trials(service), Budget())
        before = len(service.seen)
        second = reduce(history, findings[1], trials(service), Budget(), [first])
        assert len(service.seen) - before < 20
    assert findings[0].kind != findings[1].kind
    assert story(second.program) == story(first.program)
    assert second.reproduced == 3
    assert (second.symptom_of, second.finding.cause) == (findings[0].id, first.finding.cause)


def test_symptoms_that_look_elsewhere() -> None:
    """A symptom in another operation is shown by the first one's programme, with that operation asked last."""
    with running("report") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            trial.send(a, leaky.create(trial.mark(a)))
            for look in (leaky.listing(), leaky.last()):
                shown: set[str] = set()
                while look.operation not in shown:
                    trial.hang_up(a, leaky.report(), 5)
                    trial.send(b, look)
                    shown = {finding.operation for finding in judge(trial.history, leaky.POLICY).verdict.findings}

        history, findings = found(service, act)
        by_operation = {finding.operation: finding for finding in findings}
        first = reduce(history, by_operation[leaky.LIST], trials(service), Budget())
        second = reduce(history, by_operation[leaky.LAST], trials(service), Budget(), [first])
    assert story(first.program)[-1] == ("B", leaky.LIST)
    assert story(second.program) == [*story(first.program)[:-1], ("B", leaky.LAST)]
    assert second.reproduced
    assert (second.symptom_of, second.finding.cause) == (first.finding.id, POOL_DESYNC)


def test_symptom_that_stands_on_more() -> None:
    """Who is shown another's answer misses its own: the same programme shows that once there is something to miss."""
    with running("report") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            for tenant in (a, b):
                trial.send(tenant, leaky.create(trial.mark(tenant)))
            shown: set[str] = set()
            while "missing" not in shown:
                trial.hang_up(a, leaky.report(), 5)
                trial.send(b, leaky.listing())
                shown = {finding.kind for finding in judge(trial.history, leaky.POLICY).verdict.findings}

        history, findings = found(service, act)
        by_kind = {finding.kind: finding for finding in findings}
        first = reduce(history, by_kind["content"], trials(service), Budget(seconds=600))
        second = reduce(history, by_kind["missing"], trials(service), Budget(seconds=600), [first])
    assert story(second.program) == [("B", leaky.CREATE), *story(first.program)]
    assert second.reproduced
    assert second.symptom_of == first.finding.id


def test_no_symptom_of_a_race() -> None:
    """What the programme of a race shows without the race as well is another leak, with a cause of its own."""
    with running("race") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            made = json.loads(trial.send(a, leaky.create(trial.mark(a))).body)["made"]
            trial.send(b, leaky.create(trial.mark(b)))
            trial.together([(a, leaky.listing()), (b, leaky.listing())])
            service.leak = "by-id"
            trial.send(b, leaky.get(made[0]["id"]))

        history, findings = found(service, act)
        service.leak = "race"
        race = next(finding for finding in findings if finding.operation == leaky.LIST)
        first = reduce(history, race, trials(service), Budget())
        read = Step(
            99, first.program.steps[0].role, 0, leaky.GET, "GET", ("/orders/", Bound(Answered(0, "/made/0/id")))
        )
        reader = next(role.name for role in first.program.roles if role.name != read.role)
        both = Program(first.program.roles, (*first.program.steps, replace(read, role=reader)))
        service.leak = "by-id"
        by_id = next(finding for finding in findings if finding.operation == leaky.GET)
        second = reduce(history, by_id, trials(service), Budget(), [replace(first, program=both)])
    assert first.program.racy
    assert (second.symptom_of, second.finding.cause) == ("", MISSING_CHECK)


def test_batch() -> None:
    """Of a batch only the object that shows is left, and what is bound to its answer is found in its new place."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            made = json.loads(trial.send(a, leaky.create(*(trial.mark(a) for _ in range(4)))).body)
            trial.send(b, leaky.get(made["made"][2]["id"]))

        witness = reduced(service, act, "content")
    create, read = witness.program.steps
    assert len(json.loads("".join(map(str, create.body)))["notes"]) == 1
    assert [bound.source for bound in read.bound] == [Answered(0, "/made/0/id")]


def test_budget() -> None:
    """A budget of a few requests is kept to, and the witness says that it was spent."""
    with running("cache") as service:

        def act(trial: Trial) -> None:
            busy(trial)
            trial.send(trial.tenants[1], leaky.listing())
            trial.send(trial.tenants[0], leaky.listing())

        history, findings = found(service, act)
        before = len(service.seen)
        witness = reduce(history, findings[0], trials(service), Budget(requests=8))
        assert len(service.seen) - before <= 20
    assert "budget" in witness.note
    assert not witness.minimal


def test_budget_spent_on_starting() -> None:
    """A budget that runs out while a fresh service starts ends the search without an error, with one attempt made."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.get(ids[0]))

        history, findings = found(service, act)
        target = service.target()

        @contextmanager
        def another() -> Iterator[Target]:
            with running(service.leak) as instance:
                reproducer.purse.requests = 0
                yield instance.target()

        with Trials(replace(target, fresh=another), KEY, 1000) as opened:
            reproducer = Reproducer(history, findings[0], opened, Budget())
            program = slices.program(history, findings[0], target)
            assert len(reproducer.again(program, 3)) == 1
            assert reproducer.rates[program] == Rate(1, 1)
            with pytest.raises(SpentError):
                reproducer.shows(program)


def test_service_that_dies() -> None:
    """A service that admits nobody any more ends the search, with what is known by then."""
    with running("by-id") as service:

        def act(trial: Trial) -> None:
            ids = busy(trial)
            trial.send(trial.tenants[1], leaky.get(ids[0]))

        history, findings = found(service, act)

        def refuse(tenant: Tenant) -> Credential:
            raise Inconclusive(f"tenant {tenant.label} could not be made")

        target = replace(service.target(), admit=refuse)
        witness = reduce(history, findings[0], Trials(target, KEY, 1000), Budget())
    assert (witness.reproduced, witness.tries) == (0, 0)
    assert "tenant A could not be made" in witness.note


def test_as_recorded_stands_on_what_was_changed() -> None:
    """What was never replayed has all that its parties changed before: what it stands on need not be named in it."""
    with running("by-id") as service:
        history, findings = found(service, lambda trial: trial.send(trial.tenants[2], leaky.get(busy(trial)[0])), 3)
        witness = unreduced(history, findings[0], service.target(), "")
    changed = [(step.role, step.operation) for step in witness.program.steps if step.method == "POST"]
    assert changed == [("A", leaky.CREATE)] * 4 + [("B", leaky.CREATE)] * 4
    assert len(witness.program.roles) == 2


def test_what_was_missed_is_waited_for() -> None:
    """A look at what is not there, and is its viewer's own, is taken again until it is: a job may be making it."""
    with running() as service:
        service.late = 1
        history, _ = found(service, busy)
        look = [exchange for exchange in history.exchanges if exchange.operation == leaky.GET][-1]
        assert not look.succeeded
        missed = Finding("completeness", "missing", leaky.GET, "body", "B", "B", "8", "", "", look.number)
        program = slices.program(history, missed, service.target())
        assert program.awaits(program.step(look.number))


def test_what_is_late_is_not_missed() -> None:
    """What a job is still making is no evidence of anything missing: it is there once it is asked for again, and only
    then do others ask at the same moment."""
    with running() as service:
        service.late = 1

        def act(trial: Trial) -> None:
            a, b = trial.tenants
            made = json.loads(trial.send(a, leaky.create(trial.mark(a))).body)["made"]
            trial.together([(a, leaky.get(made[0]["id"])), (b, leaky.me())])

        history, findings = found(service, act)
        [missed] = findings
        witness = reduce(history, missed, trials(service), Budget())
    assert missed.kind == "missing"
    assert (witness.reproduced, witness.tries > 0) == (0, True)


def test_what_shows_by_chance_has_no_cause() -> None:
    """What is sent one by one and shows now and then: that a change makes it go away says nothing."""
    with running("mostly") as service:
        witness = reduced(service, lambda trial: trial.send(trial.tenants[1], leaky.get(busy(trial)[0])), "content")
    assert 0 < witness.reproduced < witness.tries
    assert (witness.finding.cause, witness.experiments) == (UNKNOWN, ())


def test_late_is_looked_at_when_due() -> None:
    """What the policy allows to be late is asked for once it is due: a look that comes early proves nothing."""
    with running("by-id") as service:
        history, _ = found(service, busy)
        made, look = history.exchanges[0].number, history.exchanges[-1].number
        stale = Finding("staleness", "deleted", leaky.LIST, "body", "A", "A", "5", "", "", look, since=made)
        for lags, wait_s in (((), 0.0), ((Lag(leaky.CREATE, 2.0, "kept by a cache"),), 2.05)):
            target = replace(service.target(), policy=replace(leaky.POLICY, lags=lags))
            waits = [step.wait_s for step in slices.program(history, stale, target).steps]
            assert [*waits[:-1], waits[-1]] == [0.0] * (len(waits) - 1) + [wait_s]
