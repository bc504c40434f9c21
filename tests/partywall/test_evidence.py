"""What is left of a finding: a witness for machines, and a stand-alone replay."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from fixtures.providers import unmeasured
from partywall.drive.trial import Trial
from partywall.events import Event, Explained
from partywall.marks import Marks
from partywall.oracle.judge import judge
from partywall.program import Program, Role, Step
from partywall.reduction.reduce import SPENT, Budget, Witness, reduce, unreduced
from partywall.reporting.evidence import program_to_json, write_evidence
from partywall.reporting.replay import main as replay_main
from partywall.reporting.replay.check import Check
from partywall.reporting.replay.run import Run
from partywall.reporting.replay.service import Caller, NotRunError, Service
from partywall.reporting.sought import must_succeed
from tests.partywall import histories, leaky
from tests.partywall.leaky import Leaky, running

if TYPE_CHECKING:
    from partywall.drive.replay import Trials
    from partywall.model import Finding, History

KEY = b"tests of replays"
SCHEMA = Path(__file__).parents[2] / "reports" / "witness.schema.json"

Act = Callable[[Trial], object]


def made(trial: Trial, tenant: int = 0) -> str:
    """The id of a new order."""
    owner = trial.tenants[tenant]
    document = json.loads(trial.send(owner, leaky.create(f"for {trial.mark(owner)}")).body)
    return str(document["made"][0]["id"])


def by_id(trial: Trial) -> None:
    own, foreign = made(trial, 0), made(trial, 1)
    trial.send(trial.tenants[1], leaky.get(foreign, own))


def cache(trial: Trial) -> None:
    made(trial)
    for tenant in trial.tenants:
        trial.send(tenant, leaky.listing())


def delete(trial: Trial) -> None:
    number = made(trial)
    trial.send(trial.tenants[1], leaky.delete(number))
    trial.send(trial.tenants[0], leaky.listing())


def last(trial: Trial) -> None:
    made(trial)
    trial.send(trial.tenants[1], leaky.last())


def race(trial: Trial) -> None:
    a, b = trial.tenants
    made(trial, 0)
    made(trial, 1)
    trial.together([(a, leaky.listing()), (b, leaky.listing())])


def report(trial: Trial) -> None:
    made(trial)

    def hang_up() -> None:
        trial.hang_up(trial.tenants[0], leaky.report(), 5)
        for _ in range(10):
            trial.send(trial.tenants[1], leaky.me())

    leaky.until_found(trial, hang_up)


def name(trial: Trial) -> None:
    trial.send(trial.tenants[0], leaky.me())
    trial.send(trial.tenants[1], leaky.me())


def recorded(service: Leaky, act: Act, folder: Path, kind: str, budget: Budget | None = None) -> tuple[Path, Finding]:
    """The folder of the first finding of a kind, and the finding."""
    trial = Trial(service.target(), KEY, 1, 2)
    act(trial)
    trial.close()
    findings = judge(trial.history, leaky.POLICY).verdict.findings
    finding = next(finding for finding in findings if finding.kind == kind)
    write_evidence(folder, [(finding, trial.history)], service.target(), KEY, budget, first_number=1000)
    return folder / "findings" / finding.id, finding


def replayed(folder: Path, ready: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of replay.py against a service."""
    done = subprocess.run(
        [sys.executable, "-I", folder / "replay.py", "--ready", "-", *arguments],
        env=unmeasured(),
        input=ready + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


LEAKS: dict[str, tuple[str, Act, str]] = {
    "by-id": ("content", by_id, "reproduced 1 of 1: Get showed B a value of A: "),
    "by-id-identifier": ("identifier", by_id, "reproduced 1 of 1: Get showed B a value of A: 5"),
    "cache": ("content", cache, "reproduced 1 of 1: List showed B a value of A: "),
    "delete": ("missing", delete, "reproduced 1 of 1: List did not show A its own: 5"),
    "last": ("content", last, "reproduced 1 of 1: Last showed B a value of A: "),
    "race": ("content", race, "List showed "),
    "report": ("content", report, "Me showed B a value of A: "),
}


def replayed_here(folder: Path, ready: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, list[str]]:
    """Exit status and output of the replay's source, run in this process with the witness' programme."""
    program = json.loads((folder / "witness.json").read_text())["program"]
    said: list[str] = []
    monkeypatch.setattr(replay_main, "PROGRAM", program)
    monkeypatch.setattr(sys, "stdin", io.StringIO(ready + "\n"))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=said.append))
    return replay_main.main(["--ready", "-", *arguments]), said


