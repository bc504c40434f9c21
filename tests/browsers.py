"""A real browser, headless, for the tests that `make browser` runs. They are not collected by `make test`, since they
need Chromium: Debian's package `chromium` has it; `CHROMIUM` names another one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.accessibility import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = Path(__file__).parents[1] / "docs" / "images"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("expected Chromium: apt-get install chromium, or name one by CHROMIUM")
    with sync_playwright() as playwright:
        # Root may not use its sandbox; it opens nothing but what is on this machine.
        launched = playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0)
        yield launched
        launched.close()


def listen(page: Page, complaints: list[str]) -> None:
    """Note what the browser complains of: errors of scripts, what the content policy forbade, what was not there."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def look(page: Page, name: str | None = None) -> None:
    """Hold that a page is for everybody; with a name, keep a picture of it for the documentation."""
    found = faults(page)
    assert not found, "\n".join(found)
    if name is not None:
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png")
