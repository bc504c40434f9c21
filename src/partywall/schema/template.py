"""Requests with open places: marks of the sender, references that are equal for all, ids of objects."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from partywall.model import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with a new mark of the sender in the place of "{mark}"."""

    text: str


@dataclass(frozen=True, slots=True)
class Equal:
    """A text that all tenants send alike, with a number in the place of "{serial}" that a tenant uses once."""

    text: str


@dataclass(frozen=True, slots=True)
class Id:
    """The id of an object of a kind. ``join`` is what separates several in a list, "" where there is one."""

    kind: str
    join: str = ""


Open = Marked | Equal | Id


@dataclass(frozen=True)
class Template:
    """A request to be filled in.

    Attributes:
        path: with its parameters in braces. values: parameter of the path -> value.
        body: JSON; None for no body.
    """

    operation: str
    method: str
    path: str
    values: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, Any], ...] = ()
    body: Any = None
    media_type: str = "application/json"

    def filled(self, fill: Callable[[Open], Any]) -> Request:
        """The request, each open place filled."""
        path = self.path
        for name, value in self.values:
            path = path.replace(f"{{{name}}}", urllib.parse.quote(_text(_filled(value, fill)), safe=""))
        headers = [(name, _text(_filled(value, fill))) for name, value in self.headers]
        body = b""
        if self.body is not None:
            document = _filled(self.body, fill)
            form = "urlencoded" in self.media_type and isinstance(document, dict)
            written = urllib.parse.urlencode(document, doseq=True) if form else json.dumps(document)
            body = written.encode()
            headers.append(("Content-Type", self.media_type))
        query = tuple((name, _text(_filled(value, fill))) for name, value in self.query)
        return Request(self.operation, self.method, path, query, tuple(headers), body)

    def with_values(self, values: Mapping[str, Any]) -> Template:
        """With values that a person gives: "query.NAME", "header.NAME", "path.NAME", or a place of the body."""
        changed = self
        for place, value in values.items():
            location, _, name = place.partition(".")
            if place.startswith("/") or place == "":
                changed = replace(changed, body=_put(changed.body, place.split("/")[1:], value))
            elif location == "path":
                changed = replace(changed, values=_with(changed.values, name, value))
            elif location == "header":
                changed = replace(changed, headers=_with(changed.headers, name, value))
            else:
                changed = replace(changed, query=_with(changed.query, name or place, value))
        return changed

    def opens(self, kind: type[Open]) -> bool:
        """Has it an open place of that sort?"""
        found = False

        def look(each: Open) -> str:
            nonlocal found
            found = found or isinstance(each, kind)
            return ""

        self.filled(look)
        return found


def _with(pairs: tuple[tuple[str, Any], ...], name: str, value: Any) -> tuple[tuple[str, Any], ...]:
    return (*((key, each) for key, each in pairs if key != name), (name, value))


def _put(document: Any, keys: list[str], value: Any) -> Any:
    """A document with a value at a place, and what leads there made."""
    if not keys:
        return value
    key, rest = keys[0].replace("~1", "/").replace("~0", "~"), keys[1:]
    if key.isdigit() and not isinstance(document, dict):
        items = list(document) if isinstance(document, list) else []
        while len(items) <= int(key):
            items.append(None)
        items[int(key)] = _put(items[int(key)], rest, value)
        return items
    fields = dict(document) if isinstance(document, dict) else {}
    if value == "(none)" and not rest:
        fields.pop(key, None)
    else:
        fields[key] = _put(fields.get(key), rest, value)
    return fields


def _filled(value: Any, fill: Callable[[Open], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(child, fill) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, fill) for child in value]
    return fill(value) if isinstance(value, Open) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
