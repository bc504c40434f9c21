"""Base64 and base64url anywhere in a text, JSON web tokens among them.

Where a run of the alphabet begins is not where the encoding begins: "/orders/NTA3Nw" is one run. So a run is decoded at
each of the four alignments until one gives a document or text; one of them is right for any base64 within it.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from partywall.decode.charsets import is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

# 18 characters are 13 bytes, an S10 tracking number; shorter runs are words and ids.
RUN_CHARS_MIN = 18
_RUN = re.compile(
    r"[A-Za-z0-9+/_-]{18,}(?:(?:\r?\n[ \t]*)[A-Za-z0-9+/_-]{18,})*(?:\r?\n[ \t]*[A-Za-z0-9+/_-]+(?==))?={0,2}"
)
_URLSAFE = str.maketrans("-_", "+/", "\r\n \t=")
# The base64 of three ASCII bytes, each at least 0x20: of the first 6 bits only these can be, and so on.
_ASCII = re.compile(r"(?:[I-Za-f][C-HS-Xi-ny-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){3}")
_WORDS = re.compile(rb"[\x20-\x7e]{9,}")
_MAGIC = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"\xfd7zXZ",
    b"II*\0",
    b"MM\0*",
)
# Two bytes are soon met by chance: what begins so may be a document, and the encoding may still begin elsewhere.
_SHORT_MAGIC = (b"\xff\xfe", b"\xfe\xff", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
# The first 12 bits of each, as base64 writes them.
_MAGIC_RUNS = frozenset(base64.b64encode(magic + b"\0")[:2].decode() for magic in (*_MAGIC, *_SHORT_MAGIC))
_DOCUMENT = re.compile(rf"(?:\A|[/+_-])(?={'|'.join(map(re.escape, sorted(_MAGIC_RUNS)))}|__|_-|--)")
_HEX = re.compile(r"[0-9a-f-]{1,128}|[0-9A-F-]{1,128}")
_LONG = 32
_PREFIX_CHARS_MAX = 64


def base64s(text: str) -> Iterator[tuple[str, bytes]]:
    """("base64" or "jwt", the bytes), for each run that decodes to a document or to text.

    Of bytes that are neither, those with readable words in them are given (a cursor in some binary notation); the noise
    that any long word gives when it is taken for base64 is not.
    """
    for match in _RUN.finditer(text):
        run = match.group()
        if _HEX.fullmatch(run) or (len(run) < _LONG and not _ASCII.search(run) and not _DOCUMENT.search(run)):
            continue
        name = "jwt" if _is_token(text, match) else "base64"
        for data in _decoded(run.translate(_URLSAFE)):
            yield name, data


def _decoded(run: str) -> Iterator[bytes]:
    for start in _documents(run):
        data = _bytes(run[start:])
        if data.startswith(_MAGIC):
            yield data
            return
        if data.startswith(_SHORT_MAGIC):
            yield data
    for skipped in range(4):
        data = _bytes(run[skipped:])
        if is_text(data) or _is_wide(data):
            yield data
            return
        if _WORDS.search(data):
            yield data


def _documents(run: str) -> list[int]:
    """Where, by its first characters, a document may begin: at the start, or after a separator near it."""
    return [match.end() for match in _DOCUMENT.finditer(run, 0, _PREFIX_CHARS_MAX)]


def _bytes(run: str) -> bytes:
    if len(run) % 4 == 1:
        run = run[:-1]
    return base64.b64decode(run + "=" * (-len(run) % 4))


def _is_wide(data: bytes) -> bool:
    """UTF-16 of ASCII."""
    return len(data) >= 16 and (not any(data[1:64:2]) or not any(data[:64:2]))


def _is_token(text: str, match: re.Match[str]) -> bool:
    begin, end = match.span()
    return match.group().startswith("eyJ") and ("." in (text[end : end + 1], text[begin - 1 : begin]))
