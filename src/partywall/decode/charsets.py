"""Bytes as text: by byte order mark, by pattern of zero bytes, by declared charset, else UTF-8."""

from __future__ import annotations

import codecs
import re

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,80}?encoding\s*=\s*[\"']([\w.:+-]{1,40})")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python's codecs that are no charset of any body, or are quadratic.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_MARKED = (b"\xef", b"\xff", b"\xfe", b"\0")
_ASCII = bytes(range(128))


def text(data: bytes, kind: str = "") -> str:
    """The likeliest reading of a body as text. Never fails: what doesn't decode is U+FFFD."""
    return data.decode(_charsets(data, kind)[0], "replace")


def others(data: bytes, kind: str) -> list[str]:
    """Further readings, where the likeliest may hide what the bytes say."""
    return [data.decode(charset, "replace") for charset in _charsets(data, kind)[1:]]


def head(data: bytes, kind: str) -> bytes:
    """The first bytes without leading white space, as UTF-8 whatever the charset: to sniff at."""
    begin = data[:1024]
    if begin[:1] in _MARKED or b"\0" in begin[:8]:
        return text(begin, kind).encode("utf-8", "replace").lstrip()
    return begin.lstrip()


def is_text(data: bytes) -> bool:
    """UTF-8 without control characters but white space."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return data.translate(None, _CONTROLS) == data


def is_mostly_text(data: bytes, kind: str = "") -> bool:
    """Text in some charset, though damaged in places: in a twentieth of it at the most."""
    if kind and not _writes_ascii(_declared(data, kind)):
        return True
    if _wide(data[:256]) or data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return True
    return len(data) - len(data.translate(None, _CONTROLS)) <= len(data) // 20 and (
        len(data) - len(data.translate(None, _HIGH)) <= len(data) // 3 or is_text(data)
    )


def printable_runs(data: bytes) -> str:
    """The runs of at least 8 printable ASCII characters among other bytes, a line each; then those of UTF-16."""
    runs = [run.decode("ascii") for run in _RUN.findall(data)]
    runs += [run[::2].decode("ascii") for run in _WIDE_RUN.findall(data)]
    return "\n".join(runs)


_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1b\x1e")) + b"\x7f"
_HIGH = bytes(range(128, 256))
_RUN = re.compile(rb"[\x20-\x7e]{8,}")
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e]\0){8,}")


def _charsets(data: bytes, kind: str) -> list[str]:
    declared = _declared(data, kind)
    marked = next((charset for mark, charset in _MARKS if data.startswith(mark)), "")
    likeliest = marked or _wide(data[:256]) or declared
    if _writes_ascii(likeliest):
        return [likeliest]
    # A charset that writes ASCII differently and is wrong would hide everything.
    return [likeliest, declared if _writes_ascii(declared) else "utf-8"]


def _writes_ascii(charset: str) -> bool:
    return charset in {"utf-8", "utf-8-sig"} or _ASCII.decode(charset, "replace") == _ASCII.decode("ascii")


def _declared(data: bytes, kind: str) -> str:
    match = _CHARSET.search(kind[:1000]) if kind else None
    if match:
        name = match.group(1)
    elif inner := _XML.match(data[:200]):
        name = inner.group(1).decode("ascii", "replace")
    else:
        return "utf-8"
    try:
        known = codecs.lookup(name).name.replace("-", "_")
        "".encode(name)  # binary transforms are codecs too, and refuse this
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known in _REFUSED else name


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark: text of ASCII has its zero bytes at the same place of every unit."""
    if len(head) < 8 or b"\0" not in head:
        return ""
    head = head[: len(head) // 4 * 4]
    lanes = [head[lane::4] for lane in range(4)]
    empty = tuple(not any(lane) for lane in lanes)
    full = tuple(lane.count(0) == 0 for lane in lanes)
    for charset, zeros in _UNITS.items():
        if all(empty[lane] if zero else full[lane] for lane, zero in enumerate(zeros)):
            return charset
    return ""


_UNITS = {
    "utf-32-le": (False, True, True, True),
    "utf-32-be": (True, True, True, False),
    "utf-16-le": (False, True, False, True),
    "utf-16-be": (True, False, True, False),
}
