"""However encodings nest, the value is found, or something is told as unseen."""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import urllib.parse
import zlib
from random import Random
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from partywall.decode import decode
from tests.partywall.decode import bodies as b
from tests.partywall.histories import A, mark

if TYPE_CHECKING:
    from collections.abc import Callable

M = mark(A)


def text_of(data: bytes) -> str:
    """Bytes as a string of text: as they are, else in base64."""
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "json": lambda data: json.dumps({"list": [1, {"value": text_of(data)}]}).encode(),
    "ndjson": lambda data: b'{"a": 1}\n%s\n' % json.dumps({"value": text_of(data)}).encode(),
    "xml": lambda data: f"<?xml version='1.0'?><a><b>{html.escape(text_of(data))}</b></a>".encode(),
    "html": lambda data: f"<html><p title='{html.escape(text_of(data))}'>x</p></html>".encode(),
    "sse": lambda data: b"".join(b"data: %s\n" % line for line in text_of(data).encode().splitlines()) + b"\n",
    "multipart": lambda data: b.multipart([("Content-Type: application/octet-stream", data)]),
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "percent": lambda data: urllib.parse.quote(text_of(data), safe="").encode(),
    "entities": lambda data: "".join(f"&#{ord(char)};" for char in text_of(data)).encode(),
    "escapes": lambda data: "".join(f"\\u{ord(char):04x}" for char in text_of(data)).encode(),
    "quoted-printable": lambda data: quopri.encodestring(text_of(data).encode(), quotetabs=True),
    "utf-16": lambda data: text_of(data).encode("utf-16"),
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "zstd": b.zstded,
    "zip": lambda data: b.zipped({"a.bin": data}),
    "tar": lambda data: b.tarred({"a.bin": data}),
}
NESTED = st.lists(st.sampled_from(sorted(ENCODERS)), max_size=5)


DOCUMENTS = {
    **{name: encode(b"hello, world of mine") for name, encode in ENCODERS.items()},
    "csv": b'name,reference\nAda,1\n"Bo, Cy",2\n',
    "docx": b.docx("hello"),
    "events": b": hello\nevent: order\nid: 3\ndata: {}\nretry: 5\n\ndata: hello\n\n",
    "form": b"a=1&b=hello+there&c=",
    "jpeg": b.jpeg_with_exif("hello"),
    "page": b"<!doctype html><html><head><title>x</title><script>var a = {'b': 1};</script><style>p {}</style></head>"
    b"<body class=x><!-- c --><p id='a' hidden>to &amp; fro<br/></p><input value=3></body></html>",
    "pdf": b.text_pdf("hello"),
    "png": b.png_with("hello", compressed=False),
    "schema": b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'd'><?b c?><a xmlns:n='u' n:b='c'><!-- c --><n:e>t</n:e></a>",
    "zip": b.zipped({"a.txt": b"hello", "b.csv": b"a,b\n1,2\n"}, comment="c", member_comment="d"),
}


@given(name=st.sampled_from(sorted(DOCUMENTS)), at=st.floats(0, 1))
@settings(max_examples=600)
def test_anywhere(name: str, at: float) -> None:
    """A value that stands anywhere in a document, be it behind its end or within a name, is found or told."""
    document = DOCUMENTS[name]
    place = int(at * len(document))
    decoded = decode(b.response(document[:place] + M.encode() + document[place:]))
    assert decoded.unseen or any(M in text.text for text in decoded.texts)


@given(names=NESTED)
@settings(max_examples=300, deadline=None)
def test_nested(names: list[str]) -> None:
    """Up to five encodings around a value: found or told."""
    body = f"to {M}, today".encode()
    for name in names:
        body = ENCODERS[name](body)
    decoded = decode(b.response(body))
    assert decoded.unseen or any(M in text.text.lower() for text in decoded.texts)


@given(names=NESTED, cut=st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_truncated(names: list[str], cut: float) -> None:
    """A nest that is cut off anywhere is decoded without an error, and what was cut from a compressed one is told."""
    body = f"to {M}, today".encode()
    for name in names:
        body = ENCODERS[name](body)
    decoded = decode(b.response(body[: int(cut * len(body))]))
    if names and names[-1] in ("gzip", "deflate", "zstd") and 4 < int(cut * len(body)) < len(body):
        assert decoded.unseen


@given(body=st.binary(max_size=300), kind=st.sampled_from(["text/html", "application/json", "application/pdf", ""]))
def test_any_bytes(body: bytes, kind: str) -> None:
    """Any bytes under any content type are decoded without an error, into texts that can be encoded."""
    for text in decode(b.response(body, kind)).texts:
        text.text.encode()


@given(text=st.text(st.characters(), max_size=60))
def test_any_text(text: str) -> None:
    """Any string in JSON, lone surrogates included, is given as a text that can be encoded, and is lost nowhere."""
    texts = {found.text for found in decode(b.response(json.dumps([text]).encode())).texts}
    assert text.encode("utf-8", "replace").decode().replace("?", "\ufffd") in {t.replace("?", "\ufffd") for t in texts}
    for found in texts:
        found.encode()


@given(words=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_html_text_survives(words: str) -> None:
    """Text that was escaped into HTML comes out as it was."""
    page = f"<html><p>{html.escape(words)}</p></html>".encode()
    assert words in {text.text for text in decode(b.response(page)).texts}


@example(data=b"\xe0", before="__")  # decoded from its first character it begins like UTF-16
@example(data=b"\xfe\xff", before="")  # it begins like UTF-16, and is not
@given(data=st.binary(min_size=0, max_size=40), before=st.text("ab/_-", max_size=5))
def test_base64_at_any_alignment(data: bytes, before: str) -> None:
    """A value in base64 is found wherever in the encoded bytes and after whatever else of the alphabet it begins."""
    encoded = before + base64.b64encode(data + M.encode() + data).decode()
    decoded = decode(b.response(json.dumps([encoded]).encode()))
    assert any(M in text.text for text in decoded.texts)


def test_token_that_begins_like_a_document() -> None:
    """Random bytes in base64 that have a compressed stream's first two by chance are none: nothing of them is told as
    unread."""
    draw = Random(1)
    for _ in range(5_000):
        token = b"\x78" + draw.choice((b"\x01", b"\x5e", b"\x9c", b"\xda")) + draw.randbytes(draw.randrange(14, 60))
        assert decode(b.response(json.dumps({"next": base64.urlsafe_b64encode(token).decode()}).encode())).unseen == ()
