"""The texts of one response: status line, headers, and the body through every encoding that nests in it."""

from __future__ import annotations

import base64
import binascii
import html
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.decode.html import html_texts
from partywall.decode.pdf import UnreadablePdfError, pdf_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange

DEPTH_MAX = 8
TEXTS_MAX = 100_000
BYTES_MAX = 16 * 1024 * 1024

# Shorter runs are words and ids; they hold no mark.
_BASE64 = re.compile(r"(?:data:[\w/+.;=-]{0,100},)?([A-Za-z0-9+/_-]{24,}={0,2})")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9A-Fa-f]+|\w+);")
_HTML = re.compile(rb"\s*<(?:!doctype html|html|head|body|div|p|table|!--)\b", re.IGNORECASE)

_SURFACES = {"set-cookie": "cookie", "location": "redirect", "content-disposition": "filename"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a response shows.

    Attributes:
        surface: "reason", "header", "cookie", "redirect", "filename", "body" or "pdf".
        place: where in it: a header's name, or the place in the document.
        chain: decodings between the body and the text, outermost first ("json", "base64", "pdf").
    """

    surface: str
    place: str
    chain: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The texts of a response, and what could not be looked at (never to be taken for clean)."""

    texts: tuple[Text, ...]
    unseen: tuple[str, ...]


@dataclass(slots=True)
class _Reader:
    texts: list[Text] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def body(self, data: bytes, surface: str, place: str, chain: tuple[str, ...], kind: str = "") -> None:
        if len(chain) > DEPTH_MAX or len(self.texts) > TEXTS_MAX:
            self.unseen.append(f"{place or 'body'}: nested deeper than {DEPTH_MAX} or over {TEXTS_MAX} texts")
            return
        if len(data) > BYTES_MAX:
            self.unseen.append(f"{place or 'body'}: all beyond the first {BYTES_MAX} bytes")
            data = data[:BYTES_MAX]
        if data.startswith(b"%PDF-"):
            self._pdf(data, place, chain)
            return
        document = places.parse(data) if data[:64].lstrip()[:1] in (b"{", b"[", b'"') else None
        if document is not None:
            self._json(document, surface, place, (*chain, "json"))
        elif "html" in kind or _HTML.match(data):
            for where, text in html_texts(data.decode("utf-8", "replace")):
                self.string(text, surface, f"{place}/{where}", (*chain, "html"))
        elif data:
            self.string(data.decode("utf-8", "replace"), surface, place, chain)

    def string(self, text: str, surface: str, place: str, chain: tuple[str, ...]) -> None:
        self.texts.append(Text(surface, place, chain, text))
        if len(chain) > DEPTH_MAX:
            self.unseen.append(f"{place}: nested deeper than {DEPTH_MAX}")
            return
        for name, decoded in _unescaped(text):
            self.string(decoded, surface, place, (*chain, name))
        for data in _base64s(text):
            self.body(data, surface, place, (*chain, "base64"))

    def _json(self, document: Any, surface: str, place: str, chain: tuple[str, ...]) -> None:
        for key in _keys(document):
            self.texts.append(Text(surface, f"{place}/{places.escape(key)}", (*chain, "key"), key))
        for where, value in places.leaves(document, place):
            if isinstance(value, str):
                self.string(value, surface, where, chain)
            elif value is not None and not isinstance(value, bool):
                self.texts.append(Text(surface, where, chain, str(value)))

    def _pdf(self, data: bytes, place: str, chain: tuple[str, ...]) -> None:
        try:
            pages, more = pdf_texts(data)
        except UnreadablePdfError as error:
            self.unseen.append(f"{place or 'body'}: PDF that can't be read: {error}")
            return
        if more:
            self.unseen.append(f"{place or 'body'}: further pages of the PDF")
        for number, text in enumerate(pages, start=1):
            self.texts.append(Text("pdf", f"{place}/page {number}", (*chain, "pdf"), text))


def decode(exchange: Exchange) -> Decoded:
    """All texts that a response shows. Time and memory are bounded by the limits above; never raises."""
    reader = _Reader()
    if exchange.reason:
        reader.texts.append(Text("reason", "", (), exchange.reason))
    for name, value in exchange.headers:
        reader.string(value, _SURFACES.get(name.lower(), "header"), name.lower(), ())
    if exchange.body:
        reader.body(exchange.body, "body", "", (), exchange.header("content-type"))
    return Decoded(tuple(reader.texts), tuple(reader.unseen))


def _unescaped(text: str) -> Iterator[tuple[str, str]]:
    if _PERCENT.search(text):
        yield "percent", urllib.parse.unquote(text)
    if "&" in text and _ENTITY.search(text) and (unescaped := html.unescape(text)) != text:
        yield "entities", unescaped


def _base64s(text: str) -> Iterator[bytes]:
    for match in _BASE64.finditer(text):
        run = match.group(1).rstrip("=").translate(_URLSAFE)
        try:
            data = base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
        except binascii.Error:
            continue
        if data.startswith(b"%PDF-") or _is_text(data):
            yield data


_URLSAFE = str.maketrans("-_", "+/")


def _is_text(data: bytes) -> bool:
    """Text, not the noise that any long word gives when it is taken for base64."""
    try:
        return data.decode("utf-8").isprintable() or places.parse(data) is not None
    except UnicodeDecodeError:
        return False


def _keys(document: Any) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
