"""Images: metadata and comments, and the barcodes in them, through Pillow and zxing, contained.

What a picture shows as letters is not read (that takes character recognition); this is no bound but a limit of the
decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.decode.contained.client import contained
from partywall.decode.parts import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")


def _fits(body: Body, head: bytes) -> bool:
    data = body.data
    if data.startswith(b"BM"):  # two letters begin many a text: a bitmap has zeros where a text has letters
        return data[6:10] == b"\0\0\0\0"
    return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[4:12] == b"ftypavif"


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    yield from contained("image", body.data, budget.limits)


IMAGE = Format("image", _fits, _read, textual=False, surface="image")
