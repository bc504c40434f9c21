"""JSON, and JSON by lines (NDJSON, JSON text sequences)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.decode import charsets
from partywall.decode.limits import BoundHitError
from partywall.decode.parts import Format, NotThisFormatError, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_RECORD = "\x1e"  # RFC 7464


def _fits(body: Body, head: bytes) -> bool:
    return head[:1] in (b"{", b"[", b'"')


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Every distinct key at its first place, and every scalar but null and booleans."""
    return _parts(_parsed(charsets.text(body.data, body.kind), budget))


def _parsed(text: str, budget: Budget) -> Any:
    if len(text) > budget.limits.tree_bytes:
        raise BoundHitError(f"a tree of over {budget.limits.tree_bytes} bytes")
    try:
        return _parse(text)
    except (ValueError, RecursionError) as error:
        raise NotThisFormatError(str(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose repeated keys are all kept, under names of their own: readers differ in which one they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        found = {}
        for number, (key, value) in enumerate(pairs):
            found[f"{key}#{number}" if key in found else key] = value
    return found


_KEY = ("key",)
_parse = json.JSONDecoder(object_pairs_hook=_object, parse_float=str, strict=False).decode


def _parts(document: Any) -> Iterator[Part]:
    """In document order. Iterators wait on the stack, not children: a list of a million costs nothing more."""
    keys: set[str] = set()
    waiting: list[Iterator[tuple[str, Any]]] = [iter((("", document),))]
    while waiting:
        for place, value in waiting[-1]:
            kind = type(value)
            if kind is str:
                yield Shown(place, value)
            elif kind is int or kind is float:
                yield Shown(place, str(value))
            elif kind is dict:
                for key in value:
                    if key not in keys:
                        keys.add(key)
                        yield Shown(f"{place}/{places.escape(key)}", key, _KEY)
                waiting.append(_members(place, value))
                break
            elif kind is list:
                waiting.append(_items(place, value))
                break
        else:
            waiting.pop()


def _members(place: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, child in value.items():
        yield f"{place}/{places.escape(key) if '/' in key or '~' in key else key}", child


def _items(place: str, value: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, child in enumerate(value):
        yield f"{place}/{index}", child


def _fits_lines(body: Body, head: bytes) -> bool:
    return head[:1] in (b"{", b"[", b'"', b"\x1e") and body.data.count(b"\n", 0, len(body.data) - 1) > 0


def _read_lines(body: Body, budget: Budget) -> Iterator[Part]:
    """Each line a document; lines that are none as text."""
    lines = charsets.text(body.data, body.kind).replace(_RECORD, "\n").split("\n")
    documents = 0
    for number, line in enumerate(lines):
        stripped = line.strip()
        if not stripped:
            continue
        try:
            parts = _parts(_parsed(stripped, budget))
            documents += 1
        except (NotThisFormatError, BoundHitError):
            if not documents:
                raise NotThisFormatError("its first line is no JSON") from None
            yield Shown(f"/{number}", stripped, source=True)
            continue
        for part in parts:
            yield part._replace(place=f"/{number}{part.place}")


JSON = Format("json", _fits, _read)
NDJSON = Format("ndjson", _fits_lines, _read_lines)
