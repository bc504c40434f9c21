"""Schedules: what was decided in one run, saved so that it can be decided again.

A schedule says only where a run left the default, which is to let the session that runs go on with its oldest step,
and when it can't, the next in the order. So it stays meaningful when requests or sessions are taken away.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from partywall.errors import UsageError

_FORMAT = 1
_PREFIX = "pw1."


@dataclass(frozen=True, slots=True)
class Switch:
    """When ``session`` has run ``step`` steps and would go on, ``to`` runs instead.

    Attributes:
        source: which of the steps that ``to`` could run: 0 the oldest.
        forced: ``session`` could not have gone on, so this is no preemption.
    """

    session: str
    step: int
    to: str
    source: int = 0
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client of a session hangs up when its request (from 0) has run for so many steps."""

    session: str
    request: int
    step: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """What decides a run, besides its programme.

    Attributes:
        order: sessions, the one to go first when nobody runs in front.
        seed: of all that the application draws by chance in what is explored.
        stock: callbacks run in the order in which an ordinary loop would run them; only what comes from outside
            (I/O, timers, arrivals) is ordered by the schedule.
    """

    order: tuple[str, ...]
    switches: tuple[Switch, ...] = ()
    disconnect: Disconnect | None = None
    seed: int = 0
    stock: bool = False

    @property
    def preemptions(self) -> int:
        """How often a session was made to wait though it could have gone on."""
        return sum(not switch.forced for switch in self.switches)

    def __str__(self) -> str:
        """In words."""
        parts = [f"{' before '.join(self.order)}"]
        parts += [
            f"{s.session} after {s.step} steps -> {s.to}{f' (its source {s.source})' if s.source else ''}"
            for s in self.switches
        ]
        if self.disconnect:
            gone = self.disconnect
            parts.append(f"{gone.session} hangs up request {gone.request} after {gone.step} steps")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Recording:
    """A schedule and every step that it led to.

    Attributes:
        lanes: what steps came from: "A callbacks", "B timer 3", ...; steps: an index into it for each step.
        outcome: fingerprint of what clients were answered.
    """

    schedule: Schedule
    lanes: tuple[str, ...] = ()
    steps: tuple[int, ...] = field(default=(), repr=False)
    outcome: str = ""

    def divergence(self, other: Recording) -> str:
        """Where another run's steps part from these, in words; "" if they are the same."""
        for number in range(max(len(self.steps), len(other.steps))):
            expected, came = self._step(number), other._step(number)
            if expected != came:
                return f"at step {number} expected {expected}, came {came}"
        if self.outcome != other.outcome:
            return f"after the same {len(self.steps)} steps expected answers {self.outcome}, came {other.outcome}"
        return ""

    def _step(self, number: int) -> str:
        return self.lanes[self.steps[number]] if number < len(self.steps) else "the end"

    def to_json(self) -> str:
        """As JSON text."""
        schedule = self.schedule
        gone = schedule.disconnect
        return json.dumps(
            {
                "format": _FORMAT,
                "order": schedule.order,
                "switches": [[s.session, s.step, s.to, s.source, s.forced] for s in schedule.switches],
                "disconnect": [gone.session, gone.request, gone.step] if gone else None,
                "seed": schedule.seed,
                "stock": schedule.stock,
                "lanes": self.lanes,
                "steps": self.steps,
                "outcome": self.outcome,
            },
            separators=(",", ":"),
        )

    def to_text(self) -> str:
        """As one short word."""
        return _PREFIX + base64.urlsafe_b64encode(zlib.compress(self.to_json().encode(), 9)).decode()


def load(text: str) -> Recording:
    """A recording from its JSON or its short word. Raises `UsageError` for anything else."""
    try:
        if text.startswith(_PREFIX):
            text = zlib.decompress(base64.urlsafe_b64decode(text[len(_PREFIX) :])).decode()
        saved: dict[str, Any] = json.loads(text)
        if saved["format"] != _FORMAT:
            raise UsageError(f"expected a schedule of format {_FORMAT}, came {saved['format']}: explore again")
        gone = saved["disconnect"]
        schedule = Schedule(
            order=tuple(saved["order"]),
            switches=tuple(Switch(*switch) for switch in saved["switches"]),
            disconnect=Disconnect(*gone) if gone else None,
            seed=saved["seed"],
            stock=saved["stock"],
        )
        return Recording(schedule, tuple(saved["lanes"]), tuple(saved["steps"]), saved["outcome"])
    except (ValueError, KeyError, TypeError, binascii.Error, zlib.error) as error:
        raise UsageError(f"expected a schedule as `Recording` writes it, came {text[:40]!r}: {error!r}") from error
