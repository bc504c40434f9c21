"""A GET is taken to have no body, so that the body it has is taken for the next request."""

from __future__ import annotations

import re
from dataclasses import replace

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

_LENGTH_OF_GET = re.compile(rb"\A(GET [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?)content-length:[^\r\n]*\r\n", re.IGNORECASE)


class _Bodyless(HttpToolsProtocol):
    def data_received(self, data: bytes) -> None:
        super().data_received(_LENGTH_OF_GET.sub(rb"\1", data))


LEAK = Leak(
    name="get-body-left-unread",
    leak_class="C8 HTTP_DESYNC",
    incidents=("I51",),
    difficulty=Difficulty.ORDER,
    shows_by=("ownership", "echo", "completeness"),
    trigger="a GET whose body is a request in itself, then anybody's request on the edge's same connection",
    mechanism="edge and worker differ on where a request ends; from then on each is given the answer before its own",
    seen="I was answered what I had never asked for, and from then on always what somebody had asked before me.",
    plant=lambda parts: replace(parts, protocol=_Bodyless),
    stack=PRODUCTION,
)
