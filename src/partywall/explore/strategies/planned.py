"""Planned: the default, but for the switches that a schedule names. Replays, and enumerates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partywall.explore.schedule import Switch
    from partywall.explore.strategies import Lane


class Planned:
    """Runs the default until a switch is due.

    Attributes:
        points: (session, step, the other sessions that could have run) of every decision after the last switch,
            where the session could have gone on: where one more preemption would fit.
    """

    name = "planned"

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        self._due = {(switch.session, switch.step): switch for switch in switches}
        self.points: list[tuple[str, int, tuple[str, ...]]] = []

    def pick(self, lanes: Sequence[Lane], default: int, session: str, step: int) -> int:
        """The default, or what the schedule says."""
        if self._due:
            switch = self._due.pop((session, step), None)
            if switch is None:
                return default
            of_target = sorted((lane.born, index) for index, lane in enumerate(lanes) if lane.session == switch.to)
            return of_target[switch.source][1] if switch.source < len(of_target) else default
        if lanes[default].session == session:
            others = tuple(dict.fromkeys(lane.session for lane in lanes if lane.session != session))
            if others:
                self.points.append((session, step, others))
        return default
