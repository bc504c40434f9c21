"""Templates of requests for an operation, from its description, its links, and what a person said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partywall.schema import bodies
from partywall.schema.kinds import response_pointer
from partywall.schema.plan import MAKE
from partywall.schema.template import Equal, Id, Marked, Open, Template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from partywall.schema.description import Description
    from partywall.schema.operations import Operation, Parameter
    from partywall.schema.plan import Plan, Step


def templates(
    description: Description, plan: Plan, step: Step, dropped: frozenset[str], kinds: Collection[str]
) -> Iterator[Template]:
    """Requests to try, the likeliest first.

    Args:
        dropped: fields in which the service did not like what was planted.
        kinds: of objects that can be had: a link to any other would leave its operation untried.
    """
    operation = description.named(step.operation)
    values = tuple((slot.name, _named(step, operation, slot.name)) for slot in step.slots if slot.location == "path")
    query, headers = _parameters(description, plan, operation)
    linked, body_link = _linked(description, plan, operation, kinds)
    query |= {name: value for name, value in linked.items() if name in {p.name for p in operation.parameters}}
    said = {place: Marked(value) if "{mark}" in str(value) else value for place, value in step.values}
    for body in _documents(description, operation, body_link, dropped):
        template = Template(
            operation=operation.name,
            method=operation.method,
            path=operation.path,
            values=values,
            query=tuple((name, value) for name, value in query.items() if name not in operation.slots),
            headers=tuple(headers.items()),
            body=body,
            media_type=operation.body.media_type if operation.body else "application/json",
        )
        yield template.with_values(said)


def named_kinds(template: Template, plan: Plan) -> tuple[str, ...]:
    """Kinds of the objects that a template names, parents first."""
    found: set[str] = set()

    def note(place: Open) -> str:
        if isinstance(place, Id):
            found.add(place.kind)
        return ""

    template.filled(note)
    return tuple(kind.name for kind in plan.kinds if kind.name in found)


def _named(step: Step, operation: Operation, name: str) -> Any:
    """What a parameter of the path takes: an object's id, or of a PUT that makes one, a new name."""
    slot = next(slot for slot in step.slots if slot.name == name)
    if step.role == MAKE and slot.kind == step.kind and slot is step.slots[-1]:
        schema = next((p.schema for p in operation.parameters if p.name == name), {})
        return bodies.slot_for("name", schema) or Marked("{mark}")
    return Id(slot.kind)


def _parameters(description: Description, plan: Plan, operation: Operation) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the query and the headers have to hold."""
    needed = [p for p in operation.parameters if p.required and p.location in ("query", "header")]
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    drawn = None
    for parameter in needed:
        value = _object_of(plan, parameter) or _told(parameter)
        if value is None:
            drawn = drawn or bodies.draw(description.native(operation).as_strategy())
            at = getattr(drawn, "query" if parameter.location == "query" else "headers", None) or {}
            value = at.get(parameter.name, "1")
        (query if parameter.location == "query" else headers)[parameter.name] = value
    return query, headers


def _object_of(plan: Plan, parameter: Parameter) -> Id | None:
    plain = re.sub(r"[^a-z0-9]", "", parameter.name.lower())
    for kind in plan.kinds:
        base = re.sub(r"[^a-z0-9]", "", kind.name)
        if plain in (f"{base}id", f"{base}ids", f"{base}identifier", f"{base}uuid"):
            return Id(kind.name)
    return None


def _told(parameter: Parameter) -> Any:
    schema = parameter.schema
    for key in ("const", "default", "example"):
        if schema.get(key) is not None:
            return schema[key]
    for key in ("examples", "enum"):
        if isinstance(found := schema.get(key), list) and found:
            return found[0]
    return None


def _linked(
    description: Description, plan: Plan, operation: Operation, kinds: Collection[str]
) -> tuple[dict[str, Any], Any]:
    """Constants that links give to parameters, and the body that a link gives, with ids in its open places."""
    constants: dict[str, Any] = {}
    body = None
    for link in description.links:
        if link.consumer != operation.name:
            continue
        for _, name, value in link.parameters:
            if not (isinstance(value, str) and value.startswith(("$", "{$"))):
                constants.setdefault(name, value)
        if body is None and link.body not in (None, {}, ""):
            opened = _opened(link.body, plan, link.producer, kinds)
            body = None if opened in ({}, []) else opened
    return constants, body


def _opened(value: Any, plan: Plan, producer: str, kinds: Collection[str]) -> Any:
    """None for an expression that no object can be had for, and nothing in the place of it in what it is in."""
    if isinstance(value, dict):
        opened = {key: _opened(child, plan, producer, kinds) for key, child in value.items()}
        return {key: child for key, child in opened.items() if child is not None or value[key] is None}
    if isinstance(value, list):
        return [each for child in value if (each := _opened(child, plan, producer, kinds)) is not None]
    if isinstance(value, str) and value.startswith(("$", "{$")):
        kind = plan.of(producer).kind if response_pointer(value) else ""
        return Id(kind) if kind in kinds else None
    return value


def _documents(description: Description, operation: Operation, linked: Any, dropped: frozenset[str]) -> Iterator[Any]:
    if operation.body is None:
        yield None
        return
    found = False
    for body in bodies.candidates(description, operation):
        found = True
        planted = without(bodies.marked(operation, body, spare=dropped), body, dropped, operation)
        yield _over(planted, linked) if linked is not None else planted
    if linked is not None:
        yield linked
    if not operation.body.required or not found:
        yield None if not operation.body.required else {}


def without(planted: Any, body: Any, dropped: frozenset[str], operation: Operation) -> Any:
    """A body without the optional fields of those names."""
    needed = bodies.required_names(operation)
    if isinstance(planted, dict):
        return {
            key: without(child, body, dropped, operation)
            for key, child in planted.items()
            if key not in dropped or key in needed
        }
    if isinstance(planted, list):
        return [without(child, body, dropped, operation) for child in planted]
    return planted


def _over(planted: Any, linked: Any) -> Any:
    """A body with what a link says over it. A link's word for a field excludes another's name for the same object."""
    if isinstance(planted, dict) and isinstance(linked, dict):
        return {**planted, **{key: _over(planted.get(key), child) for key, child in linked.items()}}
    if isinstance(planted, list) and isinstance(linked, list) and linked:
        return [_over(planted[0] if planted else None, each) for each in linked]
    return linked


def planted_names(value: Any, name: str = "") -> set[str]:
    """Names of the fields of a body that hold something planted, or text."""
    if isinstance(value, dict):
        return {each for key, child in value.items() for each in planted_names(child, key)}
    if isinstance(value, list):
        return {each for child in value for each in planted_names(child, name)}
    return {name} if name and isinstance(value, Marked | Equal | str | int | float | bool) else set()
