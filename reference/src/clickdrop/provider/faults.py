"""How the provider misbehaves, when told to."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

DELAY_MS_LIMIT = 60_000


class InvalidFaults(Exception):
    """What was told makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The share of calls (0 to 1) that meet each misfortune.

    `lost_requests` are dropped before anything is done, `lost_replies` after all is done, `duplicates` are carried out
    twice, as if the network had delivered them twice, and `declines` are refused. Each call is held back by up to
    `delay_ms_max`.
    """

    lost_requests: float = 0
    lost_replies: float = 0
    duplicates: float = 0
    declines: float = 0
    delay_ms_max: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one call."""

    request_lost: bool
    reply_lost: bool
    duplicated: bool
    declined: bool
    delay_seconds: float


def parse_faults(told: Any) -> Faults:
    """Read what was told: an object of any of the fields. Raises `InvalidFaults`."""
    names = [field.name for field in fields(Faults)]
    if not isinstance(told, dict) or not set(told) <= set(names):
        raise InvalidFaults(f"expected an object of some of: {', '.join(names)}")
    for name, value in told.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidFaults(f"{name}: expected a number")
        if name in {"delay_ms_max", "seed"}:
            if not isinstance(value, int) or not 0 <= value <= DELAY_MS_LIMIT:
                raise InvalidFaults(f"{name}: expected a whole number from 0 to {DELAY_MS_LIMIT}")
        elif not 0 <= value <= 1:
            raise InvalidFaults(f"{name}: expected a share from 0 to 1")
    return Faults(**told)


class Misfortune:
    """Draws the fate of each call; the same faults draw the same fates in the same order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.tell(Faults())

    def tell(self, faults: Faults) -> None:
        """Misbehave so from now on."""
        with self._lock:
            self._faults = faults
            self._random = random.Random(faults.seed)  # noqa: S311  # not a secret
            self._drawn = {"calls": 0, "lost_requests": 0, "lost_replies": 0, "duplicates": 0, "declines": 0}

    def told(self) -> dict[str, Any]:
        """Answer what was told, and how often it has come to pass since."""
        with self._lock:
            return {"faults": asdict(self._faults), "drawn": dict(self._drawn)}

    def draw(self) -> Fate:
        """Draw the fate of a call."""
        with self._lock:
            faults = self._faults
            shares = (faults.lost_requests, faults.lost_replies, faults.duplicates, faults.declines)
            drawn = [self._random.random() < share for share in shares]
            for name, came in zip(self._drawn, [True, *drawn], strict=True):
                self._drawn[name] += came
            lost, unanswered, duplicated, declined = drawn
            return Fate(
                lost, unanswered, duplicated, declined, delay_seconds=self._random.random() * faults.delay_ms_max / 1000
            )
