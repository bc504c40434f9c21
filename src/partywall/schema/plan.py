"""The plan: what each operation is to an API's objects. Guessed from the description, put right by a person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from partywall.errors import UsageError
from partywall.schema import poison
from partywall.schema.description import resolved
from partywall.schema.kinds import Kind, Slot, find_kinds, linked_places, response_pointer, singular

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partywall.schema.description import Description
    from partywall.schema.operations import Operation

MAKE, SHOW, LIST, CHANGE, DELETE = "make", "show", "list", "change", "delete"
READ, ACT, APART, LEFT_OUT = "read", "act", "apart", "left-out"
ROLES = {
    MAKE: "makes an object",
    SHOW: "shows an object that its request names",
    LIST: "lists a tenant's objects",
    CHANGE: "changes an object that its request names",
    DELETE: "removes an object that its request names",
    READ: "reads, and names no object",
    ACT: "does something else than the above",
    APART: "may spoil its caller: tried only by principals made for that",
    LEFT_OUT: "not sent",
}
WRITING = frozenset({MAKE, CHANGE, DELETE, ACT})
_MAKING_ENDS = ("create", "new", "add")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation's part.

    Attributes:
        operation: its name. role: a key of `ROLES`. kind: of the object, "" for none.
        slots: where its request names objects, the outermost first.
        ids: pattern of the places of its answer that show the object's id, "" if not known.
        reason: why it has that part, in words.
        values: place of the body ("/items/0/code"), "query.NAME", "header.NAME" or "path.NAME" -> a value to be sent.
    """

    operation: str
    role: str
    kind: str = ""
    slots: tuple[Slot, ...] = ()
    ids: str = ""
    reason: str = ""
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Plan:
    """Parts of all operations, and the kinds of objects, parents first."""

    kinds: tuple[Kind, ...]
    steps: tuple[Step, ...]
    _by_name: dict[str, Step] = field(default_factory=dict, repr=False, compare=False)

    def of(self, operation: str) -> Step:
        """An operation's part."""
        if not self._by_name:
            self._by_name.update({step.operation: step for step in self.steps})
        return self._by_name[operation]

    def with_role(self, *roles: str) -> list[Step]:
        """The operations of some parts."""
        return [step for step in self.steps if step.role in roles]

    def makers(self, kind: str) -> list[Step]:
        """What makes objects of a kind, the likeliest first."""
        return [step for step in self.steps if step.role == MAKE and step.kind == kind]


def infer(description: Description, corrections: Mapping[str, Mapping[str, Any]] | None = None) -> Plan:
    """Guess the plan of an API.

    Args:
        corrections: operation -> what a person says of it: "role", "kind", "ids", "reason", "values".

    Raises:
        UsageError: a correction names what is not there.
    """
    operations = description.operations
    kinds, slots = find_kinds(operations)
    linked = linked_places(description.links, slots)
    steps = [_guess(description, operation, kinds, slots, linked) for operation in operations]
    for step in steps:  # a make without a path of its own has a kind of its own
        if step.kind and step.kind not in kinds:
            kinds[step.kind] = Kind(step.kind, description.named(step.operation).shape)
    told = dict(corrections or {})
    steps = [_corrected(step, told.pop(step.operation, None), kinds) for step in steps]
    for name in told:
        description.named(name)
        raise UsageError(f"operations.{name}: name the operation {name!r} as `partywall plan` prints it")
    ordered = sorted(kinds.values(), key=lambda kind: (_depth(kind, kinds), kind.collection))
    return Plan(tuple(ordered), tuple(steps))


def _depth(kind: Kind, kinds: Mapping[str, Kind]) -> int:
    return 1 + _depth(kinds[kind.parent], kinds) if kind.parent in kinds else 0


def _guess(
    description: Description,
    operation: Operation,
    kinds: dict[str, Kind],
    slots: Mapping[tuple[str, str], str],
    linked: Mapping[tuple[str, str], list[str]],
) -> Step:
    named = tuple(Slot("path", name, slots[operation.name, name]) for name in operation.slots)
    if operation.method == "HEAD":
        return Step(operation.name, LEFT_OUT, slots=named, reason="HEAD: its GET shows the same and more")
    if why := poison.spoils_run(operation):
        return Step(operation.name, LEFT_OUT, slots=named, reason=why)
    if why := poison.spoils_caller(operation):
        return Step(operation.name, APART, slots=named, reason=why)
    if why := poison.logs_in(operation):
        return Step(operation.name, LEFT_OUT, slots=named, reason=why)
    return _part(description, operation, kinds, named, linked)


