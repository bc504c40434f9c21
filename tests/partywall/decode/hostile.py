"""Bodies that were made to hang, crash or fill whoever reads them; each is made when its builder is called."""

from __future__ import annotations

import base64
import gzip
import json
import random
import struct
import zlib
from typing import TYPE_CHECKING

import brotli
import zstandard
from PIL import Image

from tests.partywall.decode import bodies as b

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1 << 20


def deflated_zeros(size: int, filler: bytes = b"\0") -> bytes:
    """Bare deflate of so many equal bytes. Fully flushed blocks don't refer to one another: one is repeated."""
    machine = zlib.compressobj(9, wbits=-15)
    block = machine.compress(filler * MB) + machine.flush(zlib.Z_FULL_FLUSH)
    return block * (size // MB) + machine.flush()


def zeros_gzipped(size: int) -> bytes:
    """A gzip file of zeros; its checksum is wrong, which nobody learns who stops in time."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated_zeros(size) + bytes(8)


def zip_bomb(size: int) -> bytes:
    """One member of zeros."""
    packed = deflated_zeros(size)
    return struct.pack("<4sHHHHHLLLHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), size, 1, 0) + b"a" + packed


def nested_zip_bomb(depth: int, width: int) -> bytes:
    """42.zip: archives of the same archive, all the way down."""
    inner = b.zipped({"zeros": bytes(MB)})
    for _ in range(depth):
        inner = b.zipped({f"{number}.zip": inner for number in range(width)})
    return inner


def overlapping_zip(entries: int, size: int) -> bytes:
    """Many entries of a directory that share one deflated run (https://www.bamsoftware.com/hacks/zipbomb/)."""
    packed = b.deflated(bytes(size), -15)
    name = b"a"
    local = struct.pack("<4sHHHHHLLLHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0) + name
    data = local + packed
    directory = b"".join(
        struct.pack(
            "<4sHHHHHHLLLHHHHHLL", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), size, 1, 0, 0, 0, 0, 0, 0
        ) + b"%c" % (97 + number % 26)
        for number in range(entries)
    )  # fmt: skip
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, entries % 65536, entries % 65536, len(directory), len(data), 0)
    return data + directory + end


def brotli_bomb(size: int) -> bytes:
    machine = brotli.Compressor(quality=2)
    pieces = [machine.process(bytes(MB)) for _ in range(size // MB)]
    return b"".join((*pieces, machine.finish()))


def zstd_bomb(size: int) -> bytes:
    machine = zstandard.ZstdCompressor().compressobj()
    pieces = [machine.compress(bytes(MB)) for _ in range(size // MB)]
    return b"".join((*pieces, machine.flush()))


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]><l>&l9;</l>'.encode()


def quadratic_entity() -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "{"a" * 50_000}">]><l>{"&a;" * 50_000}</l>'.encode()


def external_entity() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>'


def forms_pdf(depth: int) -> bytes:
    """Each form draws the next ten times."""
    forms = []
    for level in range(depth):
        last = level == depth - 1
        next_form = b"" if last else b"/Resources << /XObject << /X %d 0 R >> >>" % (7 + level)
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 300 200] " + next_form
        forms.append(b.stream(b"0 0 1 1 re f" if last else b"/X Do " * 10, entries))
    return b.page_pdf(b"/X Do", b"/Resources << /XObject << /X 6 0 R >> >>", more=forms)


def looping_pdf() -> bytes:
    """Page tree, form and outline that contain themselves."""
    return b.pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 1000000 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
            b"/Resources << /XObject << /X 5 0 R >> >> >>",
            b.stream(b"/X Do"),
            b.stream(
                b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
            ),
            b"<< /First 7 0 R /Last 7 0 R >>",
            b"<< /Title (x) /Next 7 0 R /First 7 0 R /Parent 6 0 R >>",
        )
    )


def deep_pages_pdf(depth: int) -> bytes:
    tree = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(depth)]
    leaf = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 300 200] >>" % (depth + 1)
    return b.pdf((b"<< /Type /Catalog /Pages 2 0 R >>", *tree, leaf))


def many_pages_pdf(pages: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    leaves = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>"] * pages
    return b.pdf(
        (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages), *leaves)
    )


