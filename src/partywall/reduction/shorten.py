"""Shorter requests: a programme's lists of ids and of objects, each with one member left out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from partywall.program import Answered, Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.program import Program, Step, Template

_SEPARATOR = "(?:[;,]|%(?:25)*(?:3[Bb]|2[Cc]))"
_INDEX = re.compile(r"/(\d+)(?=/|$)")


def shorter(program: Program) -> Iterator[Program]:
    """Each programme with one member less in one of its lists, in URLs first."""
    yield from _in_urls(program)
    yield from _in_bodies(program)


def _in_urls(program: Program) -> Iterator[Program]:
    for step in program.steps:
        for index, part in enumerate(step.url):
            if isinstance(part, Bound) and (url := _without(step.url, index)):
                yield program.having([replace(s, url=url) if s is step else s for s in program.steps])


def _without(template: Template, index: int) -> Template | None:
    """The template without a member of a list and one separator; None if it stands alone."""
    before = template[index - 1] if index else ""
    after = template[index + 1] if index + 1 < len(template) else ""
    if isinstance(after, str) and (found := re.match(_SEPARATOR, after)):
        return (*template[:index], after[found.end() :], *template[index + 2 :])
    if isinstance(before, str) and (found := re.search(_SEPARATOR + "$", before)):
        return (*template[: index - 1], before[: found.start()], *template[index + 1 :])
    return None


def _in_bodies(program: Program) -> Iterator[Program]:
    """With fewer members in an outermost list. Its response may list fewer too: then what is bound to later
    members is found earlier. Both ways are given, for the service to say which is right."""
    for step in program.steps:
        sources = [b.source for s in program.steps for b in s.bound if isinstance(b.source, Answered)]
        needed = {int(m[1]) for s in sources if s.step == step.number and (m := _INDEX.search(s.place))}
        for kept, body in _shorter_documents(step.body, needed):
            steps = [replace(s, body=(body,)) if s is step else s for s in program.steps]
            moved = {before: after for after, before in enumerate(kept)}
            if needed <= moved.keys():
                yield program.having([_moved_up(s, step.number, moved) for s in steps])
            if any(moved.get(index) != index for index in needed):
                yield program.having(steps)


def _shorter_documents(body: Template, needed: set[int]) -> Iterator[tuple[list[int], str]]:
    """Indices of the members that are kept, and the JSON document with only those; only where nothing is bound.
    First what is needed at least, then all but one, from the end."""
    if len(body) != 1 or not isinstance(body[0], str):
        return
    try:
        document: Any = json.loads(body[0])
    except ValueError:
        return
    lists = document.items() if isinstance(document, dict) else [("", document)]
    for key, members in lists:
        if isinstance(members, list) and len(members) > 1:
            every = range(len(members))
            least = sorted(needed & set(every)) or [0]
            for kept in [least, *([i for i in every if i != gone] for gone in reversed(every))]:
                if len(kept) < len(members):
                    fewer = [members[index] for index in kept]
                    yield kept, json.dumps({**document, key: fewer} if isinstance(document, dict) else fewer)


def _moved_up(step: Step, made_by: int, moved: dict[int, int]) -> Step:
    """The step, with what it takes from a response's list taken from where its members are now."""

    def rebound(bound: Bound) -> Bound:
        source = bound.source
        if not isinstance(source, Answered) or source.step != made_by or not (found := _INDEX.search(source.place)):
            return bound
        place = f"{source.place[: found.start()]}/{moved[int(found[1])]}{source.place[found.end() :]}"
        return replace(bound, source=Answered(made_by, place))

    return step.edited(text=str, bound=rebound)
