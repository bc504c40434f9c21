"""``partywall run`` in a project of its own, as its users run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from partywall.record import read_records
from tests.clickdrop.services import until
from tests.partywall import notes

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "reports" / "report.schema.json").read_text())

CONFTEST = """
import os
import pytest
from tests.partywall import notes

@pytest.fixture(scope="session")
def isolation_target():
    return notes.target(os.environ["NOTES_URL"])
"""

SUITE = '''
import json
import pytest
from tests.partywall import notes

def rest(trial, tenant, id):
    yield notes.get(id)
    yield notes.version()
    yield notes.create(trial.mark(tenant))
    yield notes.change(id, trial.mark(tenant))
    yield notes.delete(9)

@pytest.mark.parametrize("round", range(2))
def test_notes(isolation, round):
    """Nobody sees another's notes."""
    with isolation.trial(tenants=2) as trial:
        ids = {}
        for tenant in trial.tenants:
            made = trial.send(tenant, notes.create(trial.mark(tenant)))
            spare = trial.send(tenant, notes.create(trial.mark(tenant)))
            if not made.succeeded:
                pytest.fail("no note")
            ids[tenant] = json.loads(made.body)["id"]
            trial.send(tenant, notes.change(ids[tenant], trial.mark(tenant)))
            spare_id = json.loads(spare.body)["id"]
            trial.send(tenant, notes.delete(spare_id))
            trial.send(tenant, notes.get(spare_id))
            trial.send(tenant, notes.version())
        a, b = trial.tenants
        for _ in range(20):
            trial.together([(a, notes.me()), (b, notes.me()), (a, notes.listing()), (b, notes.listing())])
            trial.together([(each, request) for each in (a, b) for request in rest(trial, each, ids[each])])
        trial.send(b, notes.get(ids[a]))
        trial.send(trial.control, notes.listing())
'''


STATE_MACHINE = '''
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.partywall import notes

class Notes(RuleBasedStateMachine):
    @initialize(tenants=st.integers(2, 3))
    def open(self, tenants):
        self.trial = self.isolation.trial(tenants=tenants)
        for tenant in self.trial.tenants:
            self.trial.send(tenant, notes.create(self.trial.mark(tenant)))

    @rule(who=st.integers(0, 1))
    def list(self, who):
        self.trial.send(self.trial.tenants[who], notes.listing())

    def teardown(self):
        if hasattr(self, "trial"):
            with self.trial:
                pass

def test_notes(isolation):
    """Nobody sees another's notes, in whatever order."""
    machine = type("Machine", (Notes,), {"isolation": isolation})
    run_state_machine_as_test(machine, settings=settings(max_examples=3, database=None, deadline=None))
