"""The child: reads a question and a document, answers with parts, until its parent closes the pipe."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
from typing import TYPE_CHECKING, Any

from partywall.decode.contained import wire
from partywall.decode.contained.pdfium import pdf_parts
from partywall.decode.contained.pictures import image_parts
from partywall.decode.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READERS: dict[str, Callable[[bytes, Limits], Iterator[wire.Answer]]] = {"pdf": pdf_parts, "image": image_parts}


def main() -> None:
    """Answer until the end of the input."""
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.disable()
    _limit_memory()
    while True:
        try:
            question: dict[str, Any] = json.loads(wire.receive(sys.stdin.buffer))
            document = wire.receive(sys.stdin.buffer)
        except EOFError:
            return
        limits = Limits(**question["limits"])
        _limit_time(limits.cpu_seconds)
        parts = _read(question["what"], document, limits)
        wire.send(answers, json.dumps(parts).encode())


def _read(what: str, document: bytes, limits: Limits) -> list[wire.Answer]:
    parts: list[wire.Answer] = []
    try:
        for part in READERS[what](document, limits):
            parts.append(part)  # noqa: PERF402
    except MemoryError:
        os._exit(wire.OUT_OF_MEMORY)
    except Exception as error:
        parts.append(("unseen", "", f"what follows in a {what} that can't be read: {type(error).__name__}", [], ""))
    return parts


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(open("/proc/self/statm").read().split()[0]) if os.path.exists("/proc/self/statm") else 0  # noqa: PTH110, PTH123, SIM115
    if pages:
        limit = pages * resource.getpagesize() + wire.MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_time(more: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + more
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
