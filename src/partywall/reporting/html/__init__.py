"""``index.html``: a run for people, in one file that asks for nothing from anywhere.

The verdict stands in the page itself; the rest is data beside it, which the page's own script shows. Text from the
tested service is only ever put in as text, and the content security policy admits no other script.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

from partywall.grid import CAUSES
from partywall.model import Outcome
from partywall.oracle.explain import headline
from partywall.record import read_records
from partywall.reporting.report import report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from partywall.gate import Assessment

BODY_CHARS_MAX, REASONS_OPEN_MAX = 6000, 10
POINTS_MAX = 5000
"""Exchanges in the plot; of more, every so many-th is shown."""

_WORDS = {
    Outcome.HELD: "No response showed one tenant what is another's.",
    Outcome.VIOLATED: "Something of one tenant's reached another.",
    Outcome.INCONCLUSIVE: "Nothing was found, and not everything was proven.",
}


def page(assessment: Assessment, folder: Path, *, started: float, ended: float) -> str:
    """The page.

    Args:
        folder: of the run, with its history and its findings' witnesses.
        started, ended: seconds since the epoch.
    """
    style, script = (_text(name) for name in ("style.css", "page.js"))
    told = _data(assessment, folder, started=started, ended=ended)
    digests = {name: base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for name, code in
               (("style", style), ("script", script))}  # fmt: skip
    return Template(_text("page.html")).substitute(
        style=style,
        script=script,
        style_digest=digests["style"],
        script_digest=digests["script"],
        verdict=assessment.outcome,
        sentence=html.escape(_WORDS[assessment.outcome]),
        bound=html.escape(_bound(assessment)),
        facts=_facts(told),
        reasons=_list("Not proven", assessment.reasons) + _list("Granted on purpose", _grants(told)),
        data=_embedded(told),
    )


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _bound(assessment: Assessment) -> str:
    if assessment.bound is None:
        return ""
    return (
        f"No leak in {assessment.tally.judged:,} responses: with 95 % confidence fewer than "
        f"{assessment.bound:.2g} of such responses leak."
    )


def _facts(told: dict[str, Any]) -> str:
    names = {
        "responses judged": f"{told['judged']:,}",
        "tenants": f"{told['tenants']:,}",
        **{f"tenant {label}": name for label, name in told["names"].items()},
        "overlapping pairs": f"{told['overlaps']:,}",
        "seed": str(told["seed"]),
        "started": told["started"],
        "seconds": f"{told['seconds']:.0f}",
    }
    return "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>" for name, value in names.items()
    )


def _grants(told: dict[str, Any]) -> list[str]:
    return [f"What is {each['owner']}'s may show to {each['viewer']}: {each['reason']}" for each in told["granted"]]


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    opened = " open" if len(lines) <= REASONS_OPEN_MAX else ""
    return f"<details{opened}><summary>{title} ({len(lines)})</summary><ul>{items}</ul></details>"


def _data(assessment: Assessment, folder: Path, *, started: float, ended: float) -> dict[str, Any]:
    told = report(assessment, started=started, ended=ended)
    found = {each.finding.id: each.finding for each in assessment.found}
    for each in told["findings"]:
        each["headline"] = headline(found[each["id"]])
        each["shown_again"] = _witness(folder / each["witness"])
    for each, warned in zip(told["warnings"], assessment.tally.warned.values(), strict=True):
        each["headline"] = headline(warned.finding)
    told["causes"] = CAUSES
    told["points"] = _points(folder / "history.ndjson")
    return told


def _witness(path: Path) -> dict[str, Any] | None:
    """A witness, with what a page has room for."""
    if not path.exists():
        return None
    whole = json.loads(path.read_text("utf-8"))
    numbered = {step["number"]: step for step in whole["program"]["steps"]}
    shown = whole["shown"] or whole["finding"]
    return {
        "reproduced": whole["reproduced"],
        "tries": whole["tries"],
        "minimal": whole["minimal"],
        "note": whole["note"],
        "value": shown["value"],
        "steps": [
            {
                "number": exchange["step"],
                "role": numbered[exchange["step"]]["role"],
                "operation": exchange["operation"],
                "method": exchange["method"],
                "url": exchange["url"],
                "called_ns": exchange["called_ns"],
                "returned_ns": exchange["returned_ns"],
                "status": exchange["status"],
                "fault": exchange["fault"],
                "request_headers": exchange["request_headers"],
                "headers": exchange["headers"],
                "request_body": _body(exchange["request_body"]),
                "body": _body(exchange["body"]),
                "shows": exchange["number"] == shown["exchange"],
                "together": numbered[exchange["step"]]["group"],
                "hangs_up_ms": numbered[exchange["step"]]["hang_up_ms"],
            }
            for exchange in whole["exchanges"]
        ],
        "roles": whole["program"]["roles"],
    }


def _body(told: str | dict[str, str]) -> str:
    if isinstance(told, dict):
        return f"{len(base64.b64decode(told['base64']))} bytes that are no text"
    return told if len(told) <= BODY_CHARS_MAX else told[:BODY_CHARS_MAX] + "…"


def _points(history: Path) -> dict[str, Any]:
    """Exchanges as the plot shows them: [operation, called ms, took ms, status], and how many there were."""
    if not history.exists():
        return {"total": 0, "operations": [], "shown": []}
    times = [
        (r["operation"], r["called_ns"], r["returned_ns"], r["status"])
        for r in read_records(history)
        if r["record"] == "exchange"
    ]
    first = min((called for _, called, _, _ in times), default=0)
    operations = sorted({operation for operation, *_ in times})
    every = max(1, -(-len(times) // POINTS_MAX))
    shown = [
        [
            operations.index(operation),
            round((called - first) / 1e6, 1),
            round((returned - called) / 1e6, 2),
            status or 0,
        ]
        for operation, called, returned, status in times[::every]
    ]
    return {"total": len(times), "operations": operations, "shown": shown}


def _embedded(told: dict[str, Any]) -> str:
    """JSON that ends no script element, whatever is in it."""
    return json.dumps(told, separators=(",", ":")).replace("<", "\\u003c").replace("\u2028", "\\u2028")
