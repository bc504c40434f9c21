"""The kinds of findings, and their order: what is worse comes first.

Content is worse than metadata, metadata than mere existence; of the same weight, a write is worse than a read.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from partywall.model import Finding


class Weight(enum.IntEnum):
    """How much a finding gives away. A warning gives nothing away by itself, and is no violation."""

    WARNING = 0
    EXISTENCE = 1
    METADATA = 2
    CONTENT = 3


class Direction(enum.IntEnum):
    """Was something of another tenant's read, or written?"""

    READ = 0
    WRITE = 1


class Kind(NamedTuple):
    """What a kind of finding is worth; later in order is worse."""

    weight: Weight
    direction: Direction


_CONTENT, _METADATA, _EXISTENCE, _WARNING = (
    Kind(weight, Direction.READ) for weight in (Weight.CONTENT, Weight.METADATA, Weight.EXISTENCE, Weight.WARNING)
)
_WRITTEN = Kind(Weight.CONTENT, Direction.WRITE)

KINDS: dict[tuple[str, str], Kind] = {
    ("ownership", "content"): _CONTENT,
    ("ownership", "identifier"): _METADATA,
    ("ownership", "partial"): _METADATA,
    ("echo", "wrong-name"): _CONTENT,
    ("completeness", "missing"): _METADATA,
    ("noninterference", "influence"): _METADATA,
    ("integrity", "changed"): _WRITTEN,
    ("integrity", "removed"): _WRITTEN,
    ("existence", "existence"): _EXISTENCE,
    ("session", "foreign"): _WRITTEN,
    ("session", "survives"): _CONTENT,
    ("session", "kept"): Kind(Weight.METADATA, Direction.WRITE),
    ("staleness", "revoked"): _CONTENT,
    ("staleness", "deleted"): _METADATA,
    ("exactly-once", "twice"): _WRITTEN,
    ("exactly-once", "uneven"): _WRITTEN,
    ("cache-discipline", "not-modified"): _CONTENT,
    ("cache-discipline", "storable"): _WARNING,
    ("cache-discipline", "unmarked"): _WARNING,
    ("cache-discipline", "cookie"): _WARNING,
    ("cache-discipline", "vary"): _WARNING,
    ("cache-discipline", "validator"): _WARNING,
}
"""(property, kind) -> its worth. Every kind that an oracle can find is here."""


def kind_of(finding: Finding) -> Kind:
    """What a finding is worth."""
    return KINDS[finding.property, finding.kind]


def is_warning(finding: Finding) -> bool:
    """Is it no violation by itself?"""
    return kind_of(finding).weight is Weight.WARNING


def worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings in order, those of one kind as they were."""
    return tuple(sorted(findings, key=kind_of, reverse=True))
