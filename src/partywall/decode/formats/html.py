"""HTML: text, attributes, comments, scripts, styles, each distinct name once, and the text of neighbours joined.

The tokeniser is our own, since every byte has to come out as something, however broken the page, in linear time:
``html.parser`` drops what it can't make sense of, and is quadratic on unclosed comments.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from partywall.decode import charsets
from partywall.decode.escapes import joined
from partywall.decode.limits import BoundHitError
from partywall.decode.parts import Format, Shown, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|div|p|table|!--|span|a|br|h[1-6]|ul)\b", re.IGNORECASE)
# Possessive, so that a tag which doesn't close costs one pass and no memory.
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>")
_ATTRIBUTE = re.compile(r"([^\s=/\"'>]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?+|[\"']")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "noscript", "template"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_MARKUP = (
    ("<!--", "-->", "comment"),
    ("<![CDATA[", "]]>", "cdata"),
    ("<!", ">", "declaration"),
    ("<?", ">", "instruction"),
)


def is_page(head: bytes) -> bool:
    """Does it begin like a page or a fragment of one?"""
    return _PAGE.match(head) is not None


def _fits(body: Body, head: bytes) -> bool:
    if media(body) in ("text/html", "application/xhtml+xml"):
        return b"<" in body.data
    return head[:1] == b"<" and (head[1:2].isalpha() or is_page(head))


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    page = charsets.text(body.data, body.kind)
    if len(page) > budget.limits.tree_bytes:
        raise BoundHitError(f"a page of over {budget.limits.tree_bytes} characters")
    run: list[str] = []
    opened: list[str] = []
    names: set[str] = set()
    place, end = 0, len(page)
    while place < end:
        start = page.find("<", place)
        start = end if start < 0 else start
        if text := html.unescape(page[place:start]):
            run.append(text)
            if text.strip():
                yield Shown(f"/{opened[-1] if opened else 'text'}", text, source=True)
        if start == end:
            break
        part, place = _markup(page, start)
        if part is not None:
            yield part
            continue
        tag = _TAG.match(page, start)
        if tag is None:
            if not page[start + 1 : start + 3].removeprefix("/")[:1].isalpha():
                run.append("<")
                place = start + 1
                continue
            # A tag that doesn't end: all that is left is one text.
            yield Shown("/unclosed", page[start:], source=True)
            break
        name, place = tag.group(2).lower(), tag.end()
        yield from _name(f"/{name[:40]}", tag.group(2), names)
        yield from _attributes(name[:40], tag.group(3), names)
        place = _after(page, place, name, bool(tag.group(1)), opened)
        if opened and opened[-1] in _RAW and not tag.group(1):
            close = _closing(page, place, opened.pop())
            if (text := page[place:close]).strip():
                run.append(text)
                yield Shown(f"/{name}", html.unescape(text) if name in ("title", "textarea") else text)
            place = close
    if len(run) > 1:
        yield Shown("", joined("".join(run)), ("joined",), source=True)


def _markup(page: str, start: int) -> tuple[Part | None, int]:
    """A comment, CDATA section, declaration or instruction that begins here."""
    for begin, finish, name in _MARKUP:
        if page.startswith(begin, start):
            close = page.find(finish, start + len(begin))
            close = len(page) if close < 0 else close
            return Shown(f"/{name}", page[start + len(begin) : close]), close + len(finish)
    return None, start


def _attributes(tag: str, source: str, names: set[str]) -> Iterator[Part]:
    for match in _ATTRIBUTE.finditer(source):
        name, double, single, bare = match.groups()
        if name:
            yield from _name(f"/{tag}@", name, names)
        if value := double or single or bare:
            yield Shown(f"/{tag}@{name}", html.unescape(value))


def _name(place: str, name: str, names: set[str]) -> Iterator[Part]:
    if name not in names:
        names.add(name)
        yield Shown(place, name, ("key",))


def _after(page: str, place: int, name: str, closing: bool, opened: list[str]) -> int:
    if not closing:
        if name not in _VOID and not page.startswith("/>", place - 2):
            opened.append(name)
    elif name in opened[-50:]:
        while opened.pop() != name:
            pass
    return place


def _closing(page: str, place: int, name: str) -> int:
    match = re.compile(rf"</{name}", re.IGNORECASE).search(page, place)
    return match.start() if match else len(page)


HTML = Format("html", _fits, _read)
