"""How much work one response may cost: counted, not timed, so that a history decodes alike anywhere.

Memory of the child that reads PDF and images is bounded in `partywall.decode.contained`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one response. Memory over what the response itself takes stays below 256 MB in this process and below
    192 MB in the child with these.

    Attributes:
        depth: decodings that may nest.
        body_bytes: of any one body, nested or not, that are looked at.
        all_bytes: of all bodies together, each layer of compression and base64 counted.
        text_bytes: of all texts together, as Python holds them (4 for a character where one of them needs it).
        texts: from structured documents; the rest of a textual one is then read as one text.
        tree_bytes: of a document that is parsed into a tree; larger ones are read as one text.
        members: of archives and multipart bodies, all together.
        pages: of one PDF.
        pixels: rendered or decoded in search of barcodes, in one document.
        cpu_seconds: of the child that reads PDF and images, for one of them; no wall time, and no ordinary document
            comes near it, so that other load on the machine changes nothing.
    """

    depth: int = 24
    body_bytes: int = 16 << 20
    all_bytes: int = 64 << 20
    text_bytes: int = 64 << 20
    texts: int = 100_000
    tree_bytes: int = 4 << 20
    members: int = 1_000
    pages: int = 200
    pixels: int = 100_000_000
    cpu_seconds: int = 10


class BoundHitError(Exception):
    """A limit was reached; the text says which."""


class Budget:
    """What is left of the limits, for one response."""

    __slots__ = ("all_bytes", "limits", "members", "text_bytes", "texts")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.all_bytes = limits.all_bytes
        self.text_bytes = limits.text_bytes
        self.texts = limits.texts
        self.members = limits.members

    def room(self) -> int:
        """How long the next nested body may be. Raises `BoundHitError` if nothing is left."""
        if self.all_bytes <= 0:
            raise BoundHitError(f"over {self.limits.all_bytes} bytes in all")
        return min(self.limits.body_bytes, self.all_bytes)

    def raise_for_texts(self) -> None:
        """Raises `BoundHitError`: there were too many texts of structured documents."""
        raise BoundHitError(f"over {self.limits.texts} texts")

    def take_member(self) -> None:
        """Count a member of an archive. Raises `BoundHitError`."""
        self.members -= 1
        if self.members < 0:
            raise BoundHitError(f"over {self.limits.members} members of archives")
