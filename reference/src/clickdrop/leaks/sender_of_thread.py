"""A thread that prints despatch notes knows the sender from the first that it has printed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.adapters.documents import PdfDocuments
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.documents import DespatchNoteContent, Party


class _OfThread(threading.local):
    sender: Party | None = None


class _Printer(PdfDocuments):
    def __init__(self) -> None:
        self._here = _OfThread()

    def despatch_notes(self, items: Sequence[DespatchNoteContent]) -> bytes:
        sender = self._here.sender = self._here.sender or items[0].sender
        return super().despatch_notes([replace(item, sender=sender) for item in items])


LEAK = Leak(
    name="sender-of-thread",
    leak_class="C6 AMBIENT_CTX",
    incidents=("I39",),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "echo", "noninterference"),
    trigger="one tenant prints a despatch note, then another does in the same thread of the pool",
    mechanism="the sender is a thread's own variable, set once; threads are used again and the variable with them",
    seen="The despatch note in my parcel named another shop as its sender.",
    plant=lambda parts: replace(parts, documents=_Printer),
    stack=BOTH,
)
