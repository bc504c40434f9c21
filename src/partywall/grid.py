"""The grid: what a run proved of each operation, on each surface, by each property; and the rule that reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from partywall.errors import UsageError
from partywall.oracle.coverage import Coverage, Look
from partywall.oracle.judge import PROPERTIES
from partywall.oracle.kinds import KINDS, Weight, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from partywall.baseline import Known
    from partywall.model import Finding
    from partywall.policy import Policy, Resource

PROVEN, VIOLATED, INCONCLUSIVE = "proven", "violated", "inconclusive"

CAUSES = {
    "excluded": "by policy, or by what its requests are, there is nothing to look at",
    "not-tried": "nothing in the run provokes this property",
    "left-out": "the run provokes this property, but not with this operation",
    "never-succeeded": "never succeeded",
    "no-control": "no owner was ever shown anything provably its own",
    "unanswered": "no request that named another tenant's was answered but with 408, 429, 5xx or nothing",
    "not-overlapped": "never in flight together with another tenant's request",
    "unseen": "responses could not be read to their end",
    "unnoticed": "responses given to another tenant went unnoticed",
}
"""Why a cell is inconclusive."""

WARNINGS = "warnings"
LENIENT = frozenset({"excluded", "not-tried", WARNINGS})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid.

    Attributes:
        surface: "" for all of an operation in which the property looked at none.
        state: "proven", "violated" or "inconclusive".
        cause: a key of `CAUSES` where the state is inconclusive, else "". reason: the same in words.
        looks: how often the property looked here; transplants, noticed: as in `Look`.
    """

    operation: str
    surface: str
    property: str
    state: str
    cause: str = ""
    reason: str = ""
    looks: int = 0
    transplants: int = 0
    noticed: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a run fail. Strict: every finding, and every cell that is not proven, unless policy excludes it or
    nothing in the run tries its property; warnings don't.

    Attributes:
        tolerated: causes of cells, properties, kinds of findings and their weights, or "warnings".
        known: findings that are let pass, each until its day. day: on which the rule is read.
    """

    tolerated: frozenset[str] = LENIENT
    known: tuple[Known, ...] = ()
    day: date = date.min

    @classmethod
    def of(
        cls,
        tolerate: Iterable[str] = (),
        refuse: Iterable[str] = (),
        known: tuple[Known, ...] = (),
        day: date = date.min,
    ) -> Rule:
        """The strict rule, changed. Raises `UsageError` for a word that nothing has."""
        words = {*CAUSES, *PROPERTIES, *(kind for _, kind in KINDS), *(w.name.lower() for w in Weight), WARNINGS}
        for word in (*tolerate, *refuse):
            if word not in words:
                raise UsageError(
                    f"nothing to tolerate or refuse: expected one of {', '.join(sorted(words))}; came {word}"
                )
        return cls((LENIENT | set(tolerate)) - set(refuse), known, day)

    def refuses(self, *words: str) -> bool:
        """Does what has these words fail a run?"""
        return not self.tolerated & set(words)

    def refuses_finding(self, finding: Finding) -> bool:
        """Does a finding fail a run?"""
        if any(each.id == finding.id and not each.expired(self.day) for each in self.known):
            return False
        return self.refuses(finding.property, finding.kind, kind_of(finding).weight.name.lower())


@dataclass(frozen=True, slots=True)
class _Property:
    """What has to be known of a property.

    Attributes:
        excluded: why an operation leaves it nothing to look at, "" if it has something.
        controls: its silence needs an owner who was shown its own.
        foreign: where requests named another tenant's, its silence needs one that was answered.
        objects: where it looked after all, it would have objected. If not, what is excluded stays so.
    """

    excluded: Callable[[Policy, str, Coverage], str] = lambda _policy, _operation, _figures: ""
    controls: bool = False
    objects: bool = True
    foreign: bool = False


def _shared(policy: Policy, operation: str, _figures: Coverage) -> str:
    return next(
        (f"shared by policy: {s.reason}" for s in policy.shared if s.operation == operation and not s.place), ""
    )


def _names_nobody(policy: Policy, operation: str, _figures: Coverage) -> str:
    return "" if any(operation == name for name, _ in policy.caller) else "names no caller"


def _shows(resources: Collection[Resource]) -> set[str]:
    """Operations that show objects."""
    return {name for resource in resources for name in (*resource.shown, *(each.operation for each in resource.listed))}


def _shows_nothing(policy: Policy, operation: str, _figures: Coverage) -> str:
    return "" if operation in _shows(policy.resources) else "shows no object that was asked for"


def _changes_nothing(policy: Policy, operation: str, figures: Coverage) -> str:
    if not _shows(policy.resources):
        return "no operation shows an object whose change could be seen"
    declared = {name for r in policy.resources for name in (*r.made, *r.removed, *r.changed)} | {*policy.writes}
    return "" if operation in declared or figures.written else "only reads"


def _names_nothing(policy: Policy, operation: str, figures: Coverage) -> str:
    by_id = {name for r in policy.resources for name in (*r.shown, *r.removed, *r.changed)}
    return "" if operation in by_id or figures.named else "takes no ids: no request names what was there before"


def _no_session(policy: Policy, operation: str, _figures: Coverage) -> str:
    if operation in {log_in.operation for log_in in policy.log_ins}:
        return ""
    if operation in policy.log_outs:
        return "ends sessions: whether it does is seen in other operations"
    if operation in policy.public:
        return "issues no credential, and is open to everyone"
    if operation not in policy.pages and policy.log_outs and {*policy.log_outs} <= {*policy.pages}:
        return "issues no credential, and takes none that a log-out ends"
    return "" if policy.log_outs else "issues no credential, and the policy has no log-out after which it could open"


def _nothing_ends(policy: Policy, operation: str, _figures: Coverage) -> str:
    if operation in _shows([resource for resource in policy.resources if resource.removed]):
        return ""
    if operation in policy.public:
        return "open to everyone, and shows no object that can be removed"
    if any((revocation in policy.pages) is (operation in policy.pages) for revocation in policy.revocations):
        return ""
    if policy.revocations:
        return "shows no object that can be removed, and takes no credential that a revocation names"
    return "shows no object that can be removed, and the policy has no revocation after which it could open"


def _counts_nothing(policy: Policy, operation: str, _figures: Coverage) -> str:
    return "" if operation in {effect.operation for effect in policy.once} else "shows no effect that the policy counts"


def _not_cached(_policy: Policy, _operation: str, figures: Coverage) -> str:
    return "" if figures.read else "never a GET: no cache answers it"


_PROPERTIES = {
    "ownership": _Property(_shared, controls=True, objects=False, foreign=True),
    "echo": _Property(_names_nobody, controls=True),
    "completeness": _Property(_shows_nothing, controls=True),
    "integrity": _Property(_changes_nothing, foreign=True),
    "existence": _Property(_names_nothing, foreign=True),
    "session": _Property(_no_session),
    "staleness": _Property(_nothing_ends),
    "exactly-once": _Property(_counts_nothing),
    "cache-discipline": _Property(_not_cached),
}
_ANY = _Property()


@dataclass(slots=True)
class Seen:
    """What a run saw, added up over its trials."""

    coverage: dict[str, Coverage] = field(default_factory=dict)
    looks: dict[tuple[str, str, str], Look] = field(default_factory=dict)
    overlaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    violated: set[tuple[str, str, str]] = field(default_factory=set)


def grid(policy: Policy, seen: Seen) -> tuple[Cell, ...]:
    """Every cell: of the policy's operations, on each surface where a property looked, and of whatever was violated."""
    cells = []
    beside = {operation for _, operation, _ in seen.violated} - {*policy.operations}
    left_out = dict.fromkeys(e.operation for e in policy.excluded if e.operation not in policy.operations)
    for operation in (*policy.operations, *left_out, *sorted(beside - left_out.keys())):
        for name in PROPERTIES:
            if operation in beside - left_out.keys() and not any(
                (p, o) == (name, operation) for p, o, _ in seen.violated
            ):
                continue
            looked = {s for p, o, s in seen.looks if (p, o) == (name, operation) and seen.looks[p, o, s].times}
            violated = {s for p, o, s in seen.violated if (p, o) == (name, operation)}
            looked = looked - {""} | violated if violated else looked
            cells += [_cell(policy, seen, operation, surface, name) for surface in sorted(looked) or [""]]
    return tuple(cells)


