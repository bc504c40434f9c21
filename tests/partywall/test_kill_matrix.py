"""What the kill matrix says of runs, told by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from benchmarks import first_finding, kill_lines, kill_matrix, kill_page, kill_picture, kill_run
from benchmarks.kill_run import Wanted
from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.leak import EMBEDDED, PRODUCTION
from partywall.errors import Violation
from partywall.model import Finding
from partywall.oracle.judge import PROPERTIES

LEAK, OTHER, DECOY = "order-read-without-tenant", "error-quotes-order", next(iter(DECOYS))
KEPT = "kept-order-of-anyone"


def line(leak: str, seed: int, verdict: str, *found: tuple[str, str], **told: Any) -> dict[str, Any]:
    """The line of a whole run, unless it is told to be another. What is violated has found what is planted."""
    if verdict == "violated" and not found:
        found = ((LEAKS[leak].shows_by[0] if leak in LEAKS else "ownership", "sequential"),)
    return {
        "leak": leak,
        "stack": "embedded",
        "seed": seed,
        "commit": "0a1b2c3",
        "whole": True,
        "took": 90,
        "verdict": verdict,
        "ended": "",
        "found": [list(pair) for pair in found],
        "requests": None,
        "seconds": None,
        "causes": {"missing check": 2, "cache key": 1} if found else {},
        "steps": 3 if found else None,
    } | told


def cut_short(leak: str, seed: int, *found: tuple[str, str], **told: Any) -> dict[str, Any]:
    """The line of a run that was to end with its first finding, and did if it had one."""
    ended = kill_lines.FIRST_FINDING if found else ""
    nothing: dict[str, Any] = {"causes": {}, "steps": None, "whole": False, "ended": ended}
    return line(leak, seed, "violated" if found else "held", *found, **(nothing | told))


def exchange(number: int, called: int, returned: int, *provocations: str, **told: Any) -> dict[str, Any]:
    """An exchange's record: by default of the tenant with its number's parity, in the trial t/0."""
    return {
        "record": "exchange",
        "trial": "t/0",
        "number": number,
        "tenant": number % 2,
        "called_ns": called,
        "returned_ns": returned,
        "provocations": list(provocations),
    } | told


def test_summary(tmp_path: Path) -> None:
    """Requests count that were sent before the first finding had shown, whichever trial is judged first."""
    calls = [("t/0", 0, 10, 15), ("t/0", 1, 20, 25), ("u/0", 0, 30, 42), ("u/0", 1, 40, 45)]
    records = [exchange(number, called, returned, trial=trial) for trial, number, called, returned in calls]
    for trial, test, number in (("u/0", "test_u.py::test_load", 1), ("t/0", "test_t.py::test_warm_cache", 1)):
        finding = {"property": "ownership", "exchange": number}
        records.append({"record": "judgement", "trial": trial, "test": test, "findings": [finding]})
    (tmp_path / "history.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))
    summary = kill_run.summary_of(tmp_path / "history.ndjson", LEAK)
    assert summary["found"] == [("ownership", "concurrent"), ("ownership", "sequential")]
    assert (summary["requests"], summary["seconds"]) == (2, 0.0)
    otherwise = kill_run.summary_of(tmp_path / "history.ndjson", "revoked-key-cached")
    assert (otherwise["found"], otherwise["requests"]) == (summary["found"], None)


def test_leaks_show_by_properties() -> None:
    """What the catalogue says that a leak shows by, and it says so of each, is a property that there is."""
    assert [name for name, leak in LEAKS.items() if not leak.shows_by or not {*leak.shows_by} <= {*PROPERTIES}] == []


def test_found_otherwise_is_no_kill() -> None:
    """What a run reports by a property that the leak does not break counts nowhere as its kill, and is told."""
    lines = [
        line(LEAK, 1, "violated", ("staleness", "sequential"), requests=None),
        line(LEAK, 2, "violated", ("staleness", "sequential"), ("ownership", "concurrent"), requests=9),
        line(DECOY, 1, "violated", ("staleness", "sequential")),
    ]
    row, decoy = kill_page.matrix(kill_lines.by_name(lines))
    assert (row["violated"], row["properties"], row["modes"]) == ("1 of 2", "ownership 1", "concurrent 1")
    assert (row["found otherwise"], decoy["violated"], decoy["found otherwise"]) == ("staleness 2", "1 of 1", "")
    assert kill_page.missed(kill_lines.by_name(lines))[0]["the others"] == "found otherwise 1"
    assert {each["property"]: each["leaks found"] for each in kill_page.worth(kill_lines.by_name(lines))}[
        "staleness"
    ] == 0
    assert [*kill_lines.alarms(kill_lines.by_name(lines))] == [DECOY]


@pytest.mark.parametrize(
    ("others", "shown", "mode"),
    [
        ([exchange(0, 10, 20)], exchange(1, 20, 30), "sequential"),
        ([exchange(0, 10, 21)], exchange(1, 20, 30), "concurrent"),
        ([exchange(0, 10, 21, tenant=1)], exchange(1, 20, 30), "sequential"),
        ([exchange(0, 10, 21, "together:1")], exchange(1, 20, 30, "held:fifo"), "interleaved"),
        ([exchange(0, 10, 12, "held:fifo"), exchange(2, 13, 14)], exchange(1, 20, 30), "interleaved"),
        ([exchange(0, 10, 21, "hang-up:5")], exchange(1, 20, 30), "cancelling"),
        ([exchange(2, 10, 12), exchange(3, 13, 14, "cut:mid-read")], exchange(1, 20, 30), "cancelling"),
        ([exchange(2, 10, 12, "cut:mid-read"), exchange(3, 13, 14)], exchange(1, 20, 30), "sequential"),
        ([], exchange(1, 20, 30, "after-cut:mid-read", "slow:5"), "cancelling"),
    ],
)
def test_mode(others: list[dict[str, Any]], shown: dict[str, Any], mode: str) -> None:
    """How a finding came about is what was done to the exchange that shows it, and to that which made what it shows,
    whatever the test is called."""
    exchanges = {each["number"]: each for each in [*others, shown]}
    assert kill_run.mode_of({"property": "ownership", "exchange": 1, "since": 0}, exchanges) == mode


def test_explained(tmp_path: Path) -> None:
    """A cause counts where experiments named it; the smallest witness among those that were shown again."""
    found = []
    for number, (steps, reproduced) in enumerate([(2, 0), (4, 3), (5, 1)]):
        witness = {"program": {"steps": [{}] * steps}, "reproduced": reproduced}
        (tmp_path / f"{number}.json").write_text(json.dumps(witness))
        experiments = [{"change": "a query of its own", "shown": 0, "tries": 1}] * number
        found.append({"cause": "cache key", "experiments": experiments, "witness": f"{number}.json"})
    assert kill_run.explained({"findings": found}, tmp_path) == {"causes": {"cache key": 2}, "steps": 4}


def test_runs() -> None:
    """Seed by seed; the clean service on both stacks; the first seeds whole. What is there is not done again, unless
    it is to be whole and was not, or something went wrong with it."""
    names = [kill_lines.CLEAN, LEAK, "view-of-owner", DECOY]
    wanted = list(kill_matrix.runs(names, seeds=2, clean=1, whole=1))
    assert wanted == [
        Wanted("", EMBEDDED, 1, whole=True),
        Wanted("", PRODUCTION, 1, whole=True),
        Wanted(LEAK, EMBEDDED, 1, whole=True),
        Wanted("view-of-owner", PRODUCTION, 1, whole=True),
        Wanted(DECOY, EMBEDDED, 1, whole=True),
        Wanted(LEAK, EMBEDDED, 2, whole=False),
        Wanted("view-of-owner", PRODUCTION, 2, whole=False),
        Wanted(DECOY, EMBEDDED, 2, whole=False),
    ]
    there = [cut_short("", 1), line(LEAK, 1, "held"), line(LEAK, 2, "violated"), cut_short(DECOY, 2)]
    assert kill_matrix.missing(wanted, there) == [wanted[0], wanted[1], wanted[3], wanted[4], wanted[6]]
    trouble = [line(LEAK, 1, "none", ended="crashed: no room"), line(LEAK, 2, "held", ended="ended after 900 s")]
    assert kill_matrix.missing(wanted[2:6:3], trouble) == wanted[2:6:3]


def test_command() -> None:
    """A whole run is replayed; any other ends with its first finding, and sends no replay."""
    whole, other = (Wanted(name, EMBEDDED, 7, name == LEAK) for name in (LEAK, DECOY))
    words = kill_run.command(whole, Path("folder"), 60)
    assert words[words.index("--leak") + 1] == LEAK
    assert {"--seed=7", "--stack=embedded", "--replays=60"} <= {*words}
    words = kill_run.command(other, Path("folder"), 60)
    assert words[words.index("--decoy") + 1] == DECOY
    assert words[-2:] == ["--replays=0", "-pbenchmarks.first_finding"]


def test_run_that_takes_too_long(tmp_path: Path) -> None:
    """It is ended, and what it has left is told; if it has left nothing, what it said last."""
    script = "import time; print('began', flush=True); time.sleep(60)"
    trouble = kill_run.carried_out([sys.executable, "-c", script], tmp_path / "run.log", 0.5)
    told = kill_run.outcome(Wanted(LEAK, EMBEDDED, 1, whole=True), tmp_path, trouble)
    assert told["verdict"] == kill_lines.NO_VERDICT
    assert told["ended"].startswith("ended after 0.5 s: FileNotFoundError; it said last: ")
    assert told["found"] == []


def test_run_that_crashes(tmp_path: Path) -> None:
    """It has a line as any other."""
    script = "import sys; sys.exit('no room')"
    trouble = kill_run.carried_out([sys.executable, "-c", script], tmp_path / "run.log", 60)
    told = kill_run.outcome(Wanted(LEAK, EMBEDDED, 1, whole=False), tmp_path, trouble)
    assert told["ended"] == "crashed: FileNotFoundError; it said last: no room"
    assert (told["verdict"], told["requests"]) == (kill_lines.NO_VERDICT, None)


def test_run_that_ended_with_its_first_finding(tmp_path: Path) -> None:
    """It says so, and a whole one, one that found nothing and one that found something else do not."""
    ended = []
    for verdict, whole, property_ in (
        ("violated", False, "ownership"),
        ("held", False, ""),
        ("violated", True, "ownership"),
        ("violated", False, "staleness"),
    ):
        findings = [{"property": property_, "exchange": 0}] if property_ else []
        records = [
            exchange(0, 10, 20),
            {"record": "judgement", "trial": "t/0", "test": "test_t.py::test_t", "findings": findings},
        ]
        (tmp_path / "history.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))
        (tmp_path / "report.json").write_text(json.dumps({"verdict": verdict, "findings": []}))
        ended.append(kill_run.outcome(Wanted(LEAK, EMBEDDED, 1, whole), tmp_path, "")["ended"])
    assert ended == [kill_lines.FIRST_FINDING, "", "", ""]


@pytest.mark.parametrize(
    ("leaks", "ends"),
    [([LEAK], True), (["revoked-key-cached"], False), (["revoked-key-cached", LEAK], True), ([], True)],
)
def test_what_ends_a_run(leaks: list[str], *, ends: bool) -> None:
    """A finding of what is planted; with nothing planted any. A finding of something else ends nothing."""

    class Config:
        def getoption(self, *_: Any, **__: Any) -> list[str]:
            return leaks

    finding = Finding("ownership", "content", "Read", "body", "A", "B", "value", "rule", "/", 0)
    assert first_finding.found(cast("pytest.Config", Config()), Violation([finding], "story")) is ends


def test_last_line_of_a_run_counts(tmp_path: Path) -> None:
    """One that was done again, whole, takes the place of the other."""
    (tmp_path / "lines").write_text(
        "".join(json.dumps(each) + "\n" for each in (cut_short(LEAK, 1), line(LEAK, 1, "held")))
    )
    assert [each["whole"] for each in kill_lines.read(tmp_path / "lines")] == [True]
    assert kill_lines.read(tmp_path / "nothing") == []


def test_line_that_a_kill_cut_off(tmp_path: Path) -> None:
    """It is not read, and is gone before the next line is added; a file that is not there yet is begun."""
    results, whole = tmp_path / "lines", json.dumps(line(LEAK, 1, "held")) + "\n"
    results.write_text(whole + whole[:40])
    assert [each["seed"] for each in kill_lines.read(results)] == [1]
    with kill_lines.opened(results) as file:
        file.write(json.dumps(line(LEAK, 2, "held")) + "\n")
    assert [each["seed"] for each in kill_lines.read(results)] == [1, 2]
    with kill_lines.opened(tmp_path / "new") as file:
        file.write(whole)
    assert (tmp_path / "new").read_text() == whole


def test_run_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told at the end, and drops no other's line."""

    def running(wanted: Wanted, *_: Any) -> dict[str, Any]:
        if wanted.seed == 1:
            raise OSError("no room")
        return line(wanted.name, wanted.seed, "held", commit=kill_matrix.commit())

    monkeypatch.setattr(kill_matrix, "RESULTS", tmp_path / "lines")
    monkeypatch.setattr(kill_matrix, "run", running)
    monkeypatch.setattr(sys, "argv", ["kill_matrix", "--seeds=3", LEAK])
    with pytest.raises(ExceptionGroup, match="1 runs broke") as broken:
        kill_matrix.main()
    assert [str(error) for error in broken.value.exceptions] == ["no room"]
    assert sorted(each["seed"] for each in kill_lines.read(tmp_path / "lines")) == [2, 3]


