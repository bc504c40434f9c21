"""Each limit, when it is hit, is told as something unseen that names its place; below it nothing is told."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pytest
from PIL import Image

from partywall.decode import Limits, decode
from partywall.decode.contained import client
from tests.partywall.decode import bodies as b
from tests.partywall.decode.hostile import forms_pdf, noise_film
from tests.partywall.histories import A, mark

M = mark(A)
SMALL = Limits(
    depth=4, body_bytes=4_000, all_bytes=8_000, text_bytes=60_000, texts=40, tree_bytes=2_000, members=5, pages=2
)


def unseen(body: bytes, limits: Limits = SMALL) -> tuple[str, ...]:
    return decode(b.response(body), limits).unseen


def nested(times: int) -> bytes:
    body = f"to {M}".encode()
    for _ in range(times):
        body = json.dumps({"a": base64.b64encode(body).decode()}).encode()
    return body


def test_depth() -> None:
    """Decodings nest so deep and no deeper."""
    assert unseen(nested(1)) == ()
    assert unseen(nested(3)) == ("/a/a: nested deeper than 4",)


def test_bytes_of_a_body() -> None:
    """A body's beginning is looked at."""
    decoded = decode(b.response(M.encode() + b" " * 4_000), SMALL)
    assert decoded.unseen == ("body: all beyond the first 4000 bytes",)
    assert any(M in text.text for text in decoded.texts)


def test_bytes_that_inflate() -> None:
    """What a body inflates to is cut where it becomes too long."""
    assert unseen(gzip.compress(b"a " * 1_000)) == ()
    assert unseen(gzip.compress(b"a " * 3_000)) == ("body: gzip: all beyond the first 4000 bytes that it inflates to",)


def test_bytes_in_all() -> None:
    """Nested bodies count together."""
    body = b.zipped({f"{number}.txt": b"a " * 1_500 for number in range(4)})
    assert any("in all" in entry or "first" in entry for entry in unseen(body))


def test_texts_of_a_textual_document() -> None:
    """A document of too many texts is read as one text: nothing stays unseen."""
    body = json.dumps([*range(50), M]).encode()
    decoded = decode(b.response(body), SMALL)
    assert decoded.unseen == ()
    assert any(M in text.text and text.chain == () for text in decoded.texts)


def test_tree() -> None:
    """A document too big for a tree is read as one text, escapes undone."""
    body = json.dumps(["x" * 2_000, M]).replace("5", "\\u0035").encode()
    decoded = decode(b.response(body), SMALL)
    assert decoded.unseen == ()
    assert any(M in text.text and text.chain == ("escapes",) for text in decoded.texts)


def test_bytes_of_texts() -> None:
    """All texts together have a bound, as Python holds them: four bytes a character beyond the first plane."""
    boxes = ("\U0001f4e6 " * 400).encode()
    assert unseen(boxes, replace(SMALL, text_bytes=4_000)) == ()
    assert unseen(boxes, replace(SMALL, text_bytes=3_000)) == ("body: texts of over 3000 bytes",)


def test_members() -> None:
    """Members of archives have a bound."""
    assert unseen(b.zipped({f"{n}": b"x" for n in range(4)}), replace(SMALL, texts=1_000)) == ()
    assert any("over 5 members" in entry for entry in unseen(b.zipped({f"{n}": b"x" for n in range(9)})))
    roomy = replace(SMALL, body_bytes=99_000, all_bytes=99_000)
    assert any("over 5 members" in entry for entry in unseen(b.tarred({f"{n}": b"" for n in range(6)}), roomy))


def test_pages() -> None:
    """Pages of a PDF have a bound."""
    pages = b.pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        )
    )
    assert unseen(pages) == ("body: pages beyond the first 2",)


def test_pixels() -> None:
    """Pixels that are looked over for barcodes have a bound, and their place is told."""
    image = b.encoded_image(Image.new("L", (200, 200), 255), "PNG")
    assert unseen(image, Limits(pixels=40_000)) == ()
    assert unseen(image, Limits(pixels=39_999)) == ("body: barcodes from this frame on: over 39999 pixels",)
    drawn = b.barcode_pdf(M)
    assert unseen(drawn, Limits(pixels=1_000)) == ("/page 1: barcodes: 194 x 194 pixels are too many",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b.text_pdf("x")[:200], "PDF that can't be read"),
        (gzip.compress(b"some words")[:-9], "truncated"),
        (b.zipped({"a": b"x" * 500})[:36], "cut off"),
        (b.zstded(b"some words")[:-2], "truncated"),
        (b.encoded_image(b.barcode("x"), "PNG")[:-200], "image that can't be read"),
    ],
    ids=["pdf", "gzip", "zip", "zstd", "png"],
)
def test_truncated(body: bytes, told: str) -> None:
    """What is cut off is told."""
    assert any(told in entry for entry in unseen(body, Limits()))


def test_opaque_bytes() -> None:
    """Bytes that look encrypted are told; numbers and words in a notation of their own are not."""
    noise = b"".join(bytes([number * 73 % 256, number * number % 251]) for number in range(400))
    secret = gzip.compress(noise + b"".join(b"%d" % (number**7) for number in range(900)))[12:-12]
    assert any("no known format" in entry for entry in unseen(secret, Limits()))
    assert unseen(b"\x0a\x05hello\x10\x96\x01" * 90, Limits()) == ()


def test_unknown_content_encoding() -> None:
    """A compression that is not known is told, unless it has been undone."""
    for body, told in ((b"\xff\x00\xfe" * 30, True), (b"words", False)):
        decoded = decode(b.response(body, headers=(("Content-Encoding", "dcb"),)))
        assert any("content-encoding 'dcb'" in entry for entry in decoded.unseen) == told


def test_child_that_dies() -> None:
    """A document that kills its reader is unseen, and the next one is read by a new reader."""
    decode(b.response(b.text_pdf("first")))
    first = client.pid()
    assert any("reading it" in entry for entry in unseen(forms_pdf(9), Limits()))
    assert any(M in text.text for text in decode(b.response(b.text_pdf(M, "after"))).texts)
    assert client.pid() not in (0, first)


def test_time_of_the_child() -> None:
    """A document that takes too much CPU time is unseen, and says so."""
    film = noise_film(1_000, 25)
    assert unseen(film, Limits(cpu_seconds=0)) == ("body: image: reading it took too much CPU time",)


def test_unseen_is_bounded() -> None:
    """What is unseen is counted in words up to a hundred, then summed up."""
    body = b.multipart([("Content-Type: image/png", b"\x89PNG\r\n\x1a\n")] * 300)
    told = unseen(body, Limits())
    assert len(told) == 101
    assert told[-1] == "body: and more that could not be looked at"
