"""The master's part of a load: deals tenants to workers, gathers what these have recorded, has it judged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from partywall.distributed.share import CLOCK, DEAL, FINISH, RUN, Share, kept_at
from partywall.distributed.worker import TEST
from partywall.gate import EXIT_STATUS, INTERNAL, USAGE
from partywall.suite.isolation import first_tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

ROUNDS, ROUND_S = 10, 1.0
READY_S, SILENCE_S = 120.0, 60.0


class Runner(Protocol):
    """What of Locust's runner is used here."""

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send a message to a worker."""


@dataclass(slots=True)
class Clock:
    """How far the clock here is ahead of a worker's, by the quickest of some questions and answers.

    What lies between is known to half of the time that the answer took. An offset that is less than that is none that
    was measured: then the clocks are taken for one, as those of one machine are.
    """

    within_ns: int = 2**63
    ahead_ns: int = 0
    answers: int = 0

    def hear(self, asked_ns: int, there_ns: int, heard_ns: int) -> None:
        """One more answer: when it was asked for and heard here, and the worker's time between."""
        self.answers += 1
        within_ns = (heard_ns - asked_ns + 1) // 2
        if within_ns < self.within_ns:
            self.within_ns, self.ahead_ns = within_ns, asked_ns + within_ns - there_ns

    @property
    def offset_ns(self) -> int:
        """What has to be added to the worker's times."""
        return self.ahead_ns if abs(self.ahead_ns) > self.within_ns else 0


@dataclass(slots=True)
class _Dealt:
    """A worker as the master knows it. ``lines`` is None until its history has come whole."""

    share: Share
    clock: Clock
    ready: bool = False
    heard_s: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)


class Master:
    """One test after another, each with tenants of its own.

    Args:
        clients: names of the workers that are connected now.
        tenants: how many each worker has, without its control.
        tolerate: what the verdict lets pass, as ``partywall run --tolerate`` has it.
    """

    def __init__(
        self,
        runner: Runner,
        clients: Callable[[], Sequence[str]],
        folder: Path,
        *,
        seed: int,
        tenants: int,
        base_url: str,
        tolerate: Sequence[str] = (),
    ) -> None:
        self._runner = runner
        self._clients = clients
        self._folder = folder
        self._seed = seed
        self._tenants = tenants
        self._base_url = base_url
        self._tolerate = tuple(tolerate)
        self._next_number = first_tenant(TEST)
        self._clocks: dict[str, Clock] = {}
        self._dealt: dict[str, _Dealt] = {}
        self._trouble: list[str] = []
        self._started = time.time()

    def begin(self) -> None:
        """Deal tenants to the workers that are there; returns once all of them have admitted theirs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for stale in (self._folder / RUN, self._folder / "report.json", *self._folder.glob("kept-*.ndjson")):
            stale.unlink(missing_ok=True)
        self._trouble, self._dealt, self._started = [], {}, time.time()
        clients = list(self._clients())
        self._set_clocks(clients)
        for number, client in enumerate(clients, 1):
            clock = self._clocks[client]
            share = Share(number, len(clients), self._seed, self._next_number, self._tenants, clock.offset_ns)
            self._next_number += self._tenants + 1
            self._dealt[client] = _Dealt(share, clock)
        for client, dealt in self._dealt.items():
            self._runner.send_message(DEAL, asdict(dealt.share), client)
        if not self._until(lambda: all(dealt.ready for dealt in self._dealt.values()), READY_S):
            self._trouble.append(f"not all workers had their tenants within {READY_S:g} s")

    def hear_clock(self, client: str, data: dict[str, int]) -> None:
        """A worker has said what time it is."""
        if clock := self._clocks.get(client):
            clock.hear(data["asked_ns"], data["there_ns"], time.monotonic_ns())

    def hear_ready(self, client: str, data: dict[str, str]) -> None:
        """A worker has admitted its tenants, or could not."""
        if dealt := self._dealt.get(client):
            dealt.ready = True
            if data["trouble"]:
                self._trouble.append(f"worker {dealt.share.worker}: {data['trouble']}")

    def hear_part(self, client: str, data: dict[str, Any]) -> None:
        """Some lines of a worker's history; the last of them come with its figures."""
        if dealt := self._dealt.get(client):
            dealt.heard_s = time.monotonic()
            with kept_at(self._folder, dealt.share.worker).open("a", encoding="ascii") as file:
                file.writelines(data["lines"])
            dealt.figures = data["figures"]

    def end(self) -> int:
        """Gather the histories of all workers and have them judged; returns the exit status.

        Judging is left to a process of its own, where nothing is patched and nobody waits for heartbeats.
        """
        now_s = time.monotonic()
        for client, dealt in self._dealt.items():
            dealt.heard_s = now_s
            self._runner.send_message(FINISH, {}, client)
        self._until(self._gathered, float("inf"))
        for dealt in self._dealt.values():
            if not dealt.figures:
                self._trouble.append(f"worker {dealt.share.worker}: its history did not come")
        run = {
            "seed": self._seed,
            "base_url": self._base_url,
            "started": self._started,
            "tolerate": self._tolerate,
            "trouble": self._trouble,
            "workers": [
                {"share": asdict(dealt.share), "within_ns": dealt.clock.within_ns, "figures": dealt.figures}
                for dealt in self._dealt.values()
                if dealt.figures
            ],
        }
        (self._folder / RUN).write_text(json.dumps(run, indent=1) + "\n", "utf-8")
        command = [sys.executable, "-m", "partywall.distributed", str(self._folder)]
        judged = subprocess.run(command, check=False).returncode  # noqa: S603  # ourselves
        # An interpreter that can't begin exits as a violation does, but writes no report.
        known = judged in EXIT_STATUS.values() and (self._folder / "report.json").exists()
        return judged if known or judged == USAGE else INTERNAL

    def _gathered(self) -> bool:
        """Has every worker that is still there sent all, or been silent for too long?"""
        connected, silent_s = set(self._clients()), time.monotonic() - SILENCE_S
        return all(
            dealt.figures or client not in connected or dealt.heard_s < silent_s
            for client, dealt in self._dealt.items()
        )

    def _set_clocks(self, clients: Sequence[str]) -> None:
        self._clocks = {client: Clock() for client in clients}
        for answers in range(1, ROUNDS + 1):
            for client in clients:
                self._runner.send_message(CLOCK, {"asked_ns": time.monotonic_ns()}, client)
            if not self._until(lambda: all(clock.answers >= answers for clock in self._clocks.values()), ROUND_S):  # noqa: B023  # called before the next round
                break
        for client, clock in self._clocks.items():
            if not clock.answers:
                self._trouble.append(f"worker {clients.index(client) + 1}: its clock is not known")

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait, in which messages come in. Did it come true in time?"""
        until_s = time.monotonic() + seconds
        while not (true := condition()) and time.monotonic() < until_s:
            time.sleep(0.002)
        return true
