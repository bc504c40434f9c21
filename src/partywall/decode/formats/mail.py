"""Multipart bodies and messages (RFC 2046, 5322): each part with its headers, its transfer encoding undone."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from typing import TYPE_CHECKING

from partywall.decode.head import head_texts
from partywall.decode.parts import Body, Format, Nested, NotThisFormatError, Shown, Unseen, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_OPENING = re.compile(rb"--([^\s\"]{1,200})\r?\n(?=[A-Za-z-]{1,60}:)")
_HEADERS = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+\r?\n")
_FOLDED = re.compile(r"\r?\n[ \t]+")
_HEADER_BYTES_MAX = 64 << 10


def _fits_multipart(body: Body, head: bytes) -> bool:
    return media(body).startswith("multipart/") or (head[:2] == b"--" and _OPENING.match(head) is not None)


def _read_multipart(body: Body, budget: Budget) -> Iterator[Part]:
    opening = _OPENING.match(body.data)
    said = _BOUNDARY.search(body.kind[:2000])
    if said:
        boundary = (said.group(1) or said.group(2)).encode("latin-1", "replace")
    elif opening:
        boundary = opening.group(1)
    else:
        raise NotThisFormatError("it has no boundary")
    pieces = body.data.split(b"--" + boundary, budget.members + 1)
    if len(pieces) == 1:
        raise NotThisFormatError("its boundary is not in it")
    yield Shown("/boundary", boundary.decode("utf-8", "replace"))
    yield Shown("/preamble", pieces[0].decode("utf-8", "replace"), source=True)
    for number, piece in enumerate(pieces[1:]):
        if piece.startswith(b"--"):
            yield Shown("/epilogue", piece[2:].decode("utf-8", "replace"), source=True)
        else:
            budget.take_member()
            yield from _entity(piece.lstrip(b" \t").removeprefix(b"\r\n").removeprefix(b"\n"), f"/{number}")


def _fits_message(body: Body, head: bytes) -> bool:
    if media(body).startswith("message/"):
        return True
    return head[:1].isalpha() and (match := _HEADERS.match(head)) is not None and match.group().count(b":") > 1


def _read_message(body: Body, budget: Budget) -> Iterator[Part]:
    return _entity(body.data, "")


def _entity(data: bytes, place: str) -> Iterator[Part]:
    """Header lines, an empty line, a body."""
    match = _HEADERS.match(data[:_HEADER_BYTES_MAX])
    headers: list[tuple[str, str]] = []
    if match:
        for line in _FOLDED.sub(" ", match.group().decode("utf-8", "replace")).splitlines():
            name, _, value = line.partition(":")
            if name:
                headers.append((name, value.strip()))
        data = data[match.end() :]
    elif data.startswith((b"\r\n", b"\n")):
        data = data.lstrip(b"\r\n")
    for surface, where, text in head_texts(headers):
        yield Shown(f"{place}/{where}", text, surface=surface)
    of = {name.lower(): value for name, value in headers}
    transfer = of.get("content-transfer-encoding", "").lower()
    chain: tuple[str, ...] = ()
    if transfer == "base64":
        try:
            data, chain = base64.b64decode(data), ("base64",)
        except binascii.Error as error:
            yield Unseen(place, f"base64 that can't be read: {error}")
    elif transfer == "quoted-printable":
        data, chain = quopri.decodestring(data), ("quoted-printable",)
    kind = of.get("content-type", "")
    yield Nested(place, Body(data.removesuffix(b"\n").removesuffix(b"\r"), kind, of.get("content-encoding", "")), chain)


MULTIPART = Format("multipart", _fits_multipart, _read_multipart)
MESSAGE = Format("message", _fits_message, _read_message)
