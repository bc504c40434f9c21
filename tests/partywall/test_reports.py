"""What a run leaves for other programs: SARIF, HAR, curl, GitHub's annotations, a baseline, the record of a breach."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import haralyzer
import jsonschema
import pytest
import sarif_pydantic

from partywall import baseline
from partywall.errors import UsageError
from partywall.gate import Assessment, Found, assess
from partywall.grid import Rule
from partywall.model import Exchange, Finding, Outcome
from partywall.reporting import breach, html, sarif
from partywall.reporting.annotations import workflow_commands
from partywall.reporting.curl import curl
from partywall.reporting.evidence import write_witness
from partywall.reporting.files import write_reports
from partywall.reporting.har import har
from partywall.reporting.report import report
from partywall.reporting.terminal import summary
from partywall.target import Party, Shown
from tests.partywall.leaky import running
from tests.partywall.test_evidence import by_id
from tests.partywall.test_gate import FINDING, HELD, tally
from tests.partywall.test_reduce import reduced

REPORT_SCHEMA = Path(__file__).parents[2] / "reports" / "report.schema.json"
NAMES = replace(FINDING, place="/orders/0/recipient/fullName", value="Ada\nLovelace, 100 %: x")
WRITTEN = Finding("integrity", "changed", "change", "body", "A", "B", "shut", "r", "/state", 4)
VIOLATED = replace(HELD, outcome=Outcome.VIOLATED)
DAY = date(2026, 11, 28)
KNOWN = baseline.Known(NAMES.id, "orders team", "ORD-311", date(2026, 11, 28))


def leaking(*findings: Finding, known: tuple[baseline.Known, ...] = (), day: date = DAY) -> Assessment:
    found = {each.id: Found(each, "t/0", 2) for each in findings}
    rule = Rule.of(known=known, day=day)
    return assess(tally(found=found), (VIOLATED if findings else HELD,), (), rule)


def test_baseline() -> None:
    """What is known passes until its day, then fails; what is new fails; what is gone is told."""
    passed = leaking(NAMES, known=(KNOWN,))
    assert (passed.outcome, passed.tolerated, passed.gone) == (Outcome.HELD, frozenset({NAMES.id}), ())
    new = leaking(NAMES, WRITTEN, known=(KNOWN,))
    assert (new.outcome, new.tolerated) == (Outcome.VIOLATED, frozenset({NAMES.id}))
    late = leaking(NAMES, known=(KNOWN,), day=date(2026, 11, 29))
    assert late.outcome is Outcome.VIOLATED
    assert "orders team" in late.reasons[-1]
    gone = leaking(known=(KNOWN,))
    assert (gone.outcome, gone.gone) == (Outcome.HELD, (KNOWN,))
    stale = leaking(known=(KNOWN,), day=date(2026, 11, 29))
    assert stale.outcome is Outcome.INCONCLUSIVE
    states = [report(each, started=0, ended=1)["baseline"][0]["state"] for each in (passed, late, gone)]
    assert states == ["known", "expired", "gone"]


ENTRY = '[[known]]\nid = "0123456789ab"\nowner = "o"\nreason = "r"\nuntil = 2027-01-31\n'


def test_baseline_file(tmp_path: Path) -> None:
    """A file of entries is read as they are."""
    path = tmp_path / "baseline.toml"
    path.write_text(ENTRY)
    assert baseline.read(path) == (baseline.Known("0123456789ab", "o", "r", date(2027, 1, 31)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known", "expected a TOML file"),
        ("known = 1\n", "expected [[known]] entries"),
        ("[other]\n", "came other"),
        (ENTRY.replace('owner = "o"\n', ""), "entry 1: expected id, owner, reason, until"),
        (ENTRY.replace('"o"', '" "'), "expected words for owner"),
        (ENTRY.replace("0123456789ab", "no id"), "12 hexadecimal digits"),
        (ENTRY.replace("2027-01-31", '"2027-01-31"'), "expected a day"),
        (ENTRY.replace("2027-01-31", "2027-01-31T10:00:00"), "expected a day"),
        (ENTRY * 2, "twice"),
    ],
)
def test_baseline_misuse(text: str, said: str, tmp_path: Path) -> None:
    """What can't be used is refused, with the entry and what was expected."""
    path = tmp_path / "baseline.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        baseline.read(path)
    assert said in str(error.value)


def test_no_baseline_file(tmp_path: Path) -> None:
    """A file that is not there is refused."""
    with pytest.raises(UsageError, match="expected a TOML file"):
        baseline.read(tmp_path / "none.toml")


