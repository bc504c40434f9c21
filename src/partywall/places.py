"""Places in a JSON document: "/orders/0/orderReference", and patterns of them: "/orders/*/orderReference".

Server-sent events are one document: the list of those that they carry. A place is an RFC 6901 pointer; in a pattern,
"*" stands for any index or key, and "/**" at the end for everything below.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Scalar = str | int | float | bool | None

_EVENTS = re.compile(rb"(?:data|event|id|retry)?:")


@functools.lru_cache(maxsize=2048)
def parse(body: bytes) -> Any:
    """The document in a body, or None when it is not JSON. Remembered by content, so not to be changed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _carried(body) if _EVENTS.match(body) else None


def _carried(stream: bytes) -> list[Any] | None:
    """The documents that whole events carry, in order; None if none does."""
    *events, _ = stream.replace(b"\r\n", b"\n").split(b"\n\n")
    found = []
    for event in events:
        data = [line.removeprefix(b"data:") for line in event.split(b"\n") if line.startswith(b"data:")]
        with contextlib.suppress(ValueError, RecursionError):
            found.append(json.loads(b"\n".join(data)))
    return found or None


def leaves(document: Any, place: str = "") -> Iterator[tuple[str, Scalar]]:
    """Every scalar of a document with its place, in document order. Depth costs no stack."""
    waiting = [(place, document)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, dict):
            children = [(f"{where}/{escape(key)}", child) for key, child in value.items()]
        elif isinstance(value, list):
            children = [(f"{where}/{index}", child) for index, child in enumerate(value)]
        else:
            yield where, value
            continue
        waiting += reversed(children)


def escape(key: str) -> str:
    """A key as a part of a place."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


@functools.lru_cache(maxsize=8192)
def name(place: str) -> str:
    """What a place is called: its last key, in lower case, indices passed over. "" for the root."""
    parts = place.split("/")
    return next((part.lower() for part in reversed(parts) if part and not part.isdigit()), "")


def pattern(place: str) -> str:
    """The pattern that a place and its neighbours in lists fit."""
    return "/".join("*" if part.isdigit() else part for part in place.split("/"))


def find(document: Any, pattern: str) -> list[tuple[str, Scalar]]:
    """The scalars whose place fits a pattern, in document order. Goes where the pattern leads and nowhere else."""
    spots: list[tuple[str, Any]] = [("", document)]
    for part in pattern.removesuffix("/**").split("/")[1:]:
        spots = [below for where, value in spots for below in _below(where, value, part)]
    if pattern.endswith("/**"):
        return [leaf for where, value in spots for leaf in leaves(value, where)]
    return [(where, value) for where, value in spots if not isinstance(value, dict | list)]


def _below(where: str, value: Any, part: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if part == "*":
            yield from ((f"{where}/{escape(key)}", child) for key, child in value.items())
        elif (key := part.replace("~1", "/").replace("~0", "~")) in value:
            yield f"{where}/{part}", value[key]
    elif isinstance(value, list):
        if part == "*":
            yield from ((f"{where}/{index}", child) for index, child in enumerate(value))
        elif part.isascii() and part.isdigit() and str(int(part)) == part and int(part) < len(value):
            yield f"{where}/{part}", value[int(part)]


def fits(place: str, pattern: str) -> bool:
    """Is the place one of those that the pattern stands for?"""
    return _compiled(pattern).fullmatch(place) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    deep = pattern.endswith("/**")
    parts = pattern.removesuffix("/**").split("/")[1:]
    expression = "".join("/" + ("[^/]*" if part == "*" else re.escape(part)) for part in parts)
    return re.compile(expression + ("(/.*)?" if deep else ""), re.DOTALL)
