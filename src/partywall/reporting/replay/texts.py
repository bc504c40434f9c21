"""Every text that an answer shows, through what the standard library can read."""

from __future__ import annotations

import base64
import contextlib
import html
import io
import re
import urllib.parse
import zipfile
import zlib
from typing import TYPE_CHECKING

from partywall.reporting.replay.answers import document, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.reporting.replay.answers import Answer

DEPTH_MAX, BYTES_MAX, MEMBERS_MAX = 8, 16 * 1024 * 1024, 1000
COMPRESSED = {b"\x1f\x8b": 31, b"\x78\x01": 15, b"\x78\x9c": 15, b"\x78\xda": 15}


def texts_of(answer: Answer) -> Iterator[str]:
    """Every text of a response, through the encodings that nest in it."""
    yield answer.reason
    for _, value in answer.headers:
        yield from _string(value, 0)
    yield from _body(answer.body, 0)


def bare(text: str) -> str:
    """Letters and digits of a text, in lower case."""
    return "".join(char for char in text.lower() if char.isalnum())


def _body(data: bytes, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        return
    if data.startswith(b"%PDF-"):
        yield from _pdf(data)
    elif data.startswith(b"PK\x03\x04"):
        for member in _members(data):
            yield from _body(member, depth + 1)
    elif data[:2] in COMPRESSED:
        with contextlib.suppress(zlib.error):
            yield from _body(zlib.decompressobj(COMPRESSED[data[:2]]).decompress(data, BYTES_MAX), depth + 1)
    else:
        yield from _document(data, depth)


def _document(data: bytes, depth: int) -> Iterator[str]:
    told = document(data) if data[:64].lstrip()[:1] in (b"{", b"[", b'"') else None
    if told is None:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        yield from _string(data.decode("utf-16" if wide else "utf-8", "replace"), depth)
        return
    for place, value in leaves(told):
        yield place
        yield from _string(str(value), depth)


def _string(text: str, depth: int) -> Iterator[str]:
    yield text
    if depth > DEPTH_MAX:
        return
    for decode in (urllib.parse.unquote, html.unescape):
        if (decoded := decode(text)) != text:
            yield from _string(decoded, depth + 1)
    for match in re.finditer(r"[A-Za-z0-9+/_-]{24,}={0,2}", text):
        run = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            data = base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
        except ValueError:
            continue
        if data.startswith((b"%PDF-", b"PK\x03\x04", *COMPRESSED)) or "\ufffd" not in data.decode("utf-8", "replace"):
            yield from _body(data, depth + 1)


def _members(data: bytes) -> Iterator[bytes]:
    """Names and contents of what an archive, a spreadsheet or a text document is made of."""
    with contextlib.suppress(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        archive = zipfile.ZipFile(io.BytesIO(data))
        for member in archive.infolist()[:MEMBERS_MAX]:
            yield member.filename.encode()
            with archive.open(member) as stream:
                yield stream.read(BYTES_MAX)


def _pdf(data: bytes) -> Iterator[str]:
    """The strings in a PDF's streams, each alone and all in a row, since a line may be broken anywhere."""
    for match in re.finditer(rb"stream\r?\n(.*?)\s*endstream", data, re.DOTALL):
        stream = match.group(1)
        with contextlib.suppress(ValueError):
            stream = base64.a85decode(stream, adobe=True)
        with contextlib.suppress(zlib.error):
            stream = zlib.decompressobj().decompress(stream, BYTES_MAX)
        strings = [
            re.sub(rb"\\(.)", rb"\1", literal) if literal else bytes.fromhex(digits.decode() + "0" * (len(digits) % 2))
            for literal, digits in re.findall(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f]+)>", stream, re.DOTALL)
        ]
        yield stream.decode("latin-1")
        yield b"".join(strings).decode("latin-1")
