"""The page of a run in a real browser: `make browser`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from partywall.reporting import html
from partywall.reporting.evidence import write_witness
from tests.browsers import browser, listen, look
from tests.partywall.leaky import running
from tests.partywall.test_evidence import by_id
from tests.partywall.test_reduce import reduced
from tests.partywall.test_reports import NAMES, leaking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["browser"]

FINDINGS, EXCHANGES = 200, 5000
SIZE, TELEPHONE = ViewportSize(width=1200, height=800), ViewportSize(width=390, height=780)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAINTED = """(canvas) =>
  canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((each) => each)"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with many exchanges and findings, the first of which has a witness."""
    folder = tmp_path_factory.mktemp("run")
    with running("by-id") as service:
        witness = reduced(service, by_id, "content")
        write_witness(folder / "findings" / witness.finding.id, witness, service.target())
    calls = (
        {"record": "exchange", "operation": f"get{n % 30}", "called_ns": n * 10**6, "returned_ns": (n + n % 7) * 10**6}
        for n in range(EXCHANGES)
    )
    lines = (json.dumps({**call, "status": 200}) + "\n" for call in calls)
    (folder / "history.ndjson").write_text("".join(lines))
    others = (replace(NAMES, operation=f"operation{n}") for n in range(FINDINGS - 1))
    page = folder / "index.html"
    page.write_text(html.page(leaking(witness.finding, *others), folder, started=1e9, ended=1e9 + 5))
    return page


@pytest.fixture(params=THEMES)
def page(request: pytest.FixtureRequest, browser: Browser, written: Path) -> Iterator[Page]:  # a fixture
    """The page, by day and by night. Nothing is complained of, and nothing else is asked for."""
    complaints: list[str] = []
    with browser.new_context(viewport=SIZE, color_scheme=request.param) as context:
        shown = context.new_page()
        listen(shown, complaints)
        shown.on("request", lambda asked: complaints.append(asked.url) if asked.url != written.as_uri() else None)
        shown.goto(written.as_uri())
        yield shown
    assert complaints == []


def test_for_everybody(page: Page) -> None:
    """Verdict, findings, plot and pictures are there, and can be read by everybody, on a telephone too."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("violated")
    expect(page.locator("#findings details.finding")).to_have_count(FINDINGS)
    expect(page.locator("#latency")).to_contain_text(f"{EXCHANGES} exchanges")
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    assert canvas.evaluate(PAINTED)
    look(page)
    page.set_viewport_size(TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_by_keyboard(page: Page) -> None:
    """A finding is opened, the grid is walked through and a cell of it looked into, without a mouse."""
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="To the grid")).to_be_in_viewport()
    found = page.locator("details.finding", has=page.locator("button.step"))
    summary = found.locator("> summary")
    for _ in range(FINDINGS):
        if found.count() and summary.evaluate("each => each === document.activeElement"):
            break
        keys.press("Tab")
        if page.evaluate("document.activeElement.matches('summary') && !document.activeElement.parentElement.open"):
            keys.press("Enter")
    expect(summary).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    marks = found.locator("mark")
    expect(marks.first).to_be_visible()
    keys.press("Enter")
    expect(marks.first).to_be_hidden()
    keys.press("Enter")
    keys.press("Tab")
    expect(found.locator("button.step").first).to_be_focused()
    keys.press("Enter")
    expect(found.locator("button.step").first).to_have_attribute("aria-pressed", "true")
    page.locator("a.skip").focus()
    keys.press("Enter")
    keys.press("Tab")
    cells = page.locator("#grid tbody button")
    expect(cells.first).to_be_focused()
    keys.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(cells.nth(1)).to_be_focused()
