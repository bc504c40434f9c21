"""A planted value is found on every surface and through every encoding that nests in a response."""

import base64
import html
import json
import urllib.parse
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywall.decode import decode
from partywall.decode.response import BYTES_MAX, DEPTH_MAX
from partywall.model import Exchange
from tests.partywall.histories import A, did, history, mark

MARK = mark(A)


def response(body: bytes = b"", **more: object) -> Exchange:
    return history(did(A, "get", came=body, **more)).exchanges[0]  # type: ignore[arg-type]


def a_pdf(text: str) -> bytes:
    """A page of PDF, its text in a compressed stream."""
    stream = zlib.compress(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode())
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )


BODIES = {
    "json": json.dumps({"a": [{"b": MARK}]}).encode(),
    "json key": json.dumps({MARK: 1}).encode(),
    "json escapes": json.dumps({"a": MARK}).replace("5", "\\u0035").encode(),
    "text": f"order {MARK} is late".encode(),
    "html text": f"<html><body><p>{MARK}</p></body></html>".encode(),
    "html attribute": f'<html><a href="/orders/{MARK}">x</a></html>'.encode(),
    "html comment": f"<html><!-- {MARK} --></html>".encode(),
    "html script": f'<html><script>var a = "{MARK}"</script></html>'.encode(),
    "pdf": a_pdf(MARK),
    "base64 text in json": json.dumps({"a": base64.b64encode(f"to {MARK} at".encode()).decode()}).encode(),
    "base64url in text": base64.urlsafe_b64encode(f"??>> {MARK}".encode()),
    "pdf in base64 in json": json.dumps({"label": base64.b64encode(a_pdf(MARK)).decode()}).encode(),
    "json in base64 in json": json.dumps({"a": base64.b64encode(json.dumps({"b": MARK}).encode()).decode()}).encode(),
    "percent": ("x=" + "".join(f"%{ord(c):02x}" for c in MARK)).encode(),
    "entities": "".join(f"&#{ord(c)};" for c in MARK).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies(body: bytes) -> None:
    """The value is among the texts of the body, and no bound was hit."""
    decoded = decode(response(body))
    assert any(MARK in text.text.lower() for text in decoded.texts)
    assert decoded.unseen == ()


@pytest.mark.parametrize(
    ("name", "surface"),
    [
        ("X-Trace", "header"),
        ("Set-Cookie", "cookie"),
        ("Location", "redirect"),
        ("Content-Disposition", "filename"),
    ],
)
def test_headers(name: str, surface: str) -> None:
    """The value is found in a header, plain and percent-encoded, and the surface says in which kind."""
    for value in (f"a {MARK}", f"a%20{MARK}", urllib.parse.quote(base64.b64encode(MARK.encode()))):
        texts = decode(response(headers=((name, value),))).texts
        assert {text.surface for text in texts if MARK in text.text} == {surface}


def test_reason() -> None:
    """The status line is a surface too."""
    texts = decode(response(reason=f"Not your {MARK}")).texts
    assert [text.surface for text in texts if MARK in text.text] == ["reason"]


def test_place_and_chain() -> None:
    """A text says where it was and through which decodings it came."""
    body = json.dumps({"orders": [{}, {"label": base64.b64encode(a_pdf(MARK)).decode()}]}).encode()
    found = next(text for text in decode(response(body)).texts if MARK in text.text)
    assert (found.surface, found.place, found.chain) == (
        "pdf",
        "/orders/1/label/page 1",
        ("json", "base64", "pdf"),
    )


def test_bounds_are_told() -> None:
    """What lies beyond a bound is reported as not looked at."""
    assert decode(response(b"x" * (BYTES_MAX + 1))).unseen
    assert decode(response(b"%PDF-1.4 and no more")).unseen
    nested = MARK
    for _ in range(DEPTH_MAX + 2):
        nested = json.dumps({"a": base64.b64encode(nested.encode()).decode()})
    assert decode(response(nested.encode())).unseen


@given(body=st.binary(max_size=300), kind=st.sampled_from(["text/html", "application/json", "application/pdf", ""]))
def test_never_raises(body: bytes, kind: str) -> None:
    """Any bytes under any content type are decoded without an error."""
    decode(response(body, headers=(("content-type", kind),)))


@given(words=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_html_text_survives(words: str) -> None:
    """Text that was escaped into HTML comes out as it was."""
    page = f"<html><p>{html.escape(words)}</p></html>".encode()
    assert words in {text.text for text in decode(response(page)).texts}
