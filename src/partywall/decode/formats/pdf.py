"""PDF: what pages, annotations, forms, bookmarks and attachments say, through PDFium; what lies in the file besides.

PDFium resolves fonts' encodings and object streams, and runs contained (`partywall.decode.contained`). The sweep over
the file as it lies there finds what no reader shows: XMP, and what earlier revisions of the document said.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import TYPE_CHECKING

from partywall.decode import charsets
from partywall.decode.contained.client import contained
from partywall.decode.parts import Body, Format, Nested, Shown, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

# A header may have other bytes before it: ISO 32000-2, implementation notes; PDFium looks this far.
_HEADER_WITHIN = 1024
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DRAWS_TEXT = re.compile(rb"\)\s*Tj|\]\s*TJ|>\s*Tj")
_STRINGS = re.compile(rb"\(((?:[^()\\]++|\\.)*+)\)|<([0-9A-Fa-f\s]++)>", re.DOTALL)
_SWEPT_STREAMS = 2_000
_DICTIONARY_BYTES = 400
# Nothing to read in them: pixels, and fonts' outlines.
_PASSED = re.compile(rb"/(?:FontFile|Length1|CIDFontType0C|Type1C|OpenType|Subtype\s*/Image)\b")
_JPEG = b"\xff\xd8\xff"


def _fits(body: Body, head: bytes) -> bool:
    return body.data.find(b"%PDF-", 0, _HEADER_WITHIN) >= 0


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    yield from contained("pdf", body.data, budget.limits)
    yield from _swept(body.data, budget)


def _swept(data: bytes, budget: Budget) -> Iterator[Part]:
    """What streams say, and the objects between them."""
    between: list[bytes] = []
    place = 0
    for number in range(_SWEPT_STREAMS):
        match = _STREAM.search(data, place)
        if match is None:
            break
        between.append(data[place : match.start()])
        end = data.find(b"endstream", match.end())
        end = len(data) if end < 0 else end
        dictionary = between[-1][-_DICTIONARY_BYTES:].rpartition(b" obj")[2]
        raw = data[match.end() : end]
        if raw.startswith(_JPEG):
            yield Nested(f"/stream {number}", Body(raw))
        elif not _PASSED.search(dictionary):
            stream, cut = _inflated(raw, budget.room())
            budget.all_bytes -= len(stream)
            if cut:
                yield Unseen(f"/stream {number}", f"all beyond its first {len(stream)} bytes")
            yield from _strings(stream, f"/stream {number}")
        place = end
    else:
        yield Unseen("", f"streams beyond the first {_SWEPT_STREAMS}")
    between.append(data[place:])
    yield from _strings(b"\n".join(between), "/objects")


def _strings(source: bytes, place: str) -> Iterator[Part]:
    """The strings, a line each, and the source around them unless it is a page's drawing."""
    strings = [
        literal.replace(b"\0", b"") if literal else bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        for literal, digits in ((literal, b"".join(digits.split())) for literal, digits in _STRINGS.findall(source))
    ]
    if strings:
        yield Shown(place, b"\n".join(strings).replace(b"\0", b"").decode("latin-1"), ("source",), source=True)
    if not _DRAWS_TEXT.search(source):
        readable = charsets.is_mostly_text(source)
        text = source.decode("utf-8", "replace") if readable else charsets.printable_runs(source)
        yield Shown(place, text, ("source",), source=True)


def _inflated(raw: bytes, room: int) -> tuple[bytes, bool]:
    """A stream without ASCII85 and Flate, in whatever order they nest; whether there would have been more."""
    for _ in range(4):
        if raw[:1] == b"x" and len(raw) > 2 and int.from_bytes(raw[:2]) % 31 == 0:
            machine = zlib.decompressobj()
            try:
                raw = machine.decompress(raw, room)
            except zlib.error:
                return raw[:room], False
            if machine.unconsumed_tail:
                return raw, True
        elif raw[-16:].rstrip().endswith(b"~>"):
            try:
                raw = base64.a85decode(raw.strip().removeprefix(b"<~").removesuffix(b"~>"))
            except (ValueError, binascii.Error):
                return raw[:room], False
        else:
            break
    return raw[:room], len(raw) > room


PDF = Format("pdf", _fits, _read, textual=False, surface="pdf")
