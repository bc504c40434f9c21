"""What is made of other tools' reports, how their requests are counted and bounded, and what the page says of it: all
by hand, without the tools."""

from __future__ import annotations

import json
import socket
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from benchmarks.peers import __main__ as peers
from benchmarks.peers import authz_matrix, authztrace, offat, overstep, page, schemathesis
from benchmarks.peers.counting import Counter, counting
from benchmarks.peers.ground import Ground
from benchmarks.peers.tool import Budget, Done, Result, bounded, lines_of, together, write
from benchmarks.peers.tools import TOOLS, versions
from clickdrop.leaks import LEAKS
from tests.partywall.served import Handler, Toy, up

if TYPE_CHECKING:
    from pathlib import Path

PINNED = {tool.package: "1.0" for tool in TOOLS}
READ, LISTED = "order-read-without-tenant", "order-list-cache-without-tenant"


class Answering(Handler):
    def respond(self) -> None:
        self.say(200, "ok")


def ground(**values: str) -> Ground:
    return Ground("http://127.0.0.1:1", values, {}, Counter("http://127.0.0.1:1"))


def line(tool: str, leak: str, *accusations: str, run: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "tool": tool,
        "version": "1.0",
        "leak": leak,
        "stack": "embedded",
        "run": run,
        "commit": "0a1b2c3",
        "bounds": {"requests": 100, "seconds": 6.0},
        "accusations": list(accusations),
        "requests": 20,
        "seconds": 1.5,
        "status": 0,
        "note": "",
    } | other


def test_counting() -> None:
    """Requests count on connections that are kept, that pipeline and that end in the middle of one; bytes that are no
    HTTP pass and don't."""
    with up(Toy(Answering)) as service, counting(service.url) as counter:
        place = urlsplit(counter.origin)
        kept = HTTPConnection("127.0.0.1", place.port or 0)
        for _ in range(2):
            kept.request("GET", "/")
            assert kept.getresponse().read() == b"ok"
        kept.close()
        with socket.create_connection(("127.0.0.1", place.port or 0)) as pipelining:
            pipelining.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2 + b"GET / HT")
            received = b""
            while received.count(b"\r\n\r\nok") < 2:
                received += pipelining.recv(4096)
        with socket.create_connection(("127.0.0.1", place.port or 0)) as other:
            other.sendall(b"\x00\x01\r\n\r\n")
            assert b"400" in other.recv(4096)
        assert counter.requests == 4


def test_bounds(tmp_path: Path) -> None:
    """A command that ends is left alone and told the ground's values; one that goes on is interrupted, as by Ctrl-C,
    and its report is waited for."""
    tells = "import os, sys; print(os.environ['ALICE_ORDER']); sys.exit(3)"
    done = bounded([sys.executable, "-c", tells], ground(ALICE_ORDER="7"), Budget(10, 60), tmp_path)
    assert (done.status, done.output, done.note) == (3, "7\n", "")
    waits = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('report')\n"
    done = bounded([sys.executable, "-c", waits], ground(), Budget(10, 0.5), tmp_path)
    assert (done.status, done.output, done.note) == (0, "report\n", "stopped: seconds spent")
    done = bounded([sys.executable, "-c", "import time; time.sleep(60)"], ground(), Budget(0, 60), tmp_path)
    assert done.note == "stopped: requests spent"


def test_together() -> None:
    """A tool that runs twice has both runs' requests and time, what either accused, and the worse exit status."""
    first, second = Done(0, "", 10, 1.5, ""), Done(130, "", 20, 2.0, "stopped: seconds spent")
    expected = Result(("a: x", "b: y"), 30, 3.5, 130, "stopped: seconds spent; v1: no report")
    assert together([(first, ["b: y"]), (second, ["a: x", "b: y"])], "", "v1: no report") == expected


def test_set_ups(tmp_path: Path) -> None:
    """A tool's files name nothing that the ground doesn't have; what is to be written is counted without comments."""
    orders = ("ORDER", "REFERENCE", "SECOND_ORDER", "SPARE_ORDER", "STATUS_REFERENCE", "WAITING_ORDER")
    names = ("TOKEN", "ACCOUNT", *orders, "MANIFEST", "CHECKOUT", "PARCEL", "CARRIER", "JOB")
    values = {f"{user}_{name}": "7" for user in ("ALICE", "BOB") for name in names} | {"ORIGIN": "o", "SHARED": "s"}
    for tool in TOOLS:
        for name in tool.written:
            assert "${" not in write(name, ground(**values), tmp_path).read_text()
        assert lines_of(tool) > 3
    with pytest.raises(ValueError, match="ALICE_TOKEN"):
        write("users.json", ground(), tmp_path)


