"""One planted value in each format: it is found, at its place, through its decodings, and nothing stays unseen."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import quopri
import urllib.parse
import zlib
from typing import NamedTuple

import pytest
from PIL import Image

from partywall.decode import SURFACES, decode
from tests.partywall.decode import bodies as b
from tests.partywall.histories import A, mark

M = mark(A)
HALVES = (M[:6], M[6:])
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in M)
TEXT = f"order {M} is late".encode()


class Case(NamedTuple):
    body: bytes
    kind: str
    surface: str
    place: str
    chain: tuple[str, ...]
    encoding: str = ""


def annotated(entries: bytes, catalogue: bytes = b"", more: tuple[bytes, ...] = ()) -> bytes:
    annotation = b"<< /Type /Annot /Rect [0 0 99 99] %s >>" % entries
    return b.page_pdf(b"", b"/Annots [6 0 R]", catalogue, (annotation, *more))


def attached(name: str, content: bytes) -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(x) 6 0 R] >> >>"
    file = b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F 7 0 R >> >>" % (name.encode(), name.encode())
    return b.page_pdf(b"", catalogue=names, more=(file, b.stream(content, b"/Type /EmbeddedFile")))


XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><t>{M}</t></x:xmpmeta>".encode()
FIELD = f"/Subtype /Widget /FT /Tx /T (to) /V ({M})".encode()

CASES = {
    "json": Case(b.in_json(M), "application/json", "body", "/a/0/b", ("json",)),
    "json as html": Case(b.in_json(M), "text/html", "body", "/a/0/b", ("json",)),
    "json key": Case(json.dumps({M: 1}).encode(), "", "body", f"/{M}", ("json", "key")),
    "json escapes": Case(b'{"a": "%s"}' % ESCAPED.encode(), "", "body", "/a", ("json",)),
    "json number": Case(b'{"a": 50770000020000123456.50770000020000123456}', "", "body", "/a", ("json",)),
    "json repeated key": Case(b'{"a": "%s", "a": ""}' % M.encode(), "", "body", "/a", ("json",)),
    "json in json": Case(b.in_json(json.dumps({"c": M})), "", "body", "/a/0/b/c", ("json", "json")),
    "json in utf-16": Case(b.in_json(M).decode().encode("utf-16"), "application/json", "body", "/a/0/b", ("json",)),
    "ndjson": Case(b'{"a": 1}\n{"a": "%s"}\n' % M.encode(), "application/x-ndjson", "body", "/1/a", ("ndjson",)),
    "broken json": Case(b'{"a": "%s", ' % ESCAPED.encode(), "application/json", "body", "", ("escapes",)),
    "text": Case(TEXT, "text/plain", "body", "", ()),
    "text in utf-16": Case(TEXT.decode().encode("utf-16-be"), "text/plain", "body", "", ()),
    "text in a declared charset": Case(TEXT.decode().encode("cp037"), "text/plain; charset=cp037", "body", "", ()),
    "text in a wrong charset": Case(TEXT, "text/plain; charset=utf-16", "body", "", ()),
    "csv in a wrong charset": Case(
        b"a,b\n%s,1\n" % M.encode(), "text/csv; charset=utf-16", "body", "", ("csv", "source")
    ),
    "html in a wrong charset": Case(f"<p>{M}</p>".encode(), "text/html; charset=cp500", "body", "", ("html", "source")),
    "html name of an attribute": Case(f"<p data-{M}=1>".encode(), "text/html", "body", "/p@", ("html", "key")),
    "xml name of an element": Case(f"<x><e-{M}/></x>".encode(), "", "body", f"/x/e-{M}", ("xml", "key")),
    "event of no known field": Case(f"id: 1\n{M}: 2\n\n".encode(), "", "body", f"/0/{M}", ("sse",)),
    "behind an empty archive": Case(b"PK\5\6" + bytes(18) + b"\0" + M.encode(), "", "archive", "", ("zip", "source")),
    "text wrapped": Case(f"a\n{HALVES[0]}-\r\n  {HALVES[1]}\n".encode(), "", "body", "", ("joined",)),
    "text with soft hyphens": Case("\u00ad".join(HALVES).encode(), "", "body", "", ("normalised",)),
    "text in full width": Case("".join(chr(ord(c) + 0xFEE0) for c in M).encode(), "", "body", "", ("normalised",)),
    "text among binary": Case(b"\0\1\2\xff\x80" * 9 + M.encode() + b"\xfe\0\1" * 9, "", "body", "", ()),
    "xml text": Case(f"<?xml version='1.0'?><a><b>{M}</b></a>".encode(), "", "body", "/a/b", ("xml",)),
    "xml attribute": Case(f"<a><b c='{M}'/></a>".encode(), "application/xml", "body", "/a/b@c", ("xml",)),
    "xml comment": Case(f"<?xml version='1.0'?><a><!--{M}--></a>".encode(), "", "body", "/a/comment", ("xml",)),
    "xml cdata": Case(f"<?xml version='1.0'?><a><![CDATA[{M}]]></a>".encode(), "", "body", "/a", ("xml",)),
    "xml instruction": Case(f"<?xml version='1.0'?><a><?p {M}?></a>".encode(), "", "body", "/a/?p", ("xml",)),
    "xml text runs": Case(
        f"<?xml version='1.0'?><a><b>{HALVES[0]}</b><b>{HALVES[1]}</b></a>".encode(), "", "body", "", ("xml", "joined")
    ),
    "html text": Case(f"<html><p>{M}</html>".encode(), "text/html", "body", "/p", ("html",)),
    "html attribute": Case(f"<html><a href='/o/{M}'>x</a>".encode(), "", "body", "/a@href", ("html",)),
    "html comment": Case(f"<!doctype html><!-- {M} -->".encode(), "", "body", "/comment", ("html",)),
    "html script": Case(f"<html><script>var a = '{M}'</script>".encode(), "", "body", "/script", ("html",)),
    "html inline json": Case(
        f'<html><script type="application/json">{{"a": "{ESCAPED}"}}</script>'.encode(),
        "text/html",
        "body",
        "/script/a",
        ("html", "json"),
    ),
    "html data attribute": Case(
        f"<html><p data-order='{{&quot;a&quot;:&quot;{M}&quot;}}'>".encode(),
        "text/html",
        "body",
        "/p@data-order/a",
        ("html", "json"),
    ),
    "html entities": Case(
        f"<html><p>{''.join(f'&#{ord(char)};' for char in M)}".encode(), "text/html", "body", "/p", ("html",)
    ),
    "html adjacent elements": Case(
        f"<html><p><b>{HALVES[0]}</b><wbr>{HALVES[1]}</p>".encode(), "text/html", "body", "", ("html", "joined")
    ),
    "html broken": Case(f"<html><p class='x>{M}".encode(), "text/html", "body", "/unclosed", ("html",)),
    "form": Case(f"x=1&to=a+{M}".encode(), "application/x-www-form-urlencoded", "body", "/to", ("form",)),
    "csv": Case(f'id,to\n1,"a ""b"" {M}"\n'.encode(), "text/csv", "body", "/1/to", ("csv",)),
    "csv with semicolons": Case(f"id;to\n1;{M}\n".encode(), "text/csv", "body", "/1/to", ("csv",)),
    "sse": Case(b'event: x\ndata: {"a":\ndata: "%s"}\n\n' % M.encode(), "", "body", "/0/data/a", ("sse", "json")),
    "multipart": Case(
        b.multipart([("Content-Type: text/plain", b"x"), ("Content-Type: application/json", b.in_json(M))]),
        "multipart/mixed; boundary=frontier",
        "body",
        "/1/a/0/b",
        ("multipart", "json"),
    ),
    "multipart undeclared": Case(
        b.multipart([("X-To: me", TEXT)]), "application/octet-stream", "body", "/0", ("multipart",)
    ),
    "multipart header": Case(b.multipart([(f"X-To: {M}", b"x")]), "", "header", "/0/x-to", ("multipart",)),
    "multipart file name": Case(
        b.multipart([(f'Content-Disposition: form-data; name="a"; filename="{M}.pdf"', b"x")]),
        "multipart/form-data; boundary=frontier",
        "filename",
        "/0/content-disposition",
        ("multipart",),
    ),
    "multipart base64": Case(
        b.multipart([("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", base64.encodebytes(TEXT * 9))]),
        "multipart/mixed; boundary=frontier",
        "body",
        "/0",
        ("multipart", "base64"),
    ),
    "message in quoted-printable": Case(
        b"Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(b"=" * 60 + TEXT),
        "message/rfc822",
        "body",
        "",
        ("message", "quoted-printable"),
    ),
    "quoted-printable": Case(f"caf=C3=A9 {HALVES[0]}=\r\n{HALVES[1]}".encode(), "", "body", "", ("quoted-printable",)),
    "encoded word": Case(f"=?utf-8?B?{b.b64(TEXT)}?=".encode(), "", "body", "", ("encoded-word",)),
    "gzip": Case(gzip.compress(b.in_json(M)), "", "body", "/a/0/b", ("gzip", "json")),
    "gzip name": Case(b.named_gzip(b"x", M), "", "body", "/name", ("gzip",)),
    "gzip of two members": Case(gzip.compress(b"x\n") + gzip.compress(TEXT), "", "body", "", ("gzip",)),
    "zlib": Case(zlib.compress(TEXT), "", "body", "", ("deflate",)),
    "content-encoding gzip": Case(gzip.compress(TEXT), "", "body", "", ("gzip",), "gzip"),
    "content-encoding deflate": Case(b.deflated(TEXT, -15), "", "body", "", ("deflate",), "deflate"),
    "content-encoding br": Case(b.brotlied(TEXT), "", "body", "", ("br",), "br"),
    "content-encoding zstd": Case(b.zstded(TEXT), "", "body", "", ("zstd",), "zstd"),
    "content-encoding twice": Case(b.brotlied(gzip.compress(TEXT)), "", "body", "", ("br", "gzip"), "gzip, br"),
    "content-encoding undone": Case(b.in_json(M), "", "body", "/a/0/b", ("json",), "br"),
    "zstd": Case(b.zstded(TEXT) + b.zstded(TEXT), "", "body", "", ("zstd",)),
    "bzip2": Case(bz2.compress(TEXT), "", "body", "", ("bzip2",)),
    "xz": Case(lzma.compress(TEXT), "", "body", "", ("xz",)),
    "zip": Case(b.zipped({"a.json": b.in_json(M)}), "", "archive", "/a.json/a/0/b", ("zip", "json")),
    "zip of a csv": Case(b.zipped({"a.csv": f"to\n{M}".encode()}), "", "archive", "/a.csv/1/to", ("zip", "csv")),
    "zip member's name": Case(b.zipped({f"{M}.txt": b"x"}), "", "archive", f"/{M}.txt", ("zip", "name")),
    "zip comment": Case(b.zipped({"a": b"x"}, comment=M), "", "archive", "", ("zip", "comment")),
    "zip member's comment": Case(b.zipped({"a": b"x"}, member_comment=M), "", "archive", "/a", ("zip", "comment")),
    "zip of a zip": Case(b.zipped({"a.zip": b.zipped({"b.txt": TEXT})}), "", "archive", "/a.zip/b.txt", ("zip", "zip")),
    "zip behind an image": Case(
        b.png_with("x", compressed=False) + b.zipped({"a.txt": TEXT}), "image/png", "archive", "/a.txt", ("zip",)
    ),
    "tar": Case(b.tarred({"a.json": b.in_json(M)}), "", "archive", "/a.json/a/0/b", ("tar", "json")),
    "tar member's name": Case(b.tarred({f"dir/{M}": b"x"}), "", "archive", f"/dir/{M}", ("tar", "name")),
    "tar owner": Case(b.tarred({"a": b"x"}, owner=M), "", "archive", "/a", ("tar", "user")),
    "xlsx": Case(b.xlsx(M), "", "archive", "/xl/sharedStrings.xml/sst/si/r/t", ("zip", "xml")),
    "xlsx runs": Case(b.xlsx(*HALVES), "", "archive", "/xl/sharedStrings.xml", ("zip", "xml", "joined")),
    "docx runs": Case(b.docx(*HALVES), "", "archive", "/word/document.xml", ("zip", "xml", "joined")),
    "pdf text": Case(b.text_pdf(M), "application/pdf", "pdf", "/page 1", ("pdf",)),
    "pdf as text": Case(b.text_pdf(M), "text/plain", "pdf", "/page 1", ("pdf",)),
    "pdf behind other bytes": Case(b"junk\n" + b.text_pdf(M), "", "pdf", "/page 1", ("pdf",)),
    "pdf wrapped": Case(b.text_pdf(*HALVES), "", "pdf", "/page 1", ("pdf", "joined")),
    "pdf hyphenated": Case(b.text_pdf(HALVES[0] + "-", HALVES[1]), "", "pdf", "/page 1", ("pdf", "joined")),
    "pdf letter-spaced": Case(b.text_pdf(" ".join(M)), "", "pdf", "/page 1", ("pdf", "joined")),
    "pdf information": Case(
        b.page_pdf(b"", more=[f"<< /Author ({M}) >>".encode()], trailer=b"/Info 6 0 R"),
        "",
        "pdf",
        "/info/Author",
        ("pdf", "metadata"),
    ),
    "pdf xmp": Case(
        b.page_pdf(b"", catalogue=b"/Metadata 6 0 R", more=[b.stream(XMP, b"/Type /Metadata /Subtype /XML")]),
        "",
        "pdf",
        "/stream 1",
        ("pdf", "source"),
    ),
    "pdf of an earlier revision": Case(
        b.text_pdf(M) + b"\n" + b.text_pdf("nothing"), "", "pdf", "/stream 0", ("pdf", "source")
    ),
    "pdf note": Case(
        annotated(f"/Subtype /Text /Contents ({M})".encode()),
        "",
        "pdf",
        "/page 1/annotation 1/Contents",
        ("pdf", "annotation"),
    ),
    "pdf note in utf-16": Case(
        annotated(b"/Subtype /Text /Contents <FEFF%s>" % M.encode("utf-16-be").hex().encode()),
        "",
        "pdf",
        "/page 1/annotation 1/Contents",
        ("pdf", "annotation"),
    ),
    "pdf link": Case(
        annotated(f"/Subtype /Link /A << /S /URI /URI (https://x.test/{M}) >>".encode()),
        "",
        "pdf",
        "/page 1/annotation 1/link",
        ("pdf", "link"),
    ),
    "pdf form field": Case(
        annotated(FIELD, b"/AcroForm << /Fields [6 0 R] >>"), "", "pdf", "/page 1/annotation 1/field", ("pdf", "field")
    ),
    "pdf attachment": Case(
        attached("a.json", b.in_json(M)), "", "pdf", "/attachment a.json/a/0/b", ("pdf", "attachment", "json")
    ),
    "pdf attachment's name": Case(attached(f"{M}.txt", b"x"), "", "pdf", f"/attachment {M}.txt", ("pdf", "name")),
    "pdf bookmark": Case(
        b.page_pdf(
            b"",
            catalogue=b"/Outlines 6 0 R",
            more=[
                b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>",
                f"<< /Title ({M}) /Parent 6 0 R /Dest [3 0 R /Fit] >>".encode(),
            ],
        ),
        "",
        "pdf",
        "/bookmark 1",
        ("pdf", "bookmark"),
    ),
    "pdf script": Case(
        b.page_pdf(
            b"",
            catalogue=b"/Names << /JavaScript << /Names [(x) 6 0 R] >> >>",
            more=[f"<< /S /JavaScript /JS (app.alert\\('{M}'\\)) >>".encode()],
        ),
        "",
        "pdf",
        "/script 1",
        ("pdf", "script"),
    ),
    "pdf drawn qr code": Case(b.barcode_pdf(M), "", "barcode", "/page 1/QRCode 1", ("pdf", "barcode")),
    "pdf drawn data matrix": Case(
        b.barcode_pdf(M, "DataMatrix"), "", "barcode", "/page 1/DataMatrix 1", ("pdf", "barcode")
    ),
    "pdf drawn code 128": Case(b.barcode_pdf(M, "Code128"), "", "barcode", "/page 1/Code128 1", ("pdf", "barcode")),
    "pdf code drawn bar by bar": Case(
        b.barcode_pdf(M, paint=b"f"), "", "barcode", "/page 1/QRCode 1", ("pdf", "barcode")
    ),
    "pdf image of a code": Case(b.image_pdf(b.barcode(M)), "", "barcode", "/page 1/QRCode 1", ("pdf", "barcode")),
    "image of a qr code": Case(
        b.encoded_image(b.barcode(M), "PNG"), "image/png", "barcode", "/QRCode 1", ("image", "barcode")
    ),
    "image of a code 128, on its side": Case(
        b.encoded_image(b.barcode(M, "Code128").rotate(90, expand=True), "GIF"),
        "",
        "barcode",
        "/Code128 1",
        ("image", "barcode"),
    ),
    "image of a code, second frame": Case(
        b.encoded_image(Image.new("L", b.barcode(M).size, 255), "GIF", save_all=True, append_images=[b.barcode(M)]),
        "",
        "barcode",
        "/frame 2/QRCode 1",
        ("image", "barcode"),
    ),
    "code that says json in base64": Case(
        b.encoded_image(b.barcode(b.b64(b.in_json(M))), "WEBP", lossless=True),
        "",
        "barcode",
        "/QRCode 1/a/0/b",
        ("image", "barcode", "base64", "json"),
    ),
    "png text": Case(b.png_with(M, compressed=False), "image/png", "image", "/Comment", ("image",)),
    "png compressed text": Case(b.png_with(M, compressed=True), "image/png", "image", "/Comment", ("image",)),
    "jpeg exif": Case(b.jpeg_with_exif(M), "image/jpeg", "image", "/Exif/UserComment", ("image",)),
    "jpeg comment": Case(
        b.encoded_image(Image.new("L", (8, 8)), "JPEG", comment=M), "", "image", "/comment", ("image",)
    ),
    "gif comment": Case(b.encoded_image(Image.new("L", (8, 8)), "GIF", comment=M), "", "image", "/comment", ("image",)),
    "xmp in an image": Case(
        b.encoded_image(Image.new("L", (8, 8)), "WEBP", xmp=XMP),
        "",
        "image",
        "/xmp/x:xmpmeta/t",
        ("image", "xml"),
    ),
    "tiff": Case(
        b.encoded_image(Image.new("L", (8, 8)), "TIFF", description=M),
        "",
        "image",
        "/exif/ImageDescription",
        ("image",),
    ),
    "base64": Case(b.in_json(b.b64(TEXT)), "", "body", "/a/0/b", ("json", "base64")),
    "base64 of the value alone": Case(b.in_json(b.b64(M.encode())), "", "body", "/a/0/b", ("json", "base64")),
    "base64 of several lines": Case(
        b.in_json(b.b64(b"line one\nto " + TEXT + b"\n")), "", "body", "/a/0/b", ("json", "base64")
    ),
    "base64 wrapped": Case(base64.encodebytes(TEXT * 9), "", "body", "", ("base64",)),
    "base64 of binary": Case(
        b.in_json(b.b64(b"\x08\x96\x01\xff\x80" + TEXT + b"\xf0\x9f")), "", "body", "/a/0/b", ("json", "base64")
    ),
    "base64 in a path": Case(b.in_json(f"/orders/{b.b64(TEXT)}"), "", "body", "/a/0/b", ("json", "base64")),
    "base64 of utf-16": Case(b.in_json(b.b64(M.encode("utf-16-le"))), "", "body", "/a/0/b", ("json", "base64")),
    "base64url": Case(base64.urlsafe_b64encode(b"??>> " + TEXT), "", "body", "", ("base64",)),
    "data url": Case(
        b.in_json(f"data:image/png;base64,{b.b64(b.png_with(M, compressed=True))}"),
        "",
        "image",
        "/a/0/b/Comment",
        ("json", "base64", "image"),
    ),
    "jwt payload": Case(b.in_json(b.jwt({"sub": M})), "", "body", "/a/0/b/sub", ("json", "jwt", "json")),
    "jwt header": Case(b.jwt({}, {"alg": "none", "kid": M}).encode(), "", "body", "/kid", ("jwt", "json")),
    "percent": Case(("x " + "".join(f"%{ord(c):02x}" for c in M)).encode(), "", "body", "", ("percent",)),
    "percent twice": Case(
        urllib.parse.quote("".join(f"%{ord(c):02x}" for c in M)).encode(), "", "body", "", ("percent", "percent")
    ),
    "entities": Case("".join(f"&#x{ord(c):x};" for c in M).encode(), "", "body", "", ("entities",)),
    "escapes": Case(f"a {ESCAPED}".encode(), "", "body", "", ("escapes",)),
    "zip of pdfs in base64 in json": Case(
        b.in_json(b.b64(b.zipped({"1.pdf": b.text_pdf("x"), "2.pdf": b.text_pdf(M)}))),
        "",
        "pdf",
        "/a/0/b/2.pdf/page 1",
        ("json", "base64", "zip", "pdf"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_planted_value(name: str) -> None:
    """The value is found with its surface, place and chain, and nothing stays unseen."""
    case = CASES[name]
    sought = "50770000020000123456.50770000020000123456" if name == "json number" else M
    headers = (("Content-Encoding", case.encoding),) if case.encoding else ()
    decoded = decode(b.response(case.body, case.kind, headers=headers))
    found = {(text.surface, text.place, text.chain) for text in decoded.texts if sought in text.text.lower()}
    assert (case.surface, case.place, case.chain) in found
    assert decoded.unseen == ()
    assert {text.surface for text in decoded.texts} <= set(SURFACES)
