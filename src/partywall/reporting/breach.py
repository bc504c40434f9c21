"""``breach.json`` and ``breach.md``: a draft of the record that a controller keeps of a personal data breach.

Where the tested system is real, a leak that a run finds starts a clock: Article 33 of the General Data Protection
Regulation (EU) 2016/679, and of the UK GDPR, has a controller notify the authority within 72 hours of becoming aware,
unless a risk to people is unlikely, and document every breach (33(5)). What a test can know is filled in; what a person
has to find out is marked, and nothing here decides whether anything has to be reported.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from partywall.oracle.explain import headline
from partywall.oracle.kinds import Direction, Weight, kind_of
from partywall.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.gate import Assessment, Found

HOURS = 72
FILL_IN = "TO BE FILLED IN"
_INDEX = re.compile(r"/\d+(?=/|$)")
_CONSEQUENCES = {
    Weight.CONTENT: "Loss of confidentiality: whoever is shown another's data can read, keep, and pass it on.",
    Weight.METADATA: "Loss of confidentiality of what is about another's data: identifiers, counts, parts of values.",
    Weight.EXISTENCE: "It can be found out that another has something, not what it is.",
}
_WRITTEN = "Loss of integrity: another's data were changed, removed, or acted upon."


def record(assessment: Assessment, system: str, *, aware: float, written: float) -> dict[str, Any]:
    """The record as JSON.

    Args:
        system: name of the real system.
        aware, written: when the run ended that found it, and when this is written; seconds since the epoch.
    """
    found = [each for each in assessment.found if each.finding.id not in assessment.tolerated]
    named = (assessment.tally.policy or Policy(operations=())).named
    known = datetime.fromtimestamp(aware, UTC)
    due = known + timedelta(hours=HOURS)
    left = due - datetime.fromtimestamp(written, UTC)
    return {
        "version": 1,
        "system": system,
        "clock": {
            "aware": known.isoformat(timespec="seconds"),
            "due": due.isoformat(timespec="seconds"),
            "hours_left": round(left.total_seconds() / 3600, 2),
            "aware_by": "the end of this run; earlier, if somebody knew before",
            "reasons_for_delay": FILL_IN if left.total_seconds() < 0 else "",
        },
        "nature": {
            "what": [headline(each.finding) for each in found],
            "mechanisms": sorted({each.finding.cause for each in found}),
            "categories_of_data": sorted({name for each in found if (name := _category(each))}),
            "categories_of_people": FILL_IN,
            "people_concerned": FILL_IN,
            "records_concerned": FILL_IN,
            "since": FILL_IN,
        },
        "shown_in_the_test": [
            {"owner": named(owner), "viewer": named(viewer), "exchanges": count}
            for (owner, viewer, state), count in sorted(assessment.tally.pairs.items())
            if state == "violated"
        ],
        "findings": [_finding(each) for each in found],
        "consequences": list(_consequences(found)),
        "measures": {"taken": FILL_IN, "proposed": FILL_IN},
        "contact": FILL_IN,
        "notified": {"authority": FILL_IN, "people": FILL_IN, "reasons_if_not": FILL_IN},
    }


def _finding(found: Found) -> dict[str, Any]:
    finding = found.finding
    return {
        "id": finding.id,
        "operation": finding.operation,
        "surface": finding.surface,
        "place": _INDEX.sub("/*", finding.place),
        "rule": finding.rule,
        "times": found.count,
        "evidence": f"findings/{finding.id}/",
    }


def _category(found: Found) -> str:
    """What kind of data it was, by the name of the place that showed it."""
    names = [name for name in found.finding.place.split("/") if name and not name.isdigit()]
    return names[-1] if names else ""


def _consequences(found: list[Found]) -> Iterator[str]:
    kinds = [kind_of(each.finding) for each in found]
    if any(kind.direction is Direction.WRITE for kind in kinds):
        yield _WRITTEN
    yield from (words for weight, words in _CONSEQUENCES.items() if any(kind.weight is weight for kind in kinds))
    yield f"For the people concerned: {FILL_IN}"


def text(told: dict[str, Any]) -> str:
    """The record for people, in Markdown. A part that a person has to fill in stands in bold."""
    clock, nature, notified = told["clock"], told["nature"], told["notified"]
    lines = [
        f"# Personal data breach: {told['system']}",
        "",
        "A draft, made from what an isolation test found. It decides nothing: whether this is a breach of personal "
        "data, and whether it is to be reported, is for the controller to say.",
        "",
        f"- Aware since: {clock['aware']} ({clock['aware_by']})",
        f"- To be reported by: {clock['due']}, unless a risk to people is unlikely; {_hours(clock['hours_left'])}",
        f"- Reasons, if later: {clock['reasons_for_delay'] or 'none needed so far'}",
        "",
        "## Nature of the breach",
        "",
        *(f"- {each}" for each in nature["what"]),
        "",
        f"- Mechanism: {', '.join(nature['mechanisms'])}",
        f"- Kinds of data, by where they showed: {', '.join(nature['categories_of_data']) or FILL_IN}",
        f"- Categories of people: {nature['categories_of_people']}",
        f"- Number of people: {nature['people_concerned']}",
        f"- Number of records: {nature['records_concerned']}",
        f"- Since when: {nature['since']}",
        "",
        "## Whose data was shown to whom, in the test",
        "",
        "| owner | shown to | exchanges |",
        "| --- | --- | --- |",
        *(f"| {each['owner']} | {each['viewer']} | {each['exchanges']} |" for each in told["shown_in_the_test"]),
        "",
        "Owners and viewers are the test's own tenants. Which customers it happened to is in the system's logs.",
        "",
        "## Likely consequences",
        "",
        *(f"- {each}" for each in told["consequences"]),
        "",
        "## Measures",
        "",
        f"- Taken: {told['measures']['taken']}",
        f"- Proposed: {told['measures']['proposed']}",
        "",
        "## Contact and notification",
        "",
        f"- Data protection officer, or other contact: {told['contact']}",
        f"- Authority notified: {notified['authority']}",
        f"- People told: {notified['people']}",
        f"- Reasons, if it is not reported: {notified['reasons_if_not']}",
        "",
        "## Evidence",
        "",
        *(
            f"- `{each['evidence']}`: {each['operation']}, {each['surface']} {each['place']}"
            for each in told["findings"]
        ),
    ]
    return "\n".join(lines).replace(FILL_IN, f"**{FILL_IN}**") + "\n"


def _hours(left: float) -> str:
    return f"{left:g} hours are left" if left >= 0 else f"{-left:g} hours ago"