def test_overstep(tmp_path: Path) -> None:
    """An owner who is refused is told by it, and is no vulnerability."""
    common = {"subject": "bob", "variant": "other", "method": "GET", "resource": "order"}
    findings = [common | {"vuln_class": kind} for kind in ("BOLA", overstep.REGRESSION)]
    (tmp_path / "findings.json").write_text(json.dumps({"findings": findings}))
    assert overstep.accusations(tmp_path / "findings.json") == ["BOLA: bob, other, GET order"]


def test_authztrace(tmp_path: Path) -> None:
    """Failures and, as it is strict, warnings; what it could not set up is neither."""
    common = {"name": "order: bob -> alice", "request": {"method": "GET"}}
    outcomes = (
        ("fail", "bola"),
        ("warn", "over_restrictive"),
        ("error", "setup"),
        ("skipped", "setup"),
        ("pass", "ok"),
    )
    results = [common | {"outcome": outcome, "category": category} for outcome, category in outcomes]
    (tmp_path / "report.json").write_text(json.dumps({"results": results}))
    expected = ["bola: GET order: bob -> alice", "over_restrictive: GET order: bob -> alice"]
    assert authztrace.accusations(tmp_path / "report.json") == expected


def test_authz_matrix() -> None:
    """The cases of pytest's summary, without what they say, which differs each time."""
    output = (
        "..F.\n=== short test summary info ===\n"
        "FAILED test_authorization.py::test_list[list[bob-endpoint-allow]] - AssertionError: bob is shown ALICE-\n"
        "1 failed, 3 passed in 0.1s\n"
    )
    assert authz_matrix.accusations(output) == ["test_list[list[bob-endpoint-allow]]"]


def test_schemathesis() -> None:
    """Each kind of failure once for each operation that has it."""
    failures = [{"title": "Object-level authorization bypass", "operations": ["GET /orders/{id}", "Stateful tests"]}]
    expected = [
        "Object-level authorization bypass: GET /orders/{id}",
        "Object-level authorization bypass: Stateful tests",
    ]
    assert schemathesis.accusations({"failures": failures}) == expected
    assert schemathesis.accusations({}) == []


def test_offat() -> None:
    """By the description's path, whichever random value was in it; what is exposed beside what is vulnerable."""
    common = {"test_name": "BOLA Path Test", "method": "GET"}
    results = [
        common | {"endpoint": "/api/v1/orders/x/y?z", "vulnerable": True, "data_leak": {}},
        common | {"endpoint": "/api/v1/orders/q", "vulnerable": True, "data_leak": {}},
        common | {"endpoint": "/api/v1/version", "vulnerable": False, "data_leak": {"email": ["a@example.org"]}},
        common | {"endpoint": "/elsewhere", "vulnerable": True, "data_leak": {}},
    ]
    assert offat.accusations(results, ["/api/v1/version", "/api/v1/orders/{orderIdentifiers}"]) == [
        "BOLA Path Test: GET /api/v1/orders/{orderIdentifiers}",
        "BOLA Path Test: GET /elsewhere",
        "data exposure, email: GET /api/v1/version",
    ]


def test_versions(tmp_path: Path) -> None:
    """The lock says which version was measured, of every tool."""
    (tmp_path / "lock").write_text(
        "overstep==1.7.0 \\\n    --hash=sha256:0a\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n"
    )
    assert versions(tmp_path / "lock") == {"overstep": "1.7.0", "colorama": "0.4.6"}
    assert {tool.package for tool in TOOLS} <= versions().keys()


def test_runs() -> None:
    """The correct service on each stack that a leak needs comes first, and more than once."""
    wanted = list(peers.runs(TOOLS[:1], [READ, "view-of-owner"]))
    assert [(each.leak, each.stack, each.run) for each in wanted] == [
        ("", "embedded", 1),
        ("", "embedded", 2),
        ("", "production", 1),
        ("", "production", 2),
        (READ, "embedded", 1),
        ("view-of-owner", "production", 1),
    ]
    assert set(peers.QUICK) <= LEAKS.keys()
    lines = [peers.described(each, Budget(1, 2.0), "0a1b2c3", PINNED) for each in wanted]
    assert len({peers.key(each) for each in lines}) == len(lines)
    assert peers.key(json.loads(json.dumps(lines[0]))) == peers.key(lines[0])


