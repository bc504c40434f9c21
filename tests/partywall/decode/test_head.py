"""A planted value is found in the status line and in every part of a response's headers."""

from __future__ import annotations

import base64
import urllib.parse

import pytest

from partywall.decode import decode
from tests.partywall.decode.bodies import response
from tests.partywall.histories import A, mark

M = mark(A)

HEADERS = {
    "any": ("X-Trace", f"a {M}", "header", "x-trace"),
    "its name": (f"X-{M}", "1", "header", ""),
    "percent-encoded": ("X-Trace", "".join(f"%{ord(char):02x}" for char in M), "header", "x-trace"),
    "base64": ("X-Trace", urllib.parse.quote(base64.b64encode(M.encode())), "header", "x-trace"),
    "etag": ("ETag", f'W/"{M}"', "header", "etag"),
    "cookie's value": ("Set-Cookie", f"s={M}; Path=/", "cookie", "set-cookie/s"),
    "cookie's name": ("Set-Cookie", f"{M}=1; Path=/", "cookie", "set-cookie"),
    "cookie's attribute": ("Set-Cookie", f"s=1; Path=/of/{M}; HttpOnly", "cookie", "set-cookie/s/path"),
    "location": ("Location", f"/orders/{M}", "redirect", "location"),
    "content-location": ("Content-Location", f"/orders/{M}", "redirect", "content-location"),
    "refresh": ("Refresh", f"0; url=/orders/{M}", "redirect", "refresh"),
    "link": ("Link", f'</a>; rel="prev", </orders?after={M}>; rel="next"', "header", "link/next"),
    "link's title": ("Link", f"</a>; rel=next; title*=UTF-8''{M}", "header", "link/next"),
    "file name": ("Content-Disposition", f'attachment; filename="{M}.pdf"', "filename", "content-disposition"),
    "file name, extended": (
        "Content-Disposition",
        "attachment; filename=\"a.pdf\"; filename*=UTF-8'en'" + "".join(f"%{ord(char):02x}" for char in M),
        "filename",
        "content-disposition/filename",
    ),
    "file name in pieces": (
        "Content-Disposition",
        f'attachment; filename*1="{M[8:]}.pdf"; filename*0="{M[:8]}"',
        "filename",
        "content-disposition/filename",
    ),
    "file name, quoted": (
        "Content-Disposition",
        'attachment; filename="' + "".join(f"\\{char}" for char in M) + '"',
        "filename",
        "content-disposition/filename",
    ),
    "file name as an encoded word": (
        "Content-Disposition",
        f'attachment; filename="=?utf-8?B?{base64.b64encode(M.encode()).decode()}?="',
        "filename",
        "content-disposition",
    ),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers(case: str) -> None:
    """The value is found on the header's surface, at its place."""
    name, value, surface, place = HEADERS[case]
    decoded = decode(response(headers=((name, value),)))
    found = {(text.surface, text.place) for text in decoded.texts if M in text.text.lower()}
    assert (surface, place) in found
    assert {where for where, _ in found} == {surface}
    assert decoded.unseen == ()


def test_reason() -> None:
    """The status line is a surface too."""
    texts = decode(response(reason=f"Not your {M}")).texts
    assert [text.surface for text in texts if M in text.text] == ["reason"]
