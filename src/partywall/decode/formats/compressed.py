"""gzip, deflate, brotli, zstd, bzip2, xz: as Content-Encoding that was left in a recorded body, and as files."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING

import brotli
import zstandard

from partywall.decode.charsets import is_text
from partywall.decode.parts import Body, Format, Nested, NotThisFormatError, Shown, Unseen, media

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

# Bytes, and what was not given of them ("" if nothing).
_Inflated = tuple[bytes, str]

_TRUNCATED = "truncated: its end is missing"
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_WINDOW_BYTES_MAX = 16 << 20


def _gzip(data: bytes, room: int) -> _Inflated:
    """All members of a gzip file (RFC 1952)."""
    found, rest, missing = b"", data, ""
    while rest.startswith(_GZIP) and not missing:
        inflated, missing, rest = _inflate(rest, 31, room - len(found))
        found += inflated
    if not missing and rest.strip(b"\0"):
        missing = f"{len(rest)} bytes after its end"
    return found, missing


def _deflate(data: bytes, room: int) -> _Inflated:
    """zlib's framing (RFC 1950), which HTTP calls deflate, or none, which some servers do."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return _inflate(data, bits, room)[:2]
        except NotThisFormatError as error:
            reason = error
    raise reason


def _inflate(data: bytes, bits: int, room: int) -> tuple[bytes, str, bytes]:
    machine = zlib.decompressobj(bits)
    found = b""
    try:
        found = machine.decompress(data, room + 1)
    except zlib.error as error:
        # What came before the damage would be lost: give it byte for byte in a second go.
        found = _until_damage(data, bits, room)
        if not found:
            raise NotThisFormatError(str(error)) from error
        return found, f"damaged: {error}", b""
    if len(found) > room:
        return found[:room], _beyond(room), b""
    return found, "" if machine.eof else _TRUNCATED, machine.unused_data


def _until_damage(data: bytes, bits: int, room: int) -> bytes:
    machine, found = zlib.decompressobj(bits), bytearray()
    try:
        for start in range(0, len(data), 512):
            found += machine.decompress(data[start : start + 512], room + 1 - len(found))
            if machine.unconsumed_tail or len(found) >= room:
                break
    except zlib.error:
        pass
    return bytes(found)


def _brotli(data: bytes, room: int) -> _Inflated:
    """RFC 7932. Nothing marks its beginning; it is known by name only."""
    machine = brotli.Decompressor()
    found = []
    length = 0
    try:
        piece = machine.process(data, output_buffer_limit=1 << 16)
        while piece or not machine.can_accept_more_data():
            found.append(piece)
            length += len(piece)
            if length > room or machine.is_finished():
                break
            piece = machine.process(b"", output_buffer_limit=1 << 16)
    except brotli.error as error:
        raise NotThisFormatError(str(error)) from error
    inflated = b"".join(found)
    if len(inflated) > room:
        return inflated[:room], _beyond(room)
    return inflated, "" if machine.is_finished() else _TRUNCATED


def _zstd(data: bytes, room: int) -> _Inflated:
    """All frames of RFC 8878, with windows of `_WINDOW_BYTES_MAX` at the most."""
    machine = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX)
    found = bytearray()
    try:
        with machine.stream_reader(data, read_across_frames=True) as reader:
            while len(found) <= room and (piece := reader.read(1 << 16)):
                found += piece
    except zstandard.ZstdError as error:
        return bytes(found), f"damaged, or a window of over {_WINDOW_BYTES_MAX} bytes: {error}"
    if len(found) > room:
        return bytes(found[:room]), _beyond(room)
    return bytes(found), "" if _zstd_ends(data) else _TRUNCATED


def _zstd_ends(data: bytes) -> bool:
    """zstandard's reader takes a missing end for the end; one frame at a time tells."""
    machine = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES_MAX)
    while data:
        frame = machine.decompressobj()
        for start in range(0, len(data), 1 << 12):
            frame.decompress(data[start : start + (1 << 12)])
            if frame.eof:
                break
        if not frame.eof:
            return False
        data = frame.unused_data + data[start + (1 << 12) :]
        if data and not data.startswith(_ZSTD):
            return True
    return True


def _bzip2(data: bytes, room: int) -> _Inflated:
    return _streams(bz2.BZ2Decompressor, data, room)


def _xz(data: bytes, room: int) -> _Inflated:
    return _streams(lambda: lzma.LZMADecompressor(memlimit=4 * _WINDOW_BYTES_MAX), data, room)