def test_killed() -> None:
    """A leak is killed by what no run of the correct service on its stack was said to have; not by more of a kind that
    the tool says of that as well. Without such a run nothing is known."""
    name = TOOLS[0].name
    said = page.records(
        [
            line(name, "", "rejected: GET /orders"),
            line(name, "", "mismatch: GET /jobs", run=2),
            line(name, READ, "rejected: GET /orders", "bypass: GET /orders/{id}", "mismatch: PUT /jobs"),
            line(name, LISTED, "mismatch: PUT /jobs"),
            line(name, "view-of-owner", "bypass: GET /orders", stack="production"),
        ],
        PINNED,
    )[name]
    assert said.new() == {LISTED: ["mismatch: PUT /jobs"], READ: ["bypass: GET /orders/{id}", "mismatch: PUT /jobs"]}
    assert said.killed() == {LISTED: [], READ: ["bypass: GET /orders/{id}"]}


def test_records() -> None:
    """A later line stands for an earlier one of the same run; those of other versions are left out, and of leaks those
    that time has ended; only those of one commit and bounds are held against each other."""
    name = TOOLS[0].name
    lines = [
        line(name, READ, "bypass: a"),
        line(name, READ, "bypass: b", commit="1b2c3d4"),
        line(name, LISTED, "bypass: c", version="0.9"),
    ]
    said = page.records(lines, PINNED)[name]
    assert {leak: each["accusations"] for leak, each in said.leaky.items()} == {READ: ["bypass: b"]}
    stopped = line(name, LISTED, "bypass: d", note="stopped: seconds spent")
    longer = line(name, "tenant-from-header", bounds={"requests": 200, "seconds": 60.0})
    said = page.records([*lines[::2], line(name, READ, "bypass: e"), stopped, longer], PINNED)[name]
    assert {leak: each["accusations"] for leak, each in said.leaky.items()} == {READ: ["bypass: e"]}


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes the page of all that is there, behind which a kill may have cut a line off."""
    lines = [line(TOOLS[0].name, READ, version=versions()[TOOLS[0].package]) for _ in range(2)]
    (tmp_path / "lines").write_text("".join(json.dumps(each) + "\n" for each in lines) + "{")
    monkeypatch.setattr(peers, "RESULTS", tmp_path / "lines")
    monkeypatch.setattr(peers, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(sys, "argv", ["peers", "--page"])
    peers.main()
    assert "Bounds of a run: 100 requests and 6 seconds." in (tmp_path / "page.md").read_text()


def test_page() -> None:
    """A row for each tool, of the leaks that it was tried on; what it says of the correct service; what to read with
    care; and Partywall's own, by the runs that found a leak every time within the tools' bounds."""
    name = TOOLS[0].name
    lines = [
        line(name, "", "rejected: GET /orders"),
        line(name, READ, "bypass: GET /orders/{id}", note="stopped: requests spent"),
        line(name, LISTED),
    ]
    own = [
        {
            "leak": leak,
            "seed": seed,
            "commit": "0a1b2c3",
            "verdict": verdict,
            "found": [["ownership", "sequential"]] if requests else [],
            "requests": requests,
            "seconds": 0.5,
        }
        for leak, seed, verdict, requests in (
            ("", 1, "held", None),
            (READ, 1, "violated", 12),
            (LISTED, 1, "violated", 30),
            (LISTED, 2, "violated", 101),
        )
    ]
    told = page.page(lines, own, PINNED)
    assert f"| {name} 1.0 | 1 of 2 | 1 of 1 |" in told
    assert f"| {TOOLS[1].name} 1.0 | none tried yet |" in told
    assert "| Partywall | 1 of 2 | 1 of 1 |" in told
    assert "| 0 of 1 runs |  |  | 21 | 0.5 |" in told
    assert "| 1 of 1 runs | 20 | 1.5 |  |  |" in told
    assert "Bounds of a run: 100 requests and 6 seconds. Commit: 0a1b2c3." in told
    assert "False alarms in 1 runs with nothing planted: \n- rejected: GET /orders\n" in told
    assert f"- `{READ}`: bypass: GET /orders/{{id}}\n" in told
    assert f"- {READ}, embedded: stopped: requests spent\n" in told
    assert f"| `{READ}` | C11 BOLA | sequential | killed |" in told
    assert page.page([], [], PINNED).count("| Partywall |") == 0
