"""The table of orders is written to a file that is named by the day, and read from there."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clickdrop.adapters.table_files import TableFiles
from clickdrop.leaks.leak import BOTH, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clickdrop.domain.exports import Cell
    from clickdrop.domain.jobs import JobFile


class _Tables(TableFiles):
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()

    def csv(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        return self._kept(super().csv(columns, rows))

    def xlsx(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> JobFile:
        return self._kept(super().xlsx(columns, rows))

    def _kept(self, file: JobFile) -> JobFile:
        path = Path(self._folder.name, f"{datetime.now(UTC).date()}-{file.name}")
        if not path.exists():
            path.write_bytes(file.content)
        return replace(file, content=path.read_bytes())


LEAK = Leak(
    name="table-named-by-day",
    leak_class="C10 ASYNC_DELIVERY",
    incidents=("I55", "I57"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="two tenants have their orders exported as the same kind of table on the same day",
    mechanism="the file is looked for by day and name, and what is there is handed to whoever asks next",
    seen="The spreadsheet of my orders was the one that another shop had ordered earlier in the day.",
    plant=lambda parts: replace(parts, table_files=_Tables),
    stack=BOTH,
)