def _part(
    description: Description,
    operation: Operation,
    kinds: dict[str, Kind],
    named: tuple[Slot, ...],
    linked: Mapping[tuple[str, str], list[str]],
) -> Step:
    name, method, shape = operation.name, operation.method, operation.shape
    item = named[-1].kind if named and shape.endswith("{}") else ""
    member = next((kind for kind in kinds.values() if kind.collection == shape), None)
    if method == "GET":
        if member:
            return Step(name, LIST, member.name, named, _linked(linked, name, member.name), "GET of a collection")
        if item:
            return Step(name, SHOW, item, named, _linked(linked, name, item), "GET of a member of a collection")
        listed = next((kind for kind in kinds.values() if shape.rpartition("/")[0] == kind.collection), None)
        if listed and (_linked(linked, name, listed.name) or _lists(operation.json_answer, description.document)):
            ids = _linked(linked, name, listed.name)
            return Step(name, LIST, listed.name, named, ids, "GET beneath a collection, answered with a list")
        if named:
            return Step(name, SHOW, named[-1].kind, named, "", "GET beneath a member of a collection")
        return Step(name, READ, "", (), "", "GET that names no object")
    if method == "DELETE" and member:
        return Step(
            name, LEFT_OUT, member.name, named, "", "DELETE of a whole collection, with all that its caller has there"
        )
    if method == "DELETE":
        return Step(name, DELETE if item else CHANGE, named[-1].kind if named else "", named, "", "DELETE of a member")
    if method == "PUT" and item and not _posts(description, kinds[item].collection):
        return Step(name, MAKE, item, named, _linked(linked, name, item), "PUT of a member, and no POST makes one")
    if method in ("PUT", "PATCH") and named:
        return Step(name, CHANGE, named[-1].kind, named, "", f"{method} of a member")
    if made := _made(operation, kinds, linked, member):
        kind, why = made
        return Step(name, MAKE, kind, named, _linked(linked, name, kind), why)
    if named:
        return Step(name, CHANGE, named[-1].kind, named, "", f"{method} beneath a member of a collection")
    if in_body := _named_in_body(description, operation, linked):
        return Step(name, CHANGE, in_body[0].kind, in_body, "", f"{method} whose body a link fills with an id")
    if method == "POST" and operation.json_answer is not None and operation.bodies:
        kind = singular(shape.rpartition("/")[2])
        return Step(name, MAKE, kind, (), "", "POST answered with a document; no operation shows what it made")
    return Step(name, ACT, "", (), "", f"{method} that names no object")


def _made(
    operation: Operation, kinds: Mapping[str, Kind], linked: Mapping[tuple[str, str], list[str]], member: Kind | None
) -> tuple[str, str] | None:
    if operation.method != "POST":
        return None
    if member:
        return member.name, "POST to a collection"
    parent, _, last = operation.shape.rpartition("/")
    at_home = next((kind for kind in kinds.values() if kind.collection == parent), None)
    if at_home and last.lower() in _MAKING_ENDS:
        return at_home.name, f"POST to a collection's {last}"
    if not operation.slots:
        for producer, kind in linked:
            if producer == operation.name:
                return kind, "a link takes the object's id from its answer"
    return None


def _posts(description: Description, collection: str) -> bool:
    return any(op.method == "POST" and op.shape == collection for op in description.operations)


def _named_in_body(
    description: Description, operation: Operation, linked: Mapping[tuple[str, str], list[str]]
) -> tuple[Slot, ...]:
    """Places of the body that links fill with an id that other links use in paths."""
    found: dict[str, Slot] = {}
    for link in description.links:
        if link.consumer != operation.name or link.body is None:
            continue
        for place, value in _leaves(link.body):
            pattern = re.sub(r"/(\d+|\*)(?=/|$)", "/*", response_pointer(value))
            for (producer, kind), places in linked.items():
                if pattern and producer == link.producer and pattern in places:
                    found.setdefault(place, Slot("body", place, kind))
    return tuple(found.values())


def _leaves(value: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, child in value.items() for leaf in _leaves(child, f"{place}/{key}")]
    if isinstance(value, list):
        return [leaf for index, child in enumerate(value) for leaf in _leaves(child, f"{place}/{index}")]
    return [(place, value)]


def _linked(linked: Mapping[tuple[str, str], list[str]], operation: str, kind: str) -> str:
    return next(iter(linked.get((operation, kind), ())), "")


def _lists(schema: Any, document: Any) -> bool:
    """Does an answer hold a list of objects, at its top or just below?"""
    top = resolved(schema, document)
    if not isinstance(top, dict):
        return False
    below = [resolved(each, document) for each in (top.get("properties") or {}).values()]
    return any(isinstance(each, dict) and (each.get("type") == "array" or "items" in each) for each in (top, *below))


def _corrected(step: Step, told: Mapping[str, Any] | None, kinds: dict[str, Kind]) -> Step:
    if not told:
        return step
    known = {"role", "kind", "ids", "reason", "values", "exclude"}
    if unknown := sorted(told.keys() - known):
        raise UsageError(f"operations.{step.operation}: expected some of {', '.join(sorted(known))}; came {unknown[0]}")
    if why := told.get("exclude"):
        return replace(step, role=LEFT_OUT, reason=f"excluded: {why}")
    role, kind = str(told.get("role", step.role)), str(told.get("kind", step.kind))
    if role not in ROLES:
        raise UsageError(f"operations.{step.operation}: expected a role out of {', '.join(ROLES)}; came {role!r}")
    if kind and kind not in kinds:
        kinds[kind] = Kind(kind, "")
    reason = str(told.get("reason", "as the settings say" if "role" in told or "kind" in told else step.reason))
    values = told.get("values", {})
    if not isinstance(values, dict):
        came = type(values).__name__  # the values may be credentials
        raise UsageError(f"operations.{step.operation}.values: expected a table of places and values; came {came}")
    ids = str(told.get("ids", step.ids))
    return replace(step, role=role, kind=kind, ids=ids, reason=reason, values=tuple(values.items()))


def table(plan: Plan, description: Description) -> list[str]:
    """The plan as lines of a table, for a person to correct."""
    rows = [("operation", "request", "part", "of", "names", "why")]
    for step in plan.steps:
        operation = description.named(step.operation)
        names = ", ".join(f"{slot.name}={slot.kind}" for slot in step.slots) or "-"
        rows.append(
            (step.operation, f"{operation.method} {operation.path}", step.role, step.kind or "-", names, step.reason)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]) for row in rows
    ]
    lines += [f"not understood, left out: {place}: {why}" for place, why in description.broken]
    return lines
