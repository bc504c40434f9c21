"""The stand-alone replay reads responses by itself: each surface and encoding that it has to see through."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from reportlab.pdfgen.canvas import Canvas

from partywall.reporting.replay.answers import Answer, ids_at
from partywall.reporting.replay.texts import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = "507700000020000abcdef"


def pdf(text: str, *, compressed: bool) -> bytes:
    page = io.BytesIO()
    canvas = Canvas(page, pageCompression=int(compressed))
    canvas.drawString(72, 700, text[:9])
    canvas.drawString(72, 680, text[9:])
    canvas.save()
    return page.getvalue()


def in_json(text: str) -> bytes:
    return json.dumps({"a": [{"b": text}]}).encode()


def zipped(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return file.getvalue()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


BODIES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "json": in_json,
    "json key": lambda text: json.dumps({text: 1}).encode(),
    "escaped json": lambda text: b'{"a": "%s"}' % "".join(f"\\u{ord(char):04x}" for char in text).encode(),
    "percent": lambda text: "".join(f"%{ord(char):02X}" for char in text).encode(),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text).encode(),
    "base64": lambda text: in_json(encoded(f"héllo {text}".encode())),
    "data url": lambda text: in_json(f"data:text/plain;base64,{encoded(text.encode())}"),
    "json in base64 in json": lambda text: in_json(encoded(in_json(text))),
    "pdf": lambda text: pdf(text, compressed=False),
    "compressed pdf": lambda text: pdf(text, compressed=True),
    "gzip": lambda text: gzip.compress(text.encode()),
    "deflate": lambda text: zlib.compress(text.encode()),
    "utf-16": lambda text: in_json(text).decode().encode("utf-16"),
    "zip": lambda text: zipped("labels.csv", text),
    "name in a zip": lambda text: zipped(f"{text}.csv", ""),
    "spreadsheet in base64 in json": lambda text: in_json(encoded(zipped("xl/sharedStrings.xml", f"<t>{text}</t>"))),
    "pdf in json": lambda text: in_json(encoded(pdf(text, compressed=True))),
}


def answer(body: bytes = b"", reason: str = "OK", headers: list[tuple[str, str]] | None = None) -> Answer:
    return Answer({}, "", {}, 200, reason, headers or [], body)


@pytest.mark.parametrize("encoding", BODIES)
def test_bodies(encoding: str) -> None:
    """A value shows through each encoding, and nested ones."""
    texts = list(texts_of(answer(BODIES[encoding](VALUE))))
    assert any(VALUE in text for text in texts)


def test_head() -> None:
    """A value shows in the reason phrase and in headers."""
    assert any(VALUE in text for text in texts_of(answer(reason=VALUE)))
    assert any(VALUE in text for text in texts_of(answer(headers=[("location", f"/x?{VALUE}")])))


def test_nothing() -> None:
    """Bytes that decode to nothing are read without an error."""
    for body in (
        b"",
        b"{",
        b"\xff\xfe",
        b"%PDF-1.4 stream\n\xff~>\nendstream",
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
    ):
        assert not any(VALUE in text for text in texts_of(answer(body)))


def test_ids_that_an_answer_stands_for() -> None:
    """What succeeded shows the id in its own path, or in the address that it names; what was refused does not."""
    file = Answer({}, "/shops/7/invoices/ab-1/file?as=pdf ", {}, 200, "OK", [("location", "/jobs/9?x=1")], b"%PDF")
    assert ids_at(file, ["path:2", "header:Location", "/id"]) == ["ab-1", "9"]
    assert ids_at(file, ["path:9"]) == []
    assert ids_at(replace(file, status=404), ["path:2", "header:Location"]) == []
    assert ids_at(replace(file, body=b'{"id": 7}'), ["/id"]) == ["7"]
