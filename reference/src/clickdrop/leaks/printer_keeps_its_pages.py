"""The printer keeps the pages of its current job in itself, and has one job at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.adapters.documents import PdfDocuments
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.documents import LabelPages


class _Printer(PdfDocuments):
    """Prints twice: first to see whether the codes can say it all, then for good."""

    def __init__(self) -> None:
        self._pages: Sequence[LabelPages] = ()

    def labels(self, items: Sequence[LabelPages]) -> bytes:
        self._pages = items
        super().labels(self._pages)
        return super().labels(self._pages)


LEAK = Leak(
    name="printer-keeps-its-pages",
    leak_class="C6 AMBIENT_CTX",
    incidents=("I40", "I41"),
    difficulty=Difficulty.OVERLAP,
    shows_by=("ownership", "completeness"),
    trigger="two tenants print labels at the same moment, each in a thread of its own",
    mechanism="the printer is one object for all, and what it prints is an attribute of it",
    seen="While my labels were being printed another shop printed too, and its buyer's address was on mine.",
    plant=lambda parts: replace(parts, documents=_Printer),
    stack=BOTH,
)
