"""One worker's part of a load: its tenants, their sessions, its history."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from partywall.config import Config
from partywall.distributed.share import Figures, recorded_at
from partywall.drive.inline import READS_KEPT, InLine
from partywall.drive.trial import Trial
from partywall.events import Exchanged, TrialOpened
from partywall.record import HistoryFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from partywall.distributed.share import Share
    from partywall.drive.client import Client
    from partywall.model import Exchange, Request, Tenant
    from partywall.target import Target

TEST = "distributed load"


class Worker:
    """Admits the tenants of a share, sends in their sessions, records what comes, and looks at it for foreign marks.

    Attributes:
        trial: its tenants, and provocations among them.

    Args:
        folder: gets everything that is recorded here.
        control: what the control tenant asks for before the load and after it: what it is shown too is nobody's.
    """

    def __init__(self, share: Share, target: Target, folder: Path, control: Sequence[Request] = ()) -> None:
        self.share = share
        self._config = Config(share.seed, folder)
        self._name = f"{TEST}/{share.worker}"
        self.trial = Trial(
            target,
            self._config.key,
            share.first_number,
            share.tenants,
            suffix=f"@{share.worker}",
            heard=lambda exchange: self._file(Exchanged(self._name, exchange)),
        )
        folder.mkdir(parents=True, exist_ok=True)
        self._file = HistoryFile(recorded_at(folder, share.worker), self._config)
        self._opened = TrialOpened(self._name, TEST, target.policy, self.trial.everyone, self.trial.history.accounts)
        self._file(self._opened)
        self._look = InLine(self.trial.marks, target.policy, READS_KEPT // share.workers)
        self._showing: set[int] = set()
        self._flying: set[asyncio.Task[Exchange]] = set()
        self._seats = 0
        self._began_s = self._ended_s = 0.0
        self._control = control
        self._ask_as_control()
        self._crowd = self.trial.crowd  # made here: users that come at once would each make one
        self._cpu_s = time.process_time()

    def seat(self) -> tuple[int, Tenant, Client]:
        """A new session of the next tenant in turn, with the tenant's place among those of this worker."""
        place = self._seats % len(self.trial.tenants)
        self._seats += 1
        tenant = self.trial.tenants[place]
        return place, tenant, self._crowd.client(tenant)

    def send(self, client: Client, request: Request, *provocations: str) -> tuple[Exchange, bool]:
        """What came of a request, and whether it shows another tenant's mark. A user that is stopped while it waits
        leaves the request to its end: a write whose answer nobody has recorded is nobody's."""
        self._began_s = self._began_s or time.monotonic()
        exchange = self._crowd.loop.run(self._whole(client, request, provocations))
        self._ended_s = time.monotonic()
        return exchange, exchange.number in self._showing

    def wait_for_all(self, every_s: float) -> None:
        """Wait for the next moment at which the users of all workers go on: whole multiples of a time, by the master's
        clock."""
        now_ns, every_ns = time.monotonic_ns() + self.share.offset_ns, int(every_s * 1e9)
        time.sleep(-now_ns % every_ns / 1e9)

    def finish(self) -> Figures:
        """No more is sent. What the load came to."""
        self._crowd.loop.run(self._landed())
        cpu_s = time.process_time() - self._cpu_s
        self._ask_as_control()
        look = self._look
        seconds = self._ended_s - self._began_s
        return Figures(look.looked, look.answered, look.faults, look.foreign, look.kept, seconds, cpu_s)

    def part(self) -> Iterator[str]:
        """The lines of a history file with what is judged: what stayed in memory (decision 0030)."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part"
            with HistoryFile(path, self._config) as file:
                file(self._opened)
                for exchange in self.trial.history.exchanges:
                    file(Exchanged(self._name, exchange))
            with path.open(encoding="ascii") as lines:
                yield from lines

    def close(self) -> None:
        """Close all connections, and the file."""
        self.trial.close()
        self._file.close()

    async def _whole(self, client: Client, request: Request, provocations: tuple[str, ...]) -> Exchange:
        sending = asyncio.ensure_future(client.send(request, "load", *provocations, keep=self._keep))
        self._flying.add(sending)
        sending.add_done_callback(self._flying.discard)
        return await asyncio.shield(sending)

    async def _landed(self) -> None:
        await asyncio.gather(*self._flying, return_exceptions=True)

    def _keep(self, exchange: Exchange) -> bool:
        before = self._look.foreign
        keep = self._look(exchange)
        if self._look.foreign > before:
            self._showing.add(exchange.number)
        return keep

    def _ask_as_control(self) -> None:
        for request in self._control:
            self.trial.send(self.trial.control, request, "control")
