"""Labels are written to a file that is named by the second, and read from there."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clickdrop.adapters.documents import PdfDocuments
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.documents import LabelPages


class _Printer(PdfDocuments):
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()

    def labels(self, items: Sequence[LabelPages]) -> bytes:
        path = Path(self._folder.name, f"label-{int(time.time())}.pdf")
        draft = path.with_suffix(f".{threading.get_ident()}")
        draft.write_bytes(super().labels(items))
        draft.replace(path)
        super().labels(items)  # once more, to see that what was printed can be printed again
        return path.read_bytes()


LEAK = Leak(
    name="labels-in-one-file",
    leak_class="C9 NAME_COLLISION",
    incidents=("I55",),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "completeness"),
    trigger="two tenants print labels in the same second, so that one is written before the other has been read",
    mechanism="a file's name was thought to be nobody else's within a second",
    seen="I printed a label, and the PDF was that of a shop which had printed one in the same second.",
    plant=lambda parts: replace(parts, documents=_Printer),
    stack=BOTH,
)
