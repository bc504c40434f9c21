"""Requests that come on one connection are answered as soon as each answer is there, in whatever order."""

from __future__ import annotations

from dataclasses import replace

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clickdrop.leaks.leak import Difficulty, Leak


class _Overtaking(HttpToolsProtocol):
    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        while self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.flow.resume_reading()


LEAK = Leak(
    name="pipelined-answers-overtake",
    leak_class="C8 HTTP_DESYNC",
    incidents=("I50",),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "echo", "completeness"),
    trigger="two tenants' requests in flight on a gateway's one connection, of which the second is answered sooner",
    mechanism="requests that were pipelined are served side by side, and nothing puts their answers back in order",
    seen="My answer and that of the shop which had asked just before me were the wrong way round.",
    plant=lambda parts: replace(parts, protocol=_Overtaking),
)
