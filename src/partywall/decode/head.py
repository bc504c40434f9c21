"""Header fields, each on its surface and split into what it says: names, cookies, links, file names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SURFACES = {
    "set-cookie": "cookie",
    "location": "redirect",
    "content-location": "redirect",
    "refresh": "redirect",
    "content-disposition": "filename",
}
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_RELATION = re.compile(r"rel\s*=\s*\"?([\w.-]{1,60})", re.IGNORECASE)
# filename="...", filename*=UTF-8''..., filename*0*=... (RFC 6266, 8187, 2231)
_PARAMETER = re.compile(r";\s*([\w-]{1,60})(\*?)(?:([0-9]{1,3})(\*?))?\s*=\s*(?:\"((?:[^\"\\]|\\.)*)(?:\"|$)|([^;]*))")
_EXTENDED = re.compile(r"[\w-]{0,40}'[\w-]{0,40}'")
_QUOTED = re.compile(r"\\(.)")

Field = tuple[str, str, str]


def head_texts(headers: Iterable[tuple[str, str]]) -> Iterator[Field]:
    """(surface, place, text) of header fields, percent-escapes still in them.

    A place is the field's name, then the name of a cookie, its attribute, a link's relation, a parameter. The fields'
    names are one text at the place "".
    """
    names = []
    for name, value in headers:
        key = name.lower()
        names.append(key)
        if key == "set-cookie":
            yield from _cookie(value)
        elif key == "link":
            yield from _links(value)
        else:
            yield _SURFACES.get(key, "header"), key, value
            if key == "content-disposition":
                yield from _parameters(value)
    if names:
        yield "header", "", " ".join(names)


def _cookie(value: str) -> Iterator[Field]:
    pair, *attributes = value.split(";")
    name, equals, content = pair.strip().partition("=")
    where = f"set-cookie/{name[:60]}"
    yield "cookie", "set-cookie", name
    if equals:
        yield "cookie", where, content.strip('"')
    for attribute in attributes:
        key, equals, content = attribute.strip().partition("=")
        yield "cookie", f"{where}/{key.lower()[:60]}", content if equals else key


def _links(value: str) -> Iterator[Field]:
    found = False
    for target, parameters in _LINK.findall(value):
        found = True
        relation = _RELATION.search(parameters)
        place = f"link/{relation.group(1)}" if relation else "link"
        yield "header", place, target
        yield "header", place, parameters
    if not found:
        yield "header", "link", value


def _parameters(value: str) -> Iterator[Field]:
    """Parameters unquoted; those in pieces put together."""
    pieces: dict[str, list[tuple[int, str]]] = {}
    for name, _, number, _, quoted, bare in _PARAMETER.findall(value):
        text = _QUOTED.sub(r"\1", quoted) if quoted else _EXTENDED.sub("", bare.strip(), count=1)
        if number or text not in value:
            pieces.setdefault(name.lower(), []).append((int(number or 0), text))
        elif bare and "'" in bare:
            yield "filename", f"content-disposition/{name.lower()}", text
    for name, numbered in pieces.items():
        yield "filename", f"content-disposition/{name}", "".join(text for _, text in sorted(numbered))