def test_matrix() -> None:
    """Whether and how soon is said by all runs; by what, by whole ones: those that found nothing are whole by chance. A
    property is counted once a run, however many modes found it; the clean service comes first, decoys last."""
    both = (("ownership", "sequential"), ("ownership", "concurrent"))
    rows = kill_page.matrix(
        kill_lines.by_name(
            [
                line(LEAK, 1, "violated", *both, requests=7),
                line(LEAK, 2, "held"),
                line(LEAK, 3, "violated", ("existence", "sequential"), requests=9),
                cut_short(LEAK, 4, ("existence", "sequential"), requests=11),
                cut_short(LEAK, 5),
                line(
                    LEAK,
                    6,
                    "violated",
                    ("existence", "sequential"),
                    ended="ended after 900 s",
                    causes={"coalescing": 1},
                ),
                line(KEPT, 1, "violated", *both),
                line(DECOY, 1, "held"),
                line("", 1, "held"),
            ]
        )
    )
    assert [row["leak"] for row in rows] == ["(none planted)", LEAK, KEPT, f"(decoy) {DECOY}"]
    assert (rows[0]["violated"], rows[0]["properties"], rows[0]["requests: median, p90"]) == ("0 of 1", "", "")
    assert (rows[1]["violated"], rows[1]["whole runs"]) == ("4 of 6", 3)
    assert rows[1]["properties"] == "existence 1, ownership 1"
    assert rows[1]["modes"] == "concurrent 1, sequential 2"
    assert rows[1]["requests: median, p90"] == "9, 11"
    assert (rows[1]["smallest witness"], rows[1]["cause"]) == (3, "missing check* 4, cache key 2")
    assert rows[2]["cause"] == "missing check 2, cache key* 1"