def inflating_pdf(size: int, layers: int) -> bytes:
    """A content stream of spaces, Flate within Flate."""
    data = b"\x78\xda" + deflated_zeros(size, b" ") + bytes(4)
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    filters = b"/Filter [%s]" % (b"/FlateDecode " * layers)
    return b.pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R >>",
            b.stream(data, filters, compressed=False),
        )
    )


def wide_page_pdf() -> bytes:
    return b.page_pdf(b"0 0 1 1 re " * 100 + b"14390 14390 9 9 re f").replace(b"[0 0 300 200]", b"[0 0 14400 14400]")


def encrypted_pdf() -> bytes:
    """Encrypted with a password that nobody told."""
    entries = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>" % (b"41" * 32, b"42" * 32)
    return b.page_pdf(b"BT ET", more=[entries], trailer=b"/Encrypt 6 0 R /ID [<41> <41>]")


def encrypted_zip() -> bytes:
    """The flag says that its member is encrypted."""
    data = bytearray(b.zipped({"a.txt": b"secret"}))
    data[6] |= 1
    return bytes(data)


def noise_image(side: int) -> bytes:
    """Pixels in which a barcode could be anywhere."""
    return b.encoded_image(_noise(side, 1), "PNG")


def noise_film(side: int, frames: int) -> bytes:
    """So many such images."""
    first, *more = (_noise(side, number) for number in range(frames))
    return b.encoded_image(first, "GIF", save_all=True, append_images=more)


def _noise(side: int, seed: int) -> Image.Image:
    pixels = random.Random(seed).randbytes(side * side)
    return Image.frombytes("L", (side, side), bytes(pixels)).point(lambda value: 255 * (value > 127))


def png_text_bomb() -> bytes:
    png = b.png_with("x", compressed=False)
    data = b"Comment\0\0" + zlib.compress(bytes(200 * MB), 9)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    place = png.index(b"tEXt") - 4
    return png[:place] + chunk + png[place:]


def base64_nest(depth: int) -> bytes:
    data = b"a" * 1_000
    for _ in range(depth):
        data = base64.b64encode(data)
    return json.dumps([data.decode()]).encode()


def many_wrappings() -> bytes:
    """Each wrapping leaves the others in place, so that they could be undone in any order."""
    once = "%2541 &amp;amp; \\\\u0041 =3D41 =?utf-8?q?=41?= \u00ad "
    return (once * 300).encode()


