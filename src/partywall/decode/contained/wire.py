"""What parent and child agree on: messages of 8 bytes of length and that many bytes, what an answer
consists of, and the child's limits.
"""

from __future__ import annotations

from typing import IO, Final

MEMORY_BYTES: Final = 192 << 20
"""Address space over what the child has after its imports."""
OUT_OF_MEMORY: Final = 77
"""Exit status of a child that was refused memory."""
Answer = tuple[str, str, str, list[str], str]
"""One of the parts that a document is answered with: kind, place, value, chain, surface."""


def send(to: IO[bytes], message: bytes) -> None:
    """Write one message."""
    to.write(len(message).to_bytes(8, "big"))
    to.write(message)
    to.flush()


def receive(source: IO[bytes]) -> bytes:
    """Read one message. Raises `EOFError` if the other side is gone."""
    size = int.from_bytes(_exactly(source, 8), "big")
    return _exactly(source, size)


def _exactly(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError("the other side is gone")
    return data
