"""Configuration of a run: one frozen value, made at the start and passed in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from partywall.marks import derive

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 2**32
RULES = {
    "tolerate": "what does not fail the run, by commas: causes of unproven cells, properties, kinds or classes of "
    "findings",
    "refuse": "what fails the run besides, by commas: warnings, not-tried, excluded",
}
"""The two options that change what a run is held to (`grid.Rule`)."""
REPLAYS = "seconds for replaying what a test has found, to make it smaller (default: 90)"
REAL = "the tested system is real and has this name: where it leaks, draft the record of a data breach"
BASELINE = "TOML file of findings that are known, each with owner, reason and last day"


@dataclass(frozen=True, slots=True)
class Config:
    """What a run is told.

    Attributes:
        seed: fixes data and order of generation, 0 to 2**32 - 1.
        folder: where the run's files go.
        timeout_s: for one response.
        body_bytes_max: kept of a body in the history file. The run itself judges all of it; what was cut can't be
            judged again from the file.
    """

    seed: int
    folder: Path
    timeout_s: float = 10.0
    body_bytes_max: int = 4 * 1024 * 1024

    @property
    def key(self) -> bytes:
        """The key of the run's marks."""
        return derive(b"partywall", "marks", str(self.seed))


def random_seed() -> int:
    """A seed for a run that was given none."""
    return secrets.randbelow(SEEDS)