def deep_json(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def many_keys(count: int) -> bytes:
    return json.dumps({f"key{number}": number for number in range(count)}).encode()


def overlong_multipart(parts: int) -> bytes:
    return b.multipart([("Content-Type: text/plain", b"x")] * parts)


# Each is either read in full or told as unseen, in the bounds.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "zeros, 1 GB": lambda: bytes(1 << 30),
    "zip bomb, 1 GB": lambda: zip_bomb(1 << 30),
    "zip in zip, 16 to the 5th": lambda: nested_zip_bomb(5, 16),
    "zip of overlapping entries": lambda: overlapping_zip(60_000, 20 * MB),
    "zip directory of 200,000": lambda: overlapping_zip(200_000, 1),
    "zip encrypted": encrypted_zip,
    "gzip bomb, 1 GB": lambda: zeros_gzipped(1 << 30),
    "gzip in gzip": lambda: gzip.compress(zeros_gzipped(1 << 30)),
    "brotli bomb, 1 GB": lambda: brotli_bomb(1 << 30),
    "zstd bomb, 1 GB": lambda: zstd_bomb(1 << 30),
    "billion laughs": laughs,
    "quadratic entities": quadratic_entity,
    "external entity": external_entity,
    "xml, 300,000 deep": lambda: b"<?xml version='1.0'?>" + b"<a>" * 300_000 + b"</a>" * 300_000,
    "xml of attributes, 16 MB": lambda: b"<?xml version='1.0'?><r>" + b"<a b='c'/>" * 1_600_000 + b"</r>",
    "pdf whose forms draw one another": lambda: forms_pdf(9),
    "pdf of loops": looping_pdf,
    "pdf page tree, 20,000 deep": lambda: deep_pages_pdf(20_000),
    "pdf of 20,000 pages": lambda: many_pages_pdf(20_000),
    "pdf stream of 1 GB": lambda: inflating_pdf(1 << 30, 1),
    "pdf stream of 1 GB, twice deflated": lambda: inflating_pdf(1 << 30, 2),
    "pdf page of 5 m by 5 m": wide_page_pdf,
    "pdf encrypted": encrypted_pdf,
    "pdf without its table": lambda: b.text_pdf("x")[:-200],
    "pdf, first bytes": lambda: b"%PDF-1.7\n1 0 obj\n<<",
    "png of 50,000 x 50,000": lambda: b.png_header(50_000, 50_000),
    "png whose text inflates to 200 MB": png_text_bomb,
    "png of noise": lambda: noise_image(1_000),
    "gif of noise, 3 frames": lambda: noise_film(1_000, 3),
    "png, first bytes": lambda: b.png_header(8, 8)[:40],
    "json, 100,000 deep": lambda: deep_json(100_000),
    "json of objects, 100,000 deep": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "json of a million keys": lambda: many_keys(1_000_000),
    "json number of a million digits": lambda: b'{"a": %s}' % (b"7" * 1_000_000),
    "json of empty objects": lambda: b"[" + b"{}," * 1_300_000 + b"{}]",
    "json string of 16 MB beyond ASCII": lambda: json.dumps(["\U0001f4e6" * (4 * MB)], ensure_ascii=False).encode(),
    "base64 in base64": lambda: base64_nest(30),
    "percent in percent": lambda: b"%" + b"25" * 500_000 + b"41",
    "entities in entities": lambda: b"&" + b"amp;" * 200_000 + b"lt;",
    "wrappings that don't end": many_wrappings,
    "html of comments that don't end": lambda: b"<html>" + b"<!--" * 1_000_000,
    "html of tags that don't end": lambda: b"<html>" + b'<a b="' * 600_000,
    "html of closing tags that don't end": lambda: b"<html>" + b"</a" * 1_200_000,
    "html of attributes": lambda: b"<html><a " + b"b=c " * 900_000 + b">",
    "html of scripts that don't end": lambda: b"<html>" + b"<script></scrip" * 250_000,
    "one long word": lambda: b"A" * (16 * MB),
    "backslashes": lambda: b"\\" * (4 * MB),
    "line ends": lambda: b"-\n" * (2 * MB),
    "white space": lambda: b" " * (8 * MB) + b"x",
    "equals signs": lambda: b"=?" * (2 * MB),
    "csv of quotes": lambda: b'"' * (4 * MB - 1),
    "multipart of 100,000": lambda: overlong_multipart(100_000),
    "headers that don't end": lambda: b"a: b\r\n" * 500_000,
    "nulls among text": lambda: b"a\0b\0\0c" * 500_000,
    "lone surrogates": lambda: b'["\\ud800", "\\udfff\\ud800 \\udc00x"]',
    "utf-8 that is none": lambda: b"\xc3(\xa0\xa1\xe2(\xa1\xf0(\x8c\xbc" * 100_000,
    "utf-16 that is cut": lambda: "a wide text of some length".encode("utf-16")[:-1],
    "utf-7 declared": lambda: b"+AGE-" * 100_000,
    "tar that is cut": lambda: b.tarred({"a": bytes(9_000)})[:5_000],
    "tar of a size beyond belief": lambda: b.tarred({"a": b"x"})[:124] + b"\xff" * 12 + b.tarred({"a": b"x"})[136:],
    "gzip that is cut": lambda: gzip.compress(b"some words that were cut off")[:20],
}
KINDS = {
    "csv of quotes": "text/csv",
    "utf-7 declared": "text/plain; charset=utf-7",
    "headers that don't end": "message/rfc822",
    "nulls among text": "application/json",
}
ENCODINGS = {"brotli bomb, 1 GB": "br"}
# These can't be read in full by anybody in the bounds, or at all.
UNSEEN = frozenset(
    name
    for name in HOSTILE
    if name.startswith(
        ("zeros", "zip", "gzip", "brotli", "zstd", "billion", "quadratic", "external", "tar", "png", "gif")
    )
    or (name.startswith("pdf") and "loops" not in name and "table" not in name)
) - {"png of noise", "gif of noise, 3 frames"}
# These are text: what is appended to them is text as well.
TEXTUAL = tuple(
    name for name in HOSTILE if name not in UNSEEN and not name.startswith(("png", "gif", "pdf", "utf-16", "utf-7"))
)