def _streams(machines: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor], data: bytes, room: int) -> _Inflated:
    """Streams, one after the other."""
    found = b""
    while data.strip(b"\0"):
        machine = machines()
        try:
            found += machine.decompress(data, room + 1 - len(found))
        except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
            if not found:
                raise NotThisFormatError(str(error)) from error
            return found, f"damaged: {error}"
        if len(found) > room:
            return found[:room], _beyond(room)
        if not machine.eof:
            return found, _TRUNCATED
        data = machine.unused_data
    return found, ""


def without_content_coding(data: bytes, encoding: str, room: int) -> bytes:
    """A body as it was before its Content-Encoding; as it came where that is not known, is not to be undone whole, or
    takes more than ``room`` bytes."""
    plain = data
    for word in reversed([word.strip().lower() for word in encoding.split(",")]):
        inflate = next((inflate for inflate, words, _ in _NAMES.values() if word in words), None)
        try:
            plain, missing = (
                (plain, "") if word in {"", "identity"} else inflate(plain, room) if inflate else (b"", "?")
            )
        except NotThisFormatError:
            return data
        if missing:
            return data
    return plain


def _beyond(room: int) -> str:
    return f"all beyond the first {room} bytes that it inflates to"


def _format(
    name: str, inflate: Callable[[bytes, int], _Inflated], words: tuple[str, ...], magic: Callable[[bytes], bool]
) -> Format:
    def fits(body: Body, head: bytes) -> bool:
        if magic(body.data[:4]):
            return True
        said = _outermost(body.encoding) in words or media(body).removeprefix("application/") in words
        return said and name in _UNMARKED and not is_text(body.data)

    def read(body: Body, budget: Budget) -> Iterator[Part]:
        room = budget.room()
        inflated, missing = inflate(body.data, room)
        if name == "gzip":
            yield from _gzip_names(body.data)
        # One random token in 992 begins as zlib's framing does, and may go on for a while before it is none.
        by_chance = name == "deflate" and not body.declared and missing not in {"", _beyond(room)}
        if missing and not by_chance:
            yield Unseen("", f"{name}: {missing}")
        inner = body.encoding.rpartition(",")[0].strip() if _outermost(body.encoding) in words else body.encoding
        kind = body.kind if body.encoding else ""
        yield Nested("", Body(inflated, kind, inner, declared=not by_chance))

    return Format(name, fits, read, textual=False)


def _outermost(encoding: str) -> str:
    return encoding.rpartition(",")[2].strip().lower()


def _is_zlib(head: bytes) -> bool:
    return len(head) > 2 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and int.from_bytes(head[:2]) % 31 == 0


def _gzip_names(data: bytes) -> Iterator[Part]:
    """File name and comment in the header of a gzip file."""
    flags, place = data[3], 10
    if flags & 4:
        place += 2 + int.from_bytes(data[place : place + 2], "little")
    for flag, name in ((8, "name"), (16, "comment")):
        if flags & flag:
            text, _, _ = data[place:].partition(b"\0")
            place += len(text) + 1
            yield Shown(f"/{name}", text.decode("latin-1"))


def _unknown(body: Body, head: bytes) -> bool:
    said = _outermost(body.encoding)
    return said not in _KNOWN and not is_text(body.data)


def _read_unknown(body: Body, budget: Budget) -> Iterator[Part]:
    yield Unseen("", f"content-encoding {_outermost(body.encoding)[:40]!r}, which is not known here")


_NAMES: dict[str, tuple[Callable[[bytes, int], _Inflated], tuple[str, ...], Callable[[bytes], bool]]] = {
    "gzip": (_gzip, ("gzip", "x-gzip"), lambda head: head.startswith(_GZIP)),
    "zstd": (_zstd, ("zstd",), lambda head: head.startswith(_ZSTD)),
    "bzip2": (_bzip2, ("bzip2", "x-bzip2"), lambda head: head.startswith(b"BZh")),
    "xz": (_xz, ("xz", "x-xz"), lambda head: head.startswith(b"\xfd7zX")),
    "br": (_brotli, ("br", "brotli", "x-brotli"), lambda _: False),
    "deflate": (_deflate, ("deflate",), _is_zlib),
}
CODINGS = frozenset(word for _, words, _ in _NAMES.values() for word in words)
"""Content-Encodings that are undone."""
_KNOWN = CODINGS | {"", "identity", "aws-chunked"}

# Nothing in the bytes tells brotli or bare deflate from other bytes.
_UNMARKED = ("br", "deflate")

COMPRESSED = (
    *(_format(name, *how) for name, how in _NAMES.items()),
    Format("content-encoding", _unknown, _read_unknown, textual=False),
)
