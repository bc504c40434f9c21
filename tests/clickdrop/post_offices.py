"""A mail server on this machine that takes its time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA")
"""What a client waits for before it sends the next thing."""


@dataclass
class PostOffice:
    """What a mail server has been sent. Before one of its answers it says that it is `waiting`, until it `goes_on`."""

    port: int
    slow: str
    heard: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    unfinished: str = ""
    waiting: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    """Set once a client is gone."""


@contextmanager
def post_office(slow: str = STEPS[0]) -> Iterator[PostOffice]:
    """Run a mail server on a free port, slow with one of its answers."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self._answer(STEPS[0], "220 here")
            while line := self.rfile.readline().decode():
                command = line[:4].upper()
                office.heard.append(command)
                self._answer(command, {"DATA": "354 go on", "QUIT": "221 gone"}.get(command, "250 well"))
                if command == "DATA":
                    self._take_letter()
            office.left.set()

        def _take_letter(self) -> None:
            text = ""
            while line := self.rfile.readline().decode():
                if line == ".\r\n":
                    office.letters.append(text)
                    self._answer("letter", "250 well")
                    return
                text += line
            office.unfinished += text

        def _answer(self, step: str, reply: str) -> None:
            if step == office.slow:
                office.waiting.set()
                office.goes_on.wait()
            self.wfile.write(f"{reply}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        office = PostOffice(server.server_address[1], slow)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield office
        finally:
            office.goes_on.set()
            server.shutdown()
            thread.join()
