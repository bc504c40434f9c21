"""What strings are wrapped in: each pure function undoes one wrapping everywhere in a text."""

from __future__ import annotations

import email.errors
import email.header
import html
import quopri
import re
import unicodedata
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][0-9A-Za-z]{1,31});?")
_BACKSLASH = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-7]{3})|([\"'\\/bfnrt]))")
_QUOTED = re.compile(r"=(?:[0-9A-F]{2}|\r?\n)")
_WORD = re.compile(r"=\?[^?\s]{1,40}\?[QqBb]\?[^?\s]{0,1000}\?=")
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# Soft hyphen, zero-width space and joiners, word joiner, byte order mark: they show nothing and part words.
_INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF))
_BROKEN = re.compile(r"[-\u00ad\u2010]?[\r\n]+\s*|\s+")


def unescaped(text: str) -> Iterator[tuple[str, str]]:
    """(name of the wrapping, the text without it), for each wrapping that the text has."""
    if "%" in text and _PERCENT.search(text):
        yield "percent", urllib.parse.unquote(text)
    if "&" in text and (plain := _ENTITY.sub(_character, text)) != text:
        yield "entities", plain
    if "\\" in text and (plain := _BACKSLASH.sub(_escaped, text)) != text:
        yield "escapes", plain
    if "=" in text:
        if "=?" in text and _WORD.search(text):
            yield "encoded-word", _WORD.sub(_word, text)
        if _QUOTED.search(text):
            yield "quoted-printable", quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    if not text.isascii() and (plain := unicodedata.normalize("NFKC", text).translate(_INVISIBLE)) != text:
        yield "normalised", plain


def joined(text: str) -> str:
    """Without white space, and without the hyphen at a line's end: values that were wrapped, spaced or split over runs
    are whole again."""
    return _BROKEN.sub("", text)


def _character(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _escaped(match: re.Match[str]) -> str:
    braced, unit, byte, octal, simple = match.groups()
    if simple:
        return _SIMPLE.get(simple, simple)
    code = int(octal, 8) if octal else int(braced or unit or byte, 16)
    return chr(code) if code < 0x110000 else match.group()


def _word(match: re.Match[str]) -> str:
    try:
        pieces = email.header.decode_header(match.group())
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in pieces
        )
    except (LookupError, ValueError, email.errors.MessageError):
        return match.group()
