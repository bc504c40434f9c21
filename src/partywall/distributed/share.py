"""What passes between the master of a load and its workers, and the files that it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CLOCK, DEAL, READY, FINISH, PART = (f"partywall-{word}" for word in ("clock", "deal", "ready", "finish", "part"))
"""Types of messages: to a worker and back, to a worker, back, to a worker, back in pieces."""

RUN = "distributed.json"


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker is dealt: numbers of tenants that no other has. Credentials do not travel; a worker admits its
    tenants itself.

    Attributes:
        worker: its number, from 1. workers: how many there are.
        first_number: of its tenants; one more after them is its control tenant.
        offset_ns: what the master's clock is ahead of the worker's.
    """

    worker: int
    workers: int
    seed: int
    first_number: int
    tenants: int
    offset_ns: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a worker's load came to, as `partywall.drive.load.Loaded` has it; ``cpu_s`` is its processor time, in which
    Locust's own is."""

    requests: int
    answered: int
    faults: int
    foreign: int
    kept: int
    seconds: float
    cpu_s: float


def recorded_at(folder: Path, worker: int) -> Path:
    """Everything that a worker has recorded, on its own machine."""
    return folder / f"worker-{worker}.ndjson"


def kept_at(folder: Path, worker: int) -> Path:
    """What of it is judged, on the master's."""
    return folder / f"kept-{worker}.ndjson"