'''


class Project:
    """A folder with a suite over the notes service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "test_notes.py").write_text(SUITE)

    def run(self, *arguments: str, url: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
        """Run the command in it."""
        return subprocess.run(
            [sys.executable, "-m", "partywall", "run", *arguments],
            cwd=self.folder,
            env={**os.environ, "NOTES_URL": url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def judge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Judge its history again."""
        return subprocess.run(
            [sys.executable, "-m", "partywall", "judge", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def report(self) -> dict[str, Any]:
        """The report, which is valid by its schema."""
        report: dict[str, Any] = json.loads((self.folder / "partywall-report" / "report.json").read_text())
        jsonschema.validate(report, SCHEMA)
        return report


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_held(project: Project, workers: tuple[str, ...]) -> None:
    """A sound service: exit status 0, every operation in the report with its controls, one merged history."""
    with notes.serving() as service:
        done = project.run("--seed", "5", *workers, url=service.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict held" in done.stdout
    assert "seed 5" in done.stdout
    report = project.report()
    assert (report["verdict"], report["reasons"], report["findings"], report["seed"]) == ("held", [], [], 5)
    assert report["tenants"] == 4
    assert all(figures["tenants"] == 4 for figures in report["operations"].values())
    assert report["overlaps"] > 0
    assert {test["outcome"] for test in report["tests"]} == {"held"}
    assert {test["sentence"] for test in report["tests"]} == {"Nobody sees another's notes."}
    folder = project.folder / "partywall-report"
    assert (
        sum(record["record"] == "exchange" for record in read_records(folder / "history.ndjson")) == report["exchanges"]
    )
    assert {path.name for path in folder.iterdir()} == {
        "report.json",
        "index.html",
        "results.sarif",
        "junit.xml",
        "history.ndjson",
    }
    assert ElementTree.parse(folder / "junit.xml").getroot().find("testsuite").get("failures") == "0"  # type: ignore[union-attr]
    secrets = list(service.tenants)
    assert not any(key in path.read_text() for key in secrets for path in folder.iterdir())


def test_seed_brings_marks_back(project: Project) -> None:
    """The same seed gives the same marks, alone or under xdist, one test or all; another seed gives others."""
    sent = []
    for arguments in (["--seed", "5"], ["--seed", "5", "-n", "2"], ["--seed", "5", "-k", "0"], ["--seed", "6"]):
        with notes.serving() as service:
            project.run(*arguments, url=service.url)
        records = read_records(project.folder / "partywall-report" / "history.ndjson")
        sent.append({r["request_body"] for r in records if r["record"] == "exchange" and r["operation"] == "create"})
    assert sent[0] == sent[1] >= sent[2] > set()
    assert not sent[0] & sent[3]


@pytest.mark.parametrize("leak", ["read", "list"])
def test_violated(project: Project, leak: str) -> None:
    """A leak: exit status 1; the finding names everything, and its witness and replay are there."""
    with notes.serving(leak) as service:
        done = project.run(url=service.url)
    assert done.returncode == 1, done.stdout + done.stderr
    report = project.report()
    assert report["verdict"] == "violated"
    finding = report["findings"][0]
    assert finding["property"] == "ownership"
    assert finding["operation"] == {"read": "get", "list": "list"}[leak]
    assert {finding["owner"], finding["viewer"]} <= {"A", "B", "control"}
    assert finding["rule"]
    assert finding["cause"] == "missing check"
    assert finding["experiments"] == [{"change": "a query of its own", "shown": 2, "tries": 2}]
    assert "cause: missing check (a query of its own: shown 2 of 2)" in done.stdout
    assert (project.folder / "partywall-report" / finding["witness"]).exists()
    assert (project.folder / "partywall-report" / finding["replay"]).exists()


def test_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A leak that the baseline knows passes until its day, in the run and judged again; on GitHub each is annotated,
    and a real system's leak is put on record."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with notes.serving("read") as service:
        done = project.run("--real", "Notes Ltd", url=service.url)
        assert done.returncode == 1
        assert "::error title=Partywall%3A ownership (content)::get: " in done.stdout
        record = json.loads((project.folder / "partywall-report" / "breach.json").read_text())
        assert record["system"] == "Notes Ltd"
        entries = [
            f'[[known]]\nid = "{each["id"]}"\nowner = "o"\nreason = "r"\nuntil = 9999-12-31\n'
            for each in project.report()["findings"]
        ]
        (project.folder / "known.toml").write_text("".join(entries))
        done = project.run("--baseline", "known.toml", url=service.url)
    assert done.returncode == 0, done.stdout
    assert "failed" not in done.stdout.splitlines()[-1]
    assert all(each["state"] == "known" for each in project.report()["baseline"])
    (project.folder / "old.toml").write_text("".join(entries).replace("9999", "2020"))
    history = "partywall-report/history.ndjson"
    for arguments, status in (((), 0), (("--baseline", "known.toml"), 0), (("--baseline", "old.toml"), 1)):
        assert project.judge(history, *arguments).returncode == status
    refused = project.judge(history, "--baseline", "none.toml")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "expected a TOML file" in refused.stderr


@pytest.mark.parametrize(("leak", "workers"), [("", ()), ("read", ()), ("list", ("-n", "2")), ("down", ())])
def test_judged_again(project: Project, leak: str, workers: tuple[str, ...]) -> None:
    """The history of a run, judged offline, gives the run's report: verdict, reasons, findings, grid, all of it."""
    with notes.serving(leak) as service:
        run = project.run(*workers, url=service.url)
    report = project.report()
    again = project.judge("partywall-report/history.ndjson", "--json")
    assert again.returncode == run.returncode, again.stderr
    timeless = {"started": "", "seconds": 0}
    assert json.loads(again.stdout) | timeless == report | timeless
    told = project.judge(
        "partywall-report/history.ndjson", "--report", "again", "--tolerate", "ownership,never-succeeded"
    )
    assert f"verdict {'inconclusive' if leak == 'down' else 'held'}; report in again" in told.stdout
    assert (project.folder / "again" / "report.json").exists()


def test_judged_again_without_its_bodies(project: Project) -> None:
    """A history whose bodies were cut, or that ends too soon, is inconclusive when judged again, and says why."""
    with notes.serving() as service:
        project.run(url=service.url)
    whole = (project.folder / "partywall-report" / "history.ndjson").read_text().splitlines(keepends=True)
    middle = next(index for index, line in enumerate(whole) if '"record":"judgement"' in line)
    for name, lines, reason in (
        ("cut", [line.replace('"body":"', '"body_bytes":9999,"body":"') for line in whole], "bodies were cut"),
        ("short", whole[:-1], "the run did not come to its end"),
        ("torn", whole[:middle], "never judged"),
    ):
        (project.folder / name).write_text("".join(lines))
        again = project.judge(name, "--json")
        assert again.returncode == 3, again.stdout + again.stderr
        assert any(reason in each for each in json.loads(again.stdout)["reasons"]), name


def test_judge_misuse(project: Project) -> None:
    """What is no history is misuse: one line on standard error, exit status 2."""
    (project.folder / "other").write_text('{"what": 1}\n')
    for arguments in (["no-such-file"], ["other"], ["other", "--tolerate", "everything"]):
        done = project.judge(*arguments)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert done.stderr.startswith("partywall: ")


def test_out_of_order(project: Project) -> None:
    """A service that answers 500 to all is inconclusive, exit status 3, with the reason, and not held."""
    with notes.serving("down") as service:
        done = project.run(url=service.url)
    assert done.returncode == 3, done.stdout
    assert project.report()["verdict"] == "inconclusive"
    assert any("never succeeded" in reason for reason in project.report()["reasons"])


def test_dies_midway(project: Project) -> None:
    """A service that stops answering midway is inconclusive, and what was seen before is in the report."""
    with notes.serving("dies") as service:
        done = project.run(url=service.url)
    assert done.returncode == 3, done.stdout
    report = project.report()
    assert (report["verdict"], report["findings"]) == ("inconclusive", [])
    assert 0 < report["judged"] <= 60


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(project: Project, by: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the run, and what was seen so far is reported as inconclusive."""
    (project.folder / "test_notes.py").write_text(SUITE.replace("range(2)", "range(1_000)"))
    history = project.folder / "partywall-report" / "history.ndjson"
    with notes.serving() as service:
        run = subprocess.Popen(
            [sys.executable, "-m", "partywall", "run"],
            cwd=project.folder,
            env={**os.environ, "NOTES_URL": service.url, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(
            lambda: run.poll() is not None or (history.exists() and '"judgement"' in history.read_text()),
            "a trial was judged",
        )
        run.send_signal(by)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 3, said
    assert project.report()["verdict"] == "inconclusive"
    assert "interrupted" in project.report()["reasons"]


def test_interrupted_in_destructor(project: Project) -> None:
    """An interrupt that Python ignores, since it came in a destructor, still ends the run."""
    interrupting = """
import signal
class Interrupting:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
def test_a():
    Interrupting()
def test_b():
    print("went on")
"""
    (project.folder / "test_notes.py").write_text(interrupting)
    done = project.run("-s")
    assert done.returncode == 3, done.stdout
    assert "went on" not in done.stdout
    assert "interrupted" in project.report()["reasons"]


def test_not_there(project: Project) -> None:
    """A service that refuses connections is inconclusive, exit status 3, with the reason."""
    done = project.run()
    assert done.returncode == 3, done.stdout
    assert any("Connect" in reason for reason in project.report()["reasons"])


def test_no_tests(project: Project) -> None:
    """A run that tested nothing is inconclusive."""
    done = project.run("-k", "nothing_of_that_name")
    assert done.returncode == 3
    assert "no property was tested" in project.report()["reasons"]


def test_skipped(project: Project) -> None:
    """A skipped property is not proven."""
    suite = project.folder / "test_notes.py"
    suite.write_text(SUITE.replace("    with isolation.trial", "    pytest.skip('later')\n    with isolation.trial"))
    done = project.run()
    assert done.returncode == 3
    assert any("skipped: later" in reason for reason in project.report()["reasons"])


def test_state_machine(project: Project) -> None:
    """A state machine in which something is found is violated, not something that draws differently each time."""
    (project.folder / "test_notes.py").write_text(STATE_MACHINE)
    with notes.serving("list") as service:
        done = project.run("--replays=0", url=service.url)
    assert done.returncode == 1, done.stdout + done.stderr
    [test] = project.report()["tests"]
    assert test["outcome"] == "violated"
    assert test["reason"].startswith("list: body shows ")


def test_first_finding(project: Project) -> None:
    """What the kill matrix has end a run: the first test that finds something, and none that proves nothing."""
    suite = SUITE.replace("range(2)", "range(3)")
    suite = suite.replace("    with isolation.trial", "    round or pytest.skip('later')\n    with isolation.trial")
    (project.folder / "test_notes.py").write_text(suite)
    with notes.serving("list") as service:
        done = project.run("--replays=0", "-pbenchmarks.first_finding", url=service.url)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [test["outcome"] for test in project.report()["tests"]] == ["inconclusive", "violated"]


def test_uncollectable(project: Project) -> None:
    """A suite that can't be imported is inconclusive, and the report says which file."""
    (project.folder / "test_notes.py").write_text("import nothing_of_that_name\n")
    done = project.run()
    assert done.returncode == 3
    assert any("test_notes.py: could not be collected" in reason for reason in project.report()["reasons"])


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["--seed", "x"], ["--seed", "-1"], ["no/such/folder"]], ids=" ".join
)
def test_misuse(project: Project, arguments: list[str]) -> None:
    """Misuse is one line on standard error and exit status 2."""
    done = project.run(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("partywall: ")
    assert arguments[-1] in line


def test_unwritable_folder(project: Project) -> None:
    """Where the report can't be written it goes to a folder for temporary files, and the run says where."""
    (project.folder / "file").write_text("")
    with notes.serving() as service:
        done = project.run("--report", "file/report", url=service.url)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout.split("report in ")[-1].split()[0]
    assert json.loads((Path(shown) / "report.json").read_text())["verdict"] == "held"


def test_plain_pytest(project: Project) -> None:
    """Under pytest alone a leak fails its test, and the run's report is written all the same, in place of an earlier
    run's."""
    stale = project.folder / "partywall-report" / "findings"
    for _ in range(2):
        with notes.serving("list") as service:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
                cwd=project.folder,
                env={**os.environ, "NOTES_URL": service.url, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        assert done.returncode == 1
        assert "Violation" in done.stdout
        assert project.report()["verdict"] == "violated"
        replays = [path.read_text() for path in stale.glob("*/replay.py")]
        assert replays
        assert "an earlier run's" not in replays
        for path in stale.glob("*/replay.py"):
            path.write_text("an earlier run's")