def test_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What not every run found is told with what it takes and why; false alarms with the number of runs; trouble."""
    monkeypatch.setitem(kill_page.REASONS, LEAK, "it is shy")
    lines = [
        line(LEAK, 1, "violated", ("ownership", "sequential"), ("existence", "concurrent"), requests=100, seconds=3),
        cut_short(LEAK, 2),
        line(LEAK, 3, "none", ended="crashed: no room"),
        line(OTHER, 1, "violated", ("ownership", "sequential"), requests=300, seconds=89),
        line(DECOY, 1, "violated", ("staleness", "sequential")),
        line("", 1, "held"),
        line("", 1, "inconclusive", stack="production"),
    ]
    page = kill_page.page(lines)
    assert f"Found by every run: 1 of 2 leaks (50%), of {len(LEAKS)}, in 1 to 3 runs each." in page
    assert "found within 90 seconds: 1 of 2." in page
    assert f"False alarms: {DECOY} (1 of 1). Runs with nothing planted: 2 (embedded 1, production 1)" in page
    assert f"with a decoy: 1, 1 of {len(DECOYS)} decoys. Inconclusive among them: 1." in page
    assert f"took too long: {LEAK}, embedded, seed 3: none, crashed: no room." in page
    assert f"| `{LEAK}` | 1 of 3 | held 1, crashed: no room 1 | sequential: {LEAKS[LEAK].trigger} | it is shy |" in page
    assert "| one after the other | 2 | 1 | 2 of 4 | 200, 280 | 46, 80 |" in page
    assert "| at the same moment | 0 | 0 | 0 of 0 |  |  |" in page
    assert f"| ownership | 2 | {OTHER} |" in page
    assert "| existence | 1 |  |" in page
    assert f"Commit: 0a1b2c3. {len(lines)} runs, which took 0.2 hours of one process; 5 of them whole." in page


def test_page_of_nothing() -> None:
    """There is one before anything has run."""
    assert "Found by every run: 0 of 0 leaks" in kill_page.page([])


def test_purposes() -> None:
    """Every property says what it is there for."""
    assert [*kill_page.PURPOSES] == [*PROPERTIES]


def test_picture() -> None:
    """Well-formed, with a square for each mode of each property in each row, that says what it stands for."""
    lines = [line(OTHER, 1, "violated", ("existence", "sequential")), cut_short(OTHER, 2, ("ownership", "sequential"))]
    drawn = ElementTree.fromstring(kill_picture.picture(lines))
    titles = [title.text or "" for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 1 + len(kill_lines.MODES) * len(PROPERTIES)
    assert [title for title in titles if title.endswith("1 of 1")] == [f"{OTHER}, existence, sequential: 1 of 1"]
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")][-1] == "2 of 2"


def test_fallen() -> None:
    """A lower rate and a leak that is not tried any more are told; a higher rate is not."""
    before = [
        line(LEAK, 1, "violated"),
        line(OTHER, 1, "violated"),
        line("tenant-from-header", 1, "held"),
        line("renamed-since", 1, "violated"),
    ]
    now = [
        line(LEAK, 1, "violated"),
        line(LEAK, 2, "held"),
        line(OTHER, 1, "violated"),
        line("tenant-from-header", 1, "violated"),
    ]
    assert kill_lines.fallen(now, before) == [
        f"{LEAK}: found in 1 of 2 runs; before in 1 of 1",
        "renamed-since: tried in 1 runs before, and in none now",
    ]
    assert kill_lines.fallen(before[:3], before[:3]) == []


def test_release_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs nothing, and tells what is missing, what is a false alarm, and what was found oftener before."""
    results, before = tmp_path / "now.ndjson", tmp_path / "before.ndjson"
    (tmp_path / "images").mkdir()
    here = {"commit": kill_matrix.commit()}
    now = [line(LEAK, 1, "held", **here), line(OTHER, 1, "violated", **here), line(DECOY, 1, "violated", **here)]
    results.write_text("".join(json.dumps(each) + "\n" for each in [*now, line(OTHER, 2, "violated")]))
    old = [line(LEAK, 1, "violated"), line(OTHER, 2, "violated"), line(OTHER, 1, "violated", commit="tried-since")]
    before.write_text("".join(json.dumps(each) + "\n" for each in old))
    monkeypatch.setattr(kill_matrix, "RESULTS", results)
    monkeypatch.setattr(kill_matrix, "DOCS", tmp_path)
    words = ["kill_matrix", "--check", "--seeds=2", "--against", str(before), LEAK, OTHER]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as exit_:
        kill_matrix.main()
    assert exit_.value.code == "\n".join(
        [
            f"{DECOY}: a false alarm in 1 of 1 runs",
            f"2 runs are missing, of {LEAK}, {OTHER}",
            f"{LEAK}: sequential, and found in 0 of 1 runs only",
            "1 of 2 leaks are found by every run; expected 95% or more",
            f"{LEAK}: found in 0 of 1 runs; before in 1 of 1",
        ]
    )
    assert f"`{LEAK}`" in (tmp_path / "kill-matrix.md").read_text()
    monkeypatch.setattr(sys, "argv", ["kill_matrix", "--check", "--against", "no-such-commit"])
    with pytest.raises(SystemExit, match="--against: expected a file of results or a commit that has them"):
        kill_matrix.main()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line("", 1, "inconclusive"), line("", 2, "held")], "nothing planted: 1 of 2 runs are inconclusive"),
        ([line(DECOY, 1, "inconclusive")], f"{DECOY}: 1 of 1 runs are inconclusive"),
        ([line(DECOY, 1, "none", ended="crashed: x")], f"{DECOY}: trouble in 1 of 1 runs: crashed: x"),
        ([line("events-to-all", 1, "violated", ended="ended after 900 s")], "events-to-all: trouble in 1 of 1 runs: "),
        ([line(LEAK, 1, "violated"), line(LEAK, 2, "held")], f"{LEAK}: sequential, and found in 1 of 2 runs only"),
        ([line("events-to-all", 1, "held")], "0 of 1 leaks are found by every run; expected 95% or more"),
    ],
)
def test_what_no_release_can_rest_on(lines: list[dict[str, Any]], told: str) -> None:
    """It is told."""
    assert any(sentence.startswith(told) for sentence in kill_lines.unfit(kill_lines.by_name(lines)))