def test_sarif(tmp_path: Path) -> None:
    """A log that readers of SARIF read: findings with stable fingerprints, what is known suppressed, reasons told."""
    found = replace(leaking(NAMES, WRITTEN, known=(KNOWN,)), reasons=("nobody logged in",))
    (tmp_path / "findings" / NAMES.id).mkdir(parents=True)
    (tmp_path / "findings" / NAMES.id / "replay.py").touch()
    write_reports(tmp_path, found, started=1e9, ended=1e9 + 60)
    log = sarif_pydantic.Sarif.model_validate_json((tmp_path / "results.sarif").read_text())
    [run] = log.runs
    assert run.results is not None
    rules = run.tool.driver.rules or []
    told = {result.rule_id: result for result in run.results}
    assert told.keys() == {"ownership/content", "integrity/changed"}
    assert all(rules[index].id == each.rule_id for each in run.results if (index := each.rule_index) is not None)
    raw = {each["ruleId"]: each for each in json.loads((tmp_path / "results.sarif").read_text())["runs"][0]["results"]}
    assert raw["ownership/content"]["partialFingerprints"] == {"partywall/v1": NAMES.id}
    assert raw["ownership/content"]["suppressions"][0]["justification"] == "ORD-311 (orders team, until 2026-11-28)"
    assert "suppressions" not in raw["integrity/changed"]
    [place] = raw["ownership/content"]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == f"findings/{NAMES.id}/replay.py"
    assert "physicalLocation" not in raw["integrity/changed"]["locations"][0]
    assert (run.invocations or [])[0].execution_successful is True
    assert "nobody logged in" in (tmp_path / "results.sarif").read_text()


def test_annotations() -> None:
    """One line for each finding, whatever is in it; what passes is a warning."""
    lines = list(workflow_commands(replace(leaking(NAMES, WRITTEN, known=(KNOWN,)), reasons=("a\nb",))))
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]
    assert "Ada%0ALovelace, 100 %25: x" in lines[1]
    assert lines[2] == "::warning title=Partywall%3A not proven::a%0Ab"


def test_symptoms(tmp_path: Path) -> None:
    """A symptom is told under the finding whose leak it shows too, and still counts: where the rule lets but one of
    both pass, or that finding is not there, it stands by itself."""
    symptom = replace(NAMES, kind="identifier")
    shows = Found(symptom, "t/0", 3, symptom_of=NAMES.id)

    def told(*known: baseline.Known, beside: bool = True) -> Assessment:
        found = {each.finding.id: each for each in ([Found(NAMES, "t/0", 2)] if beside else []) + [shows]}
        return assess(tally(found=found), (VIOLATED,), (), Rule.of(known=known, day=DAY))

    both = told()
    [(leak, [further])] = both.leaks
    assert (leak.finding, further.finding) == (NAMES, symptom)
    assert len(list(workflow_commands(both))) == 1
    lines = [line for line in summary(both, None) if symptom.id in line]
    assert lines == [f"  shows as well: get, ownership (identifier; findings/{symptom.id}, 3 times)"]
    written = report(both, started=0, ended=1)
    jsonschema.validate(written, json.loads(REPORT_SCHEMA.read_text()))
    assert {each["id"]: each["symptom_of"] for each in written["findings"]} == {NAMES.id: None, symptom.id: NAMES.id}
    write_reports(tmp_path, both, started=0, ended=1)
    results = json.loads((tmp_path / "results.sarif").read_text())["runs"][0]["results"]
    assert [each["properties"].get("symptomOf") for each in results] == [None, NAMES.id]
    for apart in (told(KNOWN), told(beside=False)):
        assert apart.outcome is Outcome.VIOLATED
        assert symptom.id in {leak.finding.id for leak, _ in apart.leaks}


def test_har() -> None:
    """An archive that readers of HAR read, with the times, bodies and faults of the exchanges."""
    first = Exchange(
        number=0, operation="get", tenant=1, session="A/0", connection="127.0.0.1:5", method="POST",
        url="/api/notes?q=a%20b", request_headers=(("Content-Type", "application/json"),), request_body=b"{}",
        called_ns=5_000_000_000, returned_ns=5_250_000_000, status=201, reason="Created",
        headers=(("Content-Type", "application/json"), ("Location", "/notes/1")), body=b"{}",
    )  # fmt: skip
    torn = replace(first, number=1, status=None, reason="", headers=(), body=b"\xff\xfe", fault="hung up")
    ended = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    told = har([torn, first], "http://127.0.0.1:8000/base", ended, 6_000_000_000)
    read = haralyzer.HarParser(json.loads(json.dumps(told)))
    assert len(read.har_data["entries"]) == 2
    entry, other = told["log"]["entries"]
    assert entry["startedDateTime"] == "2026-11-28T11:59:59.000Z"
    assert (entry["time"], entry["request"]["url"]) == (250.0, "http://127.0.0.1:8000/api/notes?q=a%20b")
    assert entry["request"]["queryString"] == [{"name": "q", "value": "a b"}]
    assert {entry["response"]["status"], other["response"]["status"]} == {201, 0}
    packed = next(e for e in (entry, other) if e["response"]["status"] == 0)
    assert packed["response"]["content"] == {"size": 2, "mimeType": "", "text": "//4=", "encoding": "base64"}
    assert packed["response"]["comment"] == "hung up"


