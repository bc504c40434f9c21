"""The files that a run leaves, beside its history and its witnesses."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from partywall.model import Outcome
from partywall.reporting import breach, html, report, sarif

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.gate import Assessment


def write_reports(
    folder: Path, assessment: Assessment, *, started: float, ended: float, system: str | None = None
) -> None:
    """Write each, in place whole or not at all.

    Args:
        started, ended: of the run; seconds since the epoch.
        system: name of the system, if it is a real one, whose leaks are breaches.
    """
    log = sarif.sarif(assessment, folder, started=started, ended=ended)
    _put(folder / "report.json", report.text(assessment, started=started, ended=ended))
    _put(folder / "results.sarif", sarif.text(log))
    _put(folder / "index.html", html.page(assessment, folder, started=started, ended=ended))
    if system and assessment.outcome is Outcome.VIOLATED:
        record = breach.record(assessment, system, aware=ended, written=time.time())
        _put(folder / "breach.json", json.dumps(record, indent=1) + "\n")
        _put(folder / "breach.md", breach.text(record))


def _put(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)