def test_what_a_release_can_rest_on() -> None:
    """One leak of twenty that some run missed is let pass, if it takes more than a sequence or equal data."""
    leaks = ["events-to-all", *[name for name in LEAKS if name != "events-to-all"][:19]]
    lines = [line("", 1, "held"), line(DECOY, 1, "held"), line(leaks[0], 2, "held")]
    lines += [line(name, 1, "violated") for name in leaks]
    assert kill_lines.unfit(kill_lines.by_name(lines)) == []


def test_release_check_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no last release, or an empty file of it, it fails, unless it is told that this is the first."""
    (tmp_path / "images").mkdir()
    (tmp_path / "empty").touch()
    results = tmp_path / "now.ndjson"
    results.write_text(json.dumps(line(LEAK, 1, "violated", commit=kill_matrix.commit())) + "\n")
    monkeypatch.setattr(kill_matrix, "RESULTS", results)
    monkeypatch.setattr(kill_matrix, "DOCS", tmp_path)
    words = ["kill_matrix", "--check", "--seeds=1", LEAK]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit, match="nothing to compare with"):
        kill_matrix.main()
    monkeypatch.setattr(sys, "argv", [*words, "--against", str(tmp_path / "empty")])
    with pytest.raises(SystemExit, match="expected results of the last release; there are none in "):
        kill_matrix.main()
    monkeypatch.setattr(sys, "argv", [*words, "--first-release"])
    kill_matrix.main()
