"""Annotations that GitHub shows beside a check: workflow commands, one a line.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.oracle.explain import headline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.gate import Assessment

REASONS_MAX = 10
"""GitHub shows no more of a step's annotations of one level."""


def workflow_commands(assessment: Assessment) -> Iterator[str]:
    """An error for each leak, a warning for each that is let pass and for what was not proven."""
    for found, symptoms in assessment.leaks:
        level = "warning" if found.finding.id in assessment.tolerated else "error"
        further = f" (and {len(symptoms)} further symptoms)" if symptoms else ""
        yield _command(level, f"{found.finding.property} ({found.finding.kind})", headline(found.finding) + further)
    for found in assessment.tally.warned.values():
        yield _command("notice", found.finding.property, headline(found.finding))
    for reason in assessment.reasons[:REASONS_MAX]:
        yield _command("warning", "not proven", reason)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(f'Partywall: {title}')}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