@pytest.mark.parametrize("case", LEAKS)
def test_replay(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay shows the leak again on a fresh leaking service, and nothing on a sound one."""
    kind, act, expected = LEAKS[case]
    leak = case.removesuffix("-identifier")
    with running(leak) as service:
        folder, _ = recorded(service, act, tmp_path, kind)
    with running(leak, first_id=50_000) as service:
        status, said = replayed_here(folder, service.ready(), monkeypatch)
        assert expected in said[0]
        assert said[0].startswith("reproduced ")
        assert status == 1
    with running() as service:
        status, said = replayed_here(folder, service.ready(), monkeypatch, "--attempts", "3")
        assert said == ["not reproduced: 0 of 3\n"]
        assert status == 0


def batch(trial: Trial) -> None:
    made(trial, 0)
    own = made(trial, 1)
    for _ in range(4):
        trial.send(trial.tenants[1], leaky.get(own))


def test_what_a_job_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a role has had made is asked for until it is there, both to make a finding smaller and in its replay."""
    with running("batch") as service:
        service.late = 3
        folder, _ = recorded(service, batch, tmp_path, "content")
    witness = json.loads((folder / "witness.json").read_text())
    steps = witness["program"]["steps"]
    assert [(step["operation"], step["awaited"]) for step in steps] == [
        (leaky.CREATE, False),
        (leaky.CREATE, False),
        (leaky.GET, True),
    ]
    assert witness["reproduced"] == witness["tries"] > 0
    with running("batch", first_id=50_000) as service:
        service.late = 3
        status, said = replayed_here(folder, service.ready(), monkeypatch)
        assert (status, said[0].partition(":")[0]) == (1, "reproduced 1 of 1")
        [asked] = service._asked.values()
        assert asked == service.late + 1


def late(trial: Trial) -> None:
    own = made(trial)
    trial.together([(trial.tenants[0], leaky.get(own)), (trial.tenants[1], leaky.me())])


def test_what_is_late_in_a_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a race is said to have missed what a job makes, the replay has it made before the race."""
    with running() as service:
        service.late = 1
        folder, _ = recorded(service, late, tmp_path, "missing", Budget(requests=0))
    with running() as service:
        service.late = 3
        assert replayed_here(folder, service.ready(), monkeypatch, "--attempts", "2") == (
            0,
            ["not reproduced: 0 of 2\n"],
        )


def test_what_can_be_made_but_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each further attempt plants other words of the same form, in all places alike, and looks for those."""
    with running("by-id") as service:
        folder, _ = recorded(service, by_id, tmp_path, "content")
    recorded_words = json.loads((folder / "witness.json").read_text())["program"]["planted"]
    with running() as service:
        replayed_here(folder, service.ready(), monkeypatch, "--attempts", "3")
        notes = {order["note"] for order in service.orders.values()}
    assert len(notes) == 3
    assert {len(note) for note in notes} == {len(f"for {recorded_words[0]}")}
    assert f"for {recorded_words[0]}" in notes
    with running("by-id") as service:
        keys = json.loads(service.ready())["api_keys"]
        callers = {role: Caller(role, key) for role, key in zip("AB", keys, strict=True)}
        with contextlib.closing(Service(service.url, callers, 10)) as caller:
            program = json.loads((folder / "witness.json").read_text())["program"]
            run = Run(program | {"look_for": program["look_for"] | {"assigned": []}}, caller)
            run.plant_anew(1)
            assert run.attempt(0, None) == ""
            assert Check(run).showed() == f"Get showed B a value of A: {run.words[recorded_words[0]]}"


def test_what_can_be_set_up_but_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A race that writes begins with its set-up. Where that is refused a second time, the race is run again in the
    first one."""
    with running("race") as service:
        folder, _ = recorded(service, race, tmp_path, "content")
    witness = json.loads((folder / "witness.json").read_text())
    witness["program"]["tail"] = 0
    (folder / "witness.json").write_text(json.dumps(witness))
    with running() as service:
        service.once = True
        status, said = replayed_here(folder, service.ready(), monkeypatch, "--attempts", "5")
        assert (status, said) == (0, ["not reproduced: 0 of 4\n"])
        assert sum(path.endswith("/orders") and method == "GET" for _, method, path, _ in service.seen) == 2 * 4


def test_stand_alone(tmp_path: Path) -> None:
    """The file runs by itself, without the harness on its path."""
    with running("by-id") as service:
        folder, finding = recorded(service, by_id, tmp_path, "content")
    with running("by-id") as service:
        status, output = replayed(folder, service.ready())
    assert status == 1
    assert output.startswith("reproduced 1 of 1: Get showed B a value of A: ")
    with running() as service:
        assert replayed(folder, service.ready()) == (0, "not reproduced: 0 of 2\n")
    assert finding.value in (folder / "replay.py").read_text().partition('"""\n')[0]


def test_explained_once(tmp_path: Path) -> None:
    """What another worker of the run explains is left to it."""
    with running("by-id") as service:
        folder, finding = recorded(service, by_id, tmp_path, "content")
        (folder / "replay.py").write_text("another's")
        again, found = recorded(service, by_id, tmp_path, "content")
    assert (again, found.id) == (folder, finding.id)
    assert (folder / "replay.py").read_text() == "another's"


def test_busy_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that asks to be called less often is called again later, and the group together."""
    waits: list[float] = []
    monkeypatch.setattr("partywall.reporting.replay.service.time.sleep", waits.append)
    with running("race") as service:
        folder, _ = recorded(service, race, tmp_path, "content")
    with running("race") as service:
        service.busy = 3
        status, _ = replayed_here(folder, service.ready(), monkeypatch)
    assert status == 1
    assert waits
    assert set(waits) == {2.0}


def test_replay_of_a_name(tmp_path: Path) -> None:
    """A wrong name shows where names are known, and where two callers go by one name."""
    with running("name") as service:
        folder, _ = recorded(service, name, tmp_path, "wrong-name")
    for leak, expected in (("name", 1), ("", 0)):
        with running(leak) as service:
            assert replayed(folder, service.ready(tenants=len(roles(folder))))[0] == expected
        with running(leak) as service:
            told = json.loads(service.ready(tenants=1))
            service.names = dict.fromkeys(service.names, "Someone else") if leak else service.names
            line = json.dumps({**told, "api_keys": told["api_keys"] * 2, "names": ["Demo 0", "Demo 0"]})
            assert replayed(folder, line)[0] == expected


def roles(folder: Path) -> list[Any]:
    found: list[Any] = json.loads((folder / "witness.json").read_text())["program"]["roles"]
    return found


def test_witness(tmp_path: Path) -> None:
    """The witness says what was found and reproduced, keeps to its schema, and holds no credential."""
    with running("by-id") as service:
        folder, finding = recorded(service, by_id, tmp_path, "content")
        text = (folder / "witness.json").read_text()
        assert not [key for key in service.tenants if key in text + (folder / "replay.py").read_text()]
    witness = json.loads(text)
    jsonschema.validate(witness, json.loads(SCHEMA.read_text()))
    assert witness["finding"]["value"] == finding.value
    assert (witness["reproduced"], witness["tries"], witness["minimal"]) == (3, 3, True)
    assert [step["operation"] for step in witness["program"]["steps"]] == [leaky.CREATE, leaky.GET]
    assert [exchange["step"] for exchange in witness["exchanges"]] == [0, 1]
    assert [exchange["operation"] for exchange in witness["exchanges"]] == [leaky.CREATE, leaky.GET]


def test_budget_spent(tmp_path: Path) -> None:
    """Without a budget a finding is written as recorded, with 0 of 0 and the reason; it can be replayed."""
    with running("by-id") as service:
        folder, _ = recorded(service, by_id, tmp_path, "content", Budget(requests=0))
    witness = json.loads((folder / "witness.json").read_text())
    jsonschema.validate(witness, json.loads(SCHEMA.read_text()))
    assert (witness["reproduced"], witness["tries"], witness["shown"]) == (0, 0, None)
    assert "budget" in witness["note"]
    with running("by-id", first_id=900) as service:
        assert replayed(folder, service.ready())[0] == 1


def test_several_findings(tmp_path: Path) -> None:
    """Each finding gets a folder and tenants of its own; the call says which numbers are free."""
    with running("by-id") as service:
        trial = Trial(service.target(), KEY, 1, 2)
        by_id(trial)
        trial.close()
        findings = {f.id: (f, trial.history) for f in judge(trial.history, leaky.POLICY).verdict.findings}
        free = write_evidence(tmp_path, list(findings.values()), service.target(), KEY, first_number=1000)
    assert {folder.name for folder in (tmp_path / "findings").iterdir()} == set(findings)
    assert free > 1000
    assert len(findings) == 2


@pytest.mark.parametrize("replayed", [True, False])
def test_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replayed: bool) -> None:
    """What no replay shows, and the run did in an answer that shows what replays do, is told as a symptom of that; if
    replays show neither, each stands by itself."""

    def reducing(history: History, finding: Finding, *others: Any) -> Witness:
        if finding.kind == "identifier" or not replayed:
            return unreduced(history, finding, others[0].target, "")
        return reduce(history, finding, *others)

    monkeypatch.setattr("partywall.reporting.evidence.reduce", reducing)
    told: list[Event] = []
    with running("by-id") as service:
        trial = Trial(service.target(), KEY, 1, 2)
        by_id(trial)
        trial.close()
        found = {f.kind: (f, trial.history) for f in judge(trial.history, leaky.POLICY).verdict.findings}
        write_evidence(tmp_path, list(found.values()), service.target(), KEY, first_number=1000, heard=told.append)
    identifier, content = found["identifier"][0], found["content"][0]
    assert identifier.exchange == content.exchange
    symptoms = {each.finding: each.symptom_of for each in told if isinstance(each, Explained)}
    assert symptoms == ({content.id: "", identifier.id: content.id} if replayed else {})
    witness = json.loads((tmp_path / "findings" / identifier.id / "witness.json").read_text())
    assert (content.id in witness["note"]) == replayed


def test_tried_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has spent its share of the budget in vain is tried once more with what the others have left of it."""
    shares: dict[str, list[int]] = {}

    def reducing(history: History, finding: Finding, trials: Trials, budget: Budget, hints: list[Witness]) -> Witness:
        shares.setdefault(finding.kind, []).append(budget.requests)
        if finding.kind == "identifier" or len(shares[finding.kind]) == 1:
            return replace(unreduced(history, finding, trials.target, SPENT), tries=7)
        return reduce(history, finding, trials, budget, hints)

    monkeypatch.setattr("partywall.reporting.evidence.reduce", reducing)
    with running("by-id") as service:
        trial = Trial(service.target(), KEY, 1, 2)
        by_id(trial)
        trial.close()
        found = {f.kind: (f, trial.history) for f in judge(trial.history, leaky.POLICY).verdict.findings}
        write_evidence(tmp_path, list(found.values()), service.target(), KEY, Budget(requests=300), first_number=1000)
    assert {kind: len(budgets) for kind, budgets in shares.items()} == {"content": 2, "identifier": 2}
    assert {budgets[0] for budgets in shares.values()} == {150}
    tries = {
        kind: json.loads((tmp_path / "findings" / finding.id / "witness.json").read_text())["tries"]
        for kind, (finding, _) in found.items()
    }
    assert tries == {"content": 3, "identifier": 7}


def test_replaying_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the replays, each finding has its files, as recorded."""

    def broken(*_args: object) -> None:
        raise OSError("no file descriptor left")

    monkeypatch.setattr("partywall.reporting.evidence.reduce", broken)
    with running("by-id") as service:
        trial = Trial(service.target(), KEY, 1, 2)
        by_id(trial)
        trial.close()
        found = [(finding, trial.history) for finding in judge(trial.history, leaky.POLICY).verdict.findings]
        with pytest.raises(OSError, match="descriptor"):
            write_evidence(tmp_path, found, service.target(), KEY, first_number=1000)
    for finding, _ in found:
        folder = tmp_path / "findings" / finding.id
        assert {each.name for each in folder.iterdir()} == {"witness.json", "witness.har", "witness.sh", "replay.py"}
        assert "before its turn" in json.loads((folder / "witness.json").read_text())["note"]
    assert len(found) == 2


def test_misuse(tmp_path: Path) -> None:
    """Too few credentials are misuse, told in one line."""
    with running("by-id") as service:
        folder, _ = recorded(service, by_id, tmp_path, "content")
        status, output = replayed(folder, service.ready(tenants=1))
    assert status == 2
    assert "expected url and 2 api_keys" in output
    done = subprocess.run(
        [sys.executable, folder / "replay.py", "--url", "http://127.0.0.1:1"],
        capture_output=True,
        text=True,
        env={**unmeasured(), "PARTYWALL_KEY_A": "only this"},
        check=False,
    )
    assert done.returncode == 2
    assert "PARTYWALL_KEY_B not set" in done.stderr


def test_account_not_told(tmp_path: Path) -> None:
    """A programme that names an account can't be run without its id, and says so."""

    def act(trial: Trial) -> None:
        made(trial, 0)
        account = trial.account(trial.tenants[0])
        trial.send(trial.tenants[1], replace(leaky.last(), headers=(("X-Account", account),)))

    with running("header") as service:
        folder, _ = recorded(service, act, tmp_path, "content")
    with running("header") as service:
        told = json.loads(service.ready())
        assert replayed(folder, json.dumps(told))[0] == 1
        status, output = replayed(folder, json.dumps({**told, "account_ids": None}))
    assert status == 3
    assert "account id of A" in output


def test_what_raced_may_be_refused() -> None:
    """Where a race mixes up who sends a write, a sound service may refuse it: only what came before has to succeed."""
    steps = [Step(number, "A", 0, "create", "POST", ("/notes",)) for number in range(4)]
    steps[1:3] = [replace(step, group=0, session=step.number) for step in steps[1:3]]
    program = Program((Role("A", 1, "Ada", "A"),), tuple(steps))
    [answer] = histories.history(histories.did(histories.A, "create", status=201)).exchanges
    due = [must_succeed(step, program, answer, Marks(KEY)) for step in program.steps]
    assert due == [True, False, False, False]


def test_nothing_sent() -> None:
    """An attempt that had nothing to send is none: nobody knows what the service would have shown."""
    bound = {"step": 0, "place": "/id", "percent": 0, "safe": ""}
    step = {"number": 1, "role": "A", "session": 0, "method": "GET", "url": ["/notes/", bound], "headers": []}
    step |= {"body": [], "binary": "", "group": None, "hang_up_ms": None, "wait_s": 0, "listens": False}
    program = {"steps": [step], "tail": 0, "racy": False, "planted": []}
    program["look_for"] = {"assigned": [], "made": [], "relation": None, "kind": "content"}
    service = Service("http://127.0.0.1:1", {"A": Caller("A", "key")}, 1)
    with contextlib.closing(service), pytest.raises(NotRunError, match="nothing was sent"):
        replay_main.replay(program, service, 2)


def test_attempts() -> None:
    """What is sent one by one and did not show each time is tried more often than what did."""
    with running("by-id") as service:
        trial = Trial(service.target(), KEY, 1, 2)
        by_id(trial)
        trial.close()
        finding = judge(trial.history, leaky.POLICY).verdict.findings[0]
        target = service.target()
        witness = unreduced(trial.history, finding, target, "")
    rates = {(0, 0): 2, (3, 3): 2, (1, 3): 8, (0, 3): 40}
    for (shown, tries), attempts in rates.items():
        told = program_to_json(replace(witness, reproduced=shown, tries=tries), target)
        assert told["attempts"] == attempts


def test_ready_line_of_a_part(tmp_path: Path) -> None:
    """What the ready line calls its URL may be a part of the service: requests count from where the run's did."""
    with running("by-id") as service:
        folder, _ = recorded(service, by_id, tmp_path, "content")
    with running("by-id") as service:
        told = json.loads(service.ready())
        assert replayed(folder, json.dumps({**told, "url": told["url"] + "/another/part"}))[0] == 1


def test_could_not_run(tmp_path: Path) -> None:
    """No service, a refused log-in and a refused set-up are not 'not reproduced'."""
    with running("by-id") as service:
        folder, _ = recorded(service, by_id, tmp_path, "content")
        told = json.loads(service.ready())
        strangers = json.dumps({**told, "api_keys": ["nobody's key", "nobody's either"]})
        assert replayed(folder, strangers) == (
            3,
            "could not be run: step 0 (Create by A) was answered 401; expected 200\n",
        )
        service._create = lambda *_told: 422  # type: ignore[method-assign]
        assert replayed(folder, service.ready())[0] == 3
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        line = json.dumps({**told, "url": f"http://127.0.0.1:{unused.getsockname()[1]}"})
        status, output = replayed(folder, line)
    assert status == 3
    assert "ConnectError" in output


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h:1/api/v1", "http://h:1/"),
        ("http://h:1/api/v1/", "http://h:1/"),
        ("http://h:1", "http://h:1"),
        ("http://h:1/prefix", "http://h:1/prefix"),
    ],
)
def test_path_of_a_url(url: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that the requests have in them already is not put before them again."""
    steps = [{"session": 0, "url": ["/api/v1/orders/", {"step": 0}]}, {"session": None, "url": ["/keys"]}]
    monkeypatch.setattr(replay_main, "PROGRAM", {"steps": steps})
    assert replay_main._base(url) == base
