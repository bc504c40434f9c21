"""Our side: hands documents to the child, and remembers what small ones said."""

from __future__ import annotations

import atexit
import base64
import contextlib
import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from partywall.decode.contained import wire
from partywall.decode.parts import Body, Nested, Shown, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Limits
    from partywall.decode.parts import Part

_REMEMBERED = 512
# For a child that is told to end; one that reads a document then is killed.
_PATIENCE_S = 2
_REMEMBERED_BYTES_MAX = 64 << 10


class _Child:
    """The child of this process. One document at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: OrderedDict[bytes, bytes] = OrderedDict()

    def ask(self, question: bytes, document: bytes) -> bytes:
        """The child's answer. Raises `EOFError` with the reason if the document killed it."""
        key = hashlib.blake2b(document, key=hashlib.blake2b(question).digest()[:32]).digest()
        with self._lock:
            if (answer := self._answers.get(key)) is None:
                answer = self._asked(question, document)
                if len(answer) <= _REMEMBERED_BYTES_MAX:
                    self._answers[key] = answer
                    if len(self._answers) > _REMEMBERED:
                        self._answers.popitem(last=False)
            else:
                self._answers.move_to_end(key)
            return answer

    def pid(self) -> int:
        """Process number of the child, 0 if there is none."""
        return self._process.pid if self._process is not None else 0

    def end(self) -> None:
        """End the child, if there is one."""
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    def _asked(self, question: bytes, document: bytes) -> bytes:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "partywall.decode.contained.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        process = self._process
        assert process.stdin is not None and process.stdout is not None, "both were asked for"  # noqa: PT018
        with contextlib.suppress(BrokenPipeError):
            wire.send(process.stdin, question)
            wire.send(process.stdin, document)
        try:
            return wire.receive(process.stdout)
        except EOFError:
            process.wait()
            self._process = None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.stdout.close()
            raise EOFError(_cause(process.returncode)) from None


def _cause(status: int) -> str:
    if -status == signal.SIGXCPU:
        return "reading it took too much CPU time"
    if status == wire.OUT_OF_MEMORY:
        return f"reading it took over {wire.MEMORY_BYTES >> 20} MB"
    return (
        f"reading it ended by {signal.Signals(-status).name}"
        if status < 0
        else f"reading it ended with status {status}"
    )


def pid() -> int:
    """Process number of the child, 0 if there is none."""
    return _child.pid()


_child = _Child()
atexit.register(_child.end)


def contained(what: str, document: bytes, limits: Limits) -> Iterator[Part]:
    """The parts of a "pdf" or "image", read in the child; one `Unseen` if it can't be read within the limits."""
    question = json.dumps({"what": what, "limits": asdict(limits)}).encode()
    try:
        answer = _child.ask(question, document)
    except EOFError as error:
        yield Unseen("", f"{what}: {error}")
        return
    for part in json.loads(answer):
        yield _part(part)


def _part(part: list[Any]) -> Part:
    kind, place, value, chain, surface = part
    if kind == "shown":
        return Shown(place, value, tuple(chain), surface)
    if kind == "nested":
        return Nested(place, Body(base64.b64decode(value)), tuple(chain), surface)
    return Unseen(place, value)
