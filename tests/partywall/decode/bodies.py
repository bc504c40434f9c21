"""Bodies made by hand, for the tests of decoding: each function wraps a text, or bytes, in one format."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import zstandard
import zxingcpp
from PIL import Image, PngImagePlugin

from tests.partywall.histories import A, did, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partywall.model import Exchange


def response(body: bytes = b"", kind: str = "", **more: object) -> Exchange:
    """An exchange with a body of a declared type."""
    headers = (*more.pop("headers", ()), *((("Content-Type", kind),) if kind else ()))  # type: ignore[misc]
    return history(did(A, "get", came=body, headers=headers, **more)).exchanges[0]  # type: ignore[arg-type]


def in_json(text: str) -> bytes:
    return json.dumps({"a": [{"b": text}]}).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def jwt(claims: dict[str, str], header: dict[str, str] | None = None) -> str:
    parts = (json.dumps(header or {"alg": "HS256", "typ": "JWT"}), json.dumps(claims))
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"])


def deflated(data: bytes, bits: int) -> bytes:
    machine = zlib.compressobj(wbits=bits)
    return machine.compress(data) + machine.flush()


def brotlied(data: bytes) -> bytes:
    machine = brotli.Compressor()
    return bytes(machine.process(data) + machine.finish())


def zstded(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def named_gzip(data: bytes, name: str) -> bytes:
    whole = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=whole, mtime=0) as file:
        file.write(data)
    return whole.getvalue()


def zipped(members: dict[str, bytes], comment: str = "", member_comment: str = "") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.encode()
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.comment = member_comment.encode()
            archive.writestr(info, data)
    return whole.getvalue()


def tarred(members: dict[str, bytes], owner: str = "") -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.uname = len(data), owner
            archive.addfile(info, io.BytesIO(data))
    return whole.getvalue()


def pdf(objects: Iterable[bytes], trailer: bytes = b"") -> bytes:
    """A document of these objects; the first is the catalogue."""
    objects = list(objects)
    out, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        trailer,
        len(out),
    )


def stream(data: bytes, entries: bytes = b"", *, compressed: bool = True) -> bytes:
    """A stream object."""
    if compressed:
        data, entries = zlib.compress(data, 9), entries + b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def page_pdf(
    drawing: bytes, page: bytes = b"", catalogue: bytes = b"", more: Iterable[bytes] = (), trailer: bytes = b""
) -> bytes:
    """A document of one page; further objects are numbered from 6."""
    return pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 5 0 R "
            b"/Resources << /Font << /F1 4 0 R >> >> %s >>" % page,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            stream(drawing),
            *more,
        ),
        trailer,
    )


def text_pdf(*lines: str) -> bytes:
    """A page with lines of text."""
    return page_pdf(_written(lines))


def _written(lines: Iterable[str]) -> bytes:
    shown = b" 0 -16 Td ".join(b"(%s) Tj" % line.encode("latin-1") for line in lines)
    return b"BT /F1 12 Tf 20 100 Td %s ET" % shown


def barcode(text: str, kind: str = "QRCode") -> Image.Image:
    """A bar code with its quiet zone."""
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    # It has the buffer protocol, which its stub doesn't say.
    picture: Any = zxingcpp.write_barcode_to_image(made, scale=4)
    data = memoryview(picture)
    height, width = data.shape or (0, 0)
    image = Image.frombytes("L", (width, height), data.tobytes())
    whole = Image.new("L", (image.width + 40, image.height + 40), 255)
    whole.paste(image, (20, 20))
    return whole


def barcode_pdf(text: str, kind: str = "QRCode", paint: bytes = b"", lines: Iterable[str] = ()) -> bytes:
    """A page on which a bar code is drawn, of rectangles, as label printers do. ``paint`` "f": one by one. ``lines``:
    of text, below it."""
    image = barcode(text, kind)
    data = image.tobytes()
    small = [[data[y * image.width + x] < 128 for x in range(0, image.width, 4)] for y in range(0, image.height, 4)]
    side = 2 if image.width < 400 else 1
    drawn = b" ".join(
        b"%d %d %d %d re %s" % (side * x, 190 - side * y, side, side, paint)
        for y, row in enumerate(small)
        for x, dark in enumerate(row)
        if dark
    )
    return page_pdf(b"%s f %s" % (drawn, _written(lines)))


def image_pdf(image: Image.Image) -> bytes:
    """A page that shows an image."""
    jpeg = encoded_image(image, "JPEG")
    size = b"/Width %d /Height %d" % image.size
    entries = b"/Type /XObject /Subtype /Image %s /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode" % size
    more = (stream(jpeg, entries, compressed=False),)
    return page_pdf(b"q 180 0 0 180 10 10 cm /I Do Q", b"/Resources << /XObject << /I 6 0 R >> >>", more=more)


def encoded_image(image: Image.Image, kind: str, **more: object) -> bytes:
    whole = io.BytesIO()
    image.save(whole, kind, **more)
    return whole.getvalue()


def png_with(text: str, *, compressed: bool) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", text, zip=compressed)
    return encoded_image(Image.new("L", (8, 8)), "PNG", pnginfo=chunks)


def jpeg_with_exif(text: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "a parcel"
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-le")
    return encoded_image(Image.new("RGB", (8, 8)), "JPEG", exif=exif)


def png_header(width: int, height: int) -> bytes:
    """A PNG of any size whose pixels are missing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


def xlsx(*runs: str) -> bytes:
    """A workbook whose one shared string is written in runs, as rich text is."""
    rich = "".join(f"<r><rPr><b/></rPr><t>{run}</t></r>" for run in runs)
    return zipped(
        {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types/>',
            "xl/sharedStrings.xml": f'<?xml version="1.0"?><sst count="1"><si>{rich}</si></sst>'.encode(),
            "docProps/core.xml": f"<cp:coreProperties xmlns:cp='x'><t>{''.join(runs)}</t></cp:coreProperties>".encode(),
        }
    )


def docx(*runs: str) -> bytes:
    """A document whose one paragraph is written in runs."""
    written = "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs)
    word = f"<?xml version='1.0'?><w:document xmlns:w='w'><w:body><w:p>{written}</w:p></w:body></w:document>"
    return zipped({"word/document.xml": word.encode()})


def multipart(parts: Iterable[tuple[str, bytes]], boundary: str = "frontier") -> bytes:
    """Parts of (header lines, content)."""
    pieces = [b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), data) for head, data in parts]
    return b"".join(pieces) + b"--%s--\r\n" % boundary.encode()
