"""The page of a run: one file, that asks for nothing from anywhere, whatever the tested service answered."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from partywall.model import Outcome
from partywall.policy import Grant
from partywall.reporting import html
from partywall.reporting.evidence import write_witness
from tests.partywall.histories import NOTES
from tests.partywall.leaky import running
from tests.partywall.test_evidence import by_id
from tests.partywall.test_reduce import reduced
from tests.partywall.test_reports import NAMES, WRITTEN, leaking

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "</script><script>alert(1)</script><!-- &amp; \u2028 'x' \" ${data}"


class _Page(HTMLParser):
    """Elements by name, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = True

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # its signature there
        self._inside = False

    def handle_data(self, data: str) -> None:
        at = len(self.elements) - 1
        if self._inside:
            self.texts[at] = self.texts.get(at, "") + data

    def text(self, tag: str, index: int = 0) -> str:
        return self.texts[[n for n, (name, _) in enumerate(self.elements) if name == tag][index]]

    @property
    def data(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text("script", 0))
        return told


def test_page(tmp_path: Path) -> None:
    """Verdict, reasons and findings are there; the findings' witnesses with their values; the plot's exchanges."""
    with running("by-id") as service:
        witness = reduced(service, by_id, "content")
        write_witness(tmp_path / "findings" / witness.finding.id, witness, service.target())
    call = {"record": "exchange", "operation": "get", "called_ns": 5_000_000, "returned_ns": 7_500_000, "status": 200}
    (tmp_path / "history.ndjson").write_text("".join(json.dumps(call) + "\n" for _ in range(html.POINTS_MAX + 1)))
    page = _Page(html.page(leaking(witness.finding, WRITTEN), tmp_path, started=1e9, ended=1e9 + 5))
    assert "violated" in page.text("title")
    told, other = page.data["findings"] if page.data["findings"][0]["shown_again"] else page.data["findings"][::-1]
    assert other["shown_again"] is None
    assert told["shown_again"]["reproduced"] == 3
    [shows] = [step for step in told["shown_again"]["steps"] if step["shows"]]
    assert told["shown_again"]["value"] in shows["body"].lower()
    points = page.data["points"]
    assert points["total"] == html.POINTS_MAX + 1
    assert 0 < len(points["shown"]) <= html.POINTS_MAX
    assert points["shown"][0] == [0, 0.0, 2.5, 200]


def test_granted(tmp_path: Path) -> None:
    """What was allowed on purpose stands on the page, as text."""
    held = leaking()
    policy = replace(NOTES, granted=(Grant("A", "B", f"B keeps A's books {HOSTILE}"),))
    text = html.page(replace(held, tally=replace(held.tally, policy=policy)), tmp_path, started=1, ended=2)
    assert "Granted on purpose (1)" in text
    assert "What is A&#x27;s may show to B: B keeps A&#x27;s books &lt;/script&gt;" in text


@pytest.mark.parametrize("outcome", Outcome)
def test_alone(outcome: Outcome, tmp_path: Path) -> None:
    """Nothing is loaded, and what may run is named by its digest."""
    text = html.page(leaking(*([NAMES] if outcome is Outcome.VIOLATED else [])), tmp_path, started=1, ended=2)
    page = _Page(text)
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "base"}
        assert not {"src", "srcset", "style", "onclick", "onload"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"https?://", text)
    [policy] = [a["content"] or "" for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for tag, index in (("style", 0), ("script", 1)):
        digest = base64.b64encode(hashlib.sha256(page.text(tag, index).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile(tmp_path: Path) -> None:
    """What a service answers is shown as text, and ends no element."""
    finding = replace(NAMES, value=HOSTILE, rule=HOSTILE)
    plain = _Page(html.page(leaking(NAMES), tmp_path, started=1, ended=2))
    page = _Page(html.page(leaking(finding), tmp_path, started=1, ended=2))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.data["findings"][0]["value"] == HOSTILE