def _cell(policy: Policy, seen: Seen, operation: str, surface: str, name: str) -> Cell:
    look = seen.looks.get((name, operation, surface), Look())
    figures = (look.times, look.transplants, look.noticed)
    if (name, operation, surface) in seen.violated:
        return Cell(operation, surface, name, VIOLATED, "", "", *figures)
    cause, reason = _cause(policy, seen, operation, name, look)
    state = INCONCLUSIVE if cause else PROVEN
    return Cell(operation, surface, name, state, cause, reason or CAUSES.get(cause, ""), *figures)


def _cause(policy: Policy, seen: Seen, operation: str, name: str, look: Look) -> tuple[str, str]:
    """Why a cell without a finding is not proven, ("", "") if it is. Even what is shared has to be exercised: a
    finding in it would have counted."""
    figures, known = seen.coverage.get(operation, Coverage()), _PROPERTIES.get(name, _ANY)
    if why := policy.why_excluded(operation, name):
        return "excluded", why
    if not figures.succeeded:
        return "never-succeeded", ""
    if (why := known.excluded(policy, operation, figures)) and not (look.times and known.objects):
        return "excluded", why
    if known.foreign and 0 < figures.foreign == figures.unanswered:
        return "unanswered", f"{CAUSES['unanswered']}: {figures.foreign} such requests"
    if not look.times:
        tried = any(p == name and seen.looks[p, o, s].times for p, o, s in seen.looks)
        return ("left-out" if tried else "not-tried"), ""
    if known.controls and not figures.controlled:
        return "no-control", ""
    if not any(operation in pair for pair in seen.overlaps):
        return "not-overlapped", ""
    if figures.unseen:
        return "unseen", f"{figures.unseen} responses could not be read to their end"
    if look.noticed < look.transplants:
        return (
            "unnoticed",
            f"{look.transplants - look.noticed} of {look.transplants} responses given to another tenant went unnoticed",
        )
    return "", ""
