"""A clock for platforms in this process."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now
