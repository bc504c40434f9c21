"""What the kill matrix says of runs, told by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from benchmarks import kill_matrix, kill_page
from clickdrop.decoys import DECOYS
from partywall.oracle.judge import PROPERTIES

if TYPE_CHECKING:
    from pathlib import Path


def line(leak: str, seed: int, verdict: str, *found: tuple[str, str], requests: int | None = None) -> dict[str, Any]:
    return {
        "leak": leak,
        "seed": seed,
        "commit": "0a1b2c3",
        "verdict": verdict,
        "found": [list(pair) for pair in found],
        "requests": requests,
        "seconds": None,
        "causes": {"missing check": 2, "cache key": 1} if found else {},
        "steps": 3 if found else None,
    }


def test_summary(tmp_path: Path) -> None:
    """Requests count that were sent before the first finding had shown, whichever trial is judged first."""
    calls = [("t/0", 0, 10, 15), ("t/0", 1, 20, 25), ("u/0", 0, 30, 35), ("u/0", 1, 40, 45)]
    records: list[dict[str, Any]] = [
        {"record": "exchange", "trial": trial, "number": number, "called_ns": called, "returned_ns": returned}
        for trial, number, called, returned in calls
    ]
    for trial, test, exchange in (("u/0", "test_u.py::test_load", 1), ("t/0", "test_t.py::test_warm_cache", 1)):
        finding = {"property": "ownership", "exchange": exchange}
        records.append({"record": "judgement", "trial": trial, "test": test, "findings": [finding]})
    (tmp_path / "history.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))
    summary = kill_matrix.summary_of(tmp_path / "history.ndjson")
    assert summary["found"] == [("ownership", "concurrent"), ("ownership", "sequential")]
    assert (summary["requests"], summary["seconds"]) == (2, 0.0)


def test_matrix() -> None:
    """A property is counted once a run, however many modes found it; the clean service comes first, decoys last."""
    leak, decoy = "order-read-without-tenant", next(iter(DECOYS))
    both = (("ownership", "sequential"), ("ownership", "concurrent"))
    rows = kill_page.matrix(
        [
            line(leak, 1, "violated", *both, requests=7),
            line(leak, 2, "held"),
            line(leak, 3, "violated", ("echo", "sequential"), requests=9),
            line(decoy, 1, "held"),
            line("", 1, "held"),
        ]
    )
    assert [row["leak"] for row in rows] == ["(none planted)", leak, f"(decoy) {decoy}"]
    assert (rows[0]["violated"], rows[0]["properties"], rows[0]["requests: median, p90"]) == ("0 of 1", "", "")
    assert rows[1]["violated"] == "2 of 3"
    assert rows[1]["properties"] == "echo 1, ownership 1"
    assert rows[1]["modes"] == "concurrent 1, sequential 2"
    assert rows[1]["requests: median, p90"] == "8, 9"
    assert (rows[1]["smallest witness"], rows[1]["cause"]) == (3, "missing check* 4, cache key 2")


def test_explained(tmp_path: Path) -> None:
    """A cause counts where experiments named it; the smallest witness among those that were shown again."""
    found = []
    for number, (steps, reproduced) in enumerate([(2, 0), (4, 3), (5, 1)]):
        witness = {"program": {"steps": [{}] * steps}, "reproduced": reproduced}
        (tmp_path / f"{number}.json").write_text(json.dumps(witness))
        experiments = [{"change": "a query of its own", "shown": 0, "tries": 1}] * number
        found.append({"cause": "cache key", "experiments": experiments, "witness": f"{number}.json"})
    assert kill_matrix.explained({"findings": found}, tmp_path) == {"causes": {"cache key": 2}, "steps": 4}


def test_page() -> None:
    """A leak that a run missed and a decoy that a run accused are told, and what a property alone found."""
    missed, found, decoy = "order-read-without-tenant", "error-quotes-order", next(iter(DECOYS))
    lines = [
        line(missed, 1, "violated", ("ownership", "sequential"), ("echo", "concurrent")),
        line(missed, 2, "held"),
        line(found, 1, "violated", ("ownership", "sequential")),
        line(decoy, 1, "violated", ("staleness", "sequential")),
    ]
    page = kill_page.page(lines)
    assert "Found by every run: 1 of 2 leaks, of 50." in page
    assert "Not found by every run, to be worked on: order-read-without-tenant (1 of 2)." in page
    assert f"False alarms, in 1 runs with nothing or a decoy planted: {decoy} (1 of 1)." in page
    assert "| ownership | 2 | error-quotes-order |" in page
    assert "| echo | 1 |  |" in page


def test_picture() -> None:
    """Well-formed, with a square for each mode of each property in each row, that says what it stands for."""
    drawn = ElementTree.fromstring(
        kill_page.picture([line("error-quotes-order", 1, "violated", ("echo", "sequential"))])
    )
    titles = [title.text or "" for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 1 + len(kill_page.MODES) * len(PROPERTIES)
    assert [title for title in titles if title.endswith("1 of 1")] == ["error-quotes-order, echo, sequential: 1 of 1"]


def test_fallen() -> None:
    """A lower rate, a leak that is not tried any more, and any false alarm are told; a higher rate is not."""
    before = [
        line("order-read-without-tenant", 1, "violated"),
        line("error-quotes-order", 1, "violated"),
        line("tenant-from-header", 1, "held"),
        line("renamed-since", 1, "violated"),
    ]
    now = [
        line("order-read-without-tenant", 1, "violated"),
        line("order-read-without-tenant", 2, "held"),
        line("error-quotes-order", 1, "violated"),
        line("tenant-from-header", 1, "violated"),
        line("", 1, "violated"),
    ]
    assert kill_page.fallen(now, before) == [
        "order-read-without-tenant: found in 1 of 2 runs; before in 1 of 1",
        "renamed-since: tried in 1 runs before, and in none now",
        "nothing planted: a false alarm in 1 of 1 runs",
    ]
    assert kill_page.fallen(before[:3], before[:3]) == []