def test_curl(tmp_path: Path) -> None:
    """A script that a shell reads, in which no credential stands and each request is as it was sent."""
    with running("by-id") as service:
        witness = reduced(service, by_id, "content")
        write_witness(tmp_path, witness, service.target())
        keys = list(service.tenants)
    script = tmp_path / "witness.sh"
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    told = script.read_text()
    assert told.count("curl -i -X") == 2
    assert "# has /made/0/id of the answer to step 0" in told
    assert '"Authorization: Bearer $PARTYWALL_KEY_B"' in told
    for path in tmp_path.iterdir():
        assert not [key for key in keys if key in path.read_text()], path.name


def test_names(tmp_path: Path) -> None:
    """What the project calls its tenants stands in each report beside their labels."""
    found = leaking(NAMES)
    assert found.tally.policy is not None
    found.tally.policy = replace(found.tally.policy, names=(("A", "north shop"), ("B", "south <shop>")))
    found.tally.pairs["A", "B", "violated"] = 1
    assert report(found, started=0, ended=1)["names"] == {"A": "north shop", "B": "south <shop>"}
    assert "tenants: A (north shop), B (south <shop>)" in list(summary(found, None))
    (result,) = sarif.sarif(found, tmp_path, started=0, ended=1)["runs"][0]["results"]
    assert result["message"]["text"].endswith(". A is north shop. B is south <shop>.")
    told = breach.text(breach.record(found, "Click & Drop", aware=1e9, written=1e9))
    assert "| A (north shop) | B (south <shop>) | 1 |" in told
    assert "<dt>tenant B</dt><dd>south &lt;shop&gt;</dd>" in html.page(found, tmp_path, started=0, ended=1)


def test_curl_runs_no_names(tmp_path: Path) -> None:
    """A name that the service or a person has chosen is no command to the shell."""
    with running("by-id") as service:
        witness, target = reduced(service, by_id, "content"), service.target()
    bad = f"a$(touch {tmp_path}/ran)`touch {tmp_path}/ran`"
    party = Party((Shown("cookie", bad), Shown("header", bad)))
    names = tuple((label, f"x\ntouch {tmp_path}/ran") for label in "AB")
    target = replace(target, parties={"A": party, "B": party}, policy=replace(target.policy, names=names))
    script = curl(witness.program, witness.answers, target).replace("curl -i", "true")
    keys = {f"PARTYWALL_KEY_{role}{number}": "k" for role in "AB" for number in ("", "_2")}
    done = subprocess.run(["sh", "-eu"], input=script, env=keys | {"BASE_URL": "x"}, text=True, check=False)
    assert done.returncode == 0
    assert not (tmp_path / "ran").exists()


def test_breach(tmp_path: Path) -> None:
    """A real system's leak leaves the record: what a test knows filled in, what people have to find out marked."""
    found = leaking(NAMES, WRITTEN)
    found.tally.pairs["A", "B", "violated"] = 3
    told = breach.record(found, "Click & Drop", aware=1e9, written=1e9 + 3600)
    assert told["clock"]["due"] == "2001-09-12T01:46:40+00:00"
    assert told["clock"]["hours_left"] == 71
    assert told["clock"]["reasons_for_delay"] == ""
    assert told["nature"]["categories_of_data"] == ["fullName", "state"]
    assert told["nature"]["people_concerned"] == breach.FILL_IN
    assert told["shown_in_the_test"] == [{"owner": "A", "viewer": "B", "exchanges": 3}]
    assert any("integrity" in each for each in told["consequences"])
    late = breach.record(found, "Click & Drop", aware=1e9, written=1e9 + 73 * 3600)
    assert late["clock"]["reasons_for_delay"] == breach.FILL_IN
    assert "1 hours ago" in breach.text(late)
    page = breach.text(told)
    assert "| A | B | 3 |" in page
    assert f"**{breach.FILL_IN}**" in page
    write_reports(tmp_path, found, started=1e9, ended=1e9 + 1)
    assert not (tmp_path / "breach.md").exists()
    write_reports(tmp_path, found, started=1e9, ended=1e9 + 1, system="Click & Drop")
    assert json.loads((tmp_path / "breach.json").read_text())["system"] == "Click & Drop"
    assert (tmp_path / "breach.md").read_text().startswith("# Personal data breach: Click & Drop\n")
    write_reports(tmp_path / "..", leaking(), started=1e9, ended=1e9 + 1, system="Click & Drop")
    assert not (tmp_path / ".." / "breach.md").exists()
