"""Loads from several workers: what is dealt, merged and judged. With Locust itself: `with_locust.py`."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from partywall.distributed.judging import Part, conclude, merge, overlaps_across
from partywall.distributed.master import Clock, Master
from partywall.distributed.share import CLOCK, FINISH, READY, Share, kept_at, recorded_at
from partywall.distributed.wiring import attach_master, attach_worker
from partywall.distributed.worker import Worker
from partywall.errors import UsageError
from partywall.model import History, Outcome
from partywall.oracle.judge import judge
from partywall.record import read_histories, read_records
from tests.partywall import notes
from tests.partywall.histories import CONTROL, KEY, NOTES, A, B, did, history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def part(worker: int, tenant: Any, *exchanges: dict[str, Any], offset_ns: int = 0) -> Part:
    return Part(worker, replace(history(*exchanges), tenants=(tenant,)), NOTES, offset_ns)


def test_merged_ledger_knows_what_no_worker_does() -> None:
    """An id without a mark is known as another tenant's only where the answer that assigned it is known."""
    one = part(1, A, did(A, "create", sent={"text": "x"}, came={"id": 5001}))
    other = part(2, B, did(B, "get", "/notes/5001", came={"id": 5001}))
    merged = merge([one, other])
    assert {judge(each.history, NOTES).verdict.outcome for each in (one, other)} == {Outcome.HELD}
    found = judge(merged, NOTES).verdict.findings
    assert {(f.property, f.owner, f.viewer, f.value) for f in found} == {("ownership", "A", "B", "5001")}


def test_merged_in_order_of_the_masters_clock() -> None:
    """Times are moved to the master's clock; then numbers are in order of calling, and overlaps are as they were."""
    one = part(1, A, did(A, "list", at=(0, 10)), did(A, "list", at=(20, 30)))
    other = part(2, B, did(B, "list", at=(1_000_005, 1_000_008)), offset_ns=-1_000_000)
    merged = merge([one, other])
    assert [(e.number, e.tenant, e.called_ns) for e in merged.exchanges] == [(0, 1, 0), (1, 2, 5), (2, 1, 20)]
    assert overlaps_across(merged, [one, other]) == 1
    assert overlaps_across(merge([one]), [one]) == 0


def test_parts_of_two_loads_are_refused() -> None:
    """A tenant on two workers, or another key, is no load of one run."""
    one = part(1, A, did(A, "list"))
    for other in (part(2, A, did(A, "list")), Part(2, History(b"another key", (CONTROL,)), NOTES)):
        with pytest.raises(UsageError, match="one key"):
            merge([one, other])
    assert merge([one]).key == KEY


def test_clock() -> None:
    """The quickest answer says most; what it can't tell from nothing is nothing."""
    clock = Clock()
    clock.hear(asked_ns=0, there_ns=5_000, heard_ns=1_000)
    assert (clock.ahead_ns, clock.within_ns, clock.offset_ns) == (-4_500, 500, -4_500)
    clock.hear(asked_ns=10_000, there_ns=14_990, heard_ns=10_020)
    assert (clock.ahead_ns, clock.within_ns) == (-4_980, 10)
    clock.hear(asked_ns=20_000, there_ns=90_000, heard_ns=30_000)
    assert clock.offset_ns == -4_980
    clock.hear(asked_ns=40_000, there_ns=40_003, heard_ns=40_008)
    assert (clock.within_ns, clock.offset_ns) == (4, 0)


def ends_of_findings(folder: Path) -> set[tuple[str, str]]:
    """Workers of owners and viewers."""
    (judgement,) = (record for record in read_records(folder / "history.ndjson") if record["record"] == "judgement")
    return {(found["owner"][-1], found["viewer"][-1]) for found in judgement["findings"]}


class Process:
    """One of Locust's processes, as far as the wiring uses it: messages arrive as they are sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process_exit_code: int | None = None
        self.handlers: dict[str, Callable[..., None]] = {}
        self.others: dict[str, Process] = {}
        self.events = SimpleNamespace(test_start=Event(), test_stopping=Event())
        self.lost: set[str] = set()

    def register_message(self, type_: str, handler: Callable[..., None]) -> None:
        self.handlers[type_] = handler

    def send_message(self, type_: str, data: Any = None, client_id: str | None = None) -> None:
        if type_ in self.lost:
            return
        data = json.loads(json.dumps(data))
        self.others[client_id or "master"].handlers[type_](
            environment=None, msg=SimpleNamespace(data=data, node_id=self.name)
        )

    def stop(self) -> None:
        """Its users are the test's own."""


class Event:
    """One of Locust's events."""

    def __init__(self) -> None:
        self.listeners: list[Callable[..., None]] = []

    def add_listener(self, listener: Callable[..., None]) -> None:
        self.listeners.append(listener)

    def fire(self) -> None:
        for listener in self.listeners:
            listener(environment=None)


class Cluster:
    """A master and two workers in this process, on the notes."""

    def __init__(self, service: notes.Notes, folder: Path) -> None:
        self.workers: dict[Any, Worker] = {}
        self.processes = [Process("one"), Process("two")]
        self.master = Process("master")
        self.master.others = {each.name: each for each in self.processes}
        master = Master(
            self.master,
            lambda: list(self.master.others),
            folder,
            seed=7,
            tenants=2,
            base_url=service.url,
            tolerate=["never-succeeded", "left-out"],
        )
        attach_master(self.master, self.master, master)
        for each in self.processes:
            each.others = {"master": self.master}
            attach_worker(each, each, lambda share: self.work(share, service, folder), self.workers)

    def work(self, share: Share, service: notes.Notes, folder: Path) -> Worker:
        return Worker(share, notes.target(service.url), folder, [notes.listing()])

    def load(self) -> None:
        """Every tenant makes a note and lists; the workers' requests meet."""
        seats = [(worker, worker.seat()[2]) for worker in self.workers.values() for _ in range(2)]
        for worker, client in seats:
            worker.send(client, notes.create(worker.trial.mark(client.tenant)))
        for _ in range(3):
            for worker, client in seats:
                worker.wait_for_all(0.01)
                worker.send(client, notes.listing(), "meet")


@pytest.fixture
def service() -> Iterator[notes.Notes]:
    with notes.serving("list") as running:
        yield running


def test_whole_without_locust(service: notes.Notes, tmp_path: Path) -> None:
    """Each worker has tenants of its own and sees foreign marks by itself; what they recorded is judged as one, and the
    verdict is the master's exit status. A history that is not there makes what is left inconclusive."""
    cluster = Cluster(service, tmp_path)
    cluster.master.events.test_start.fire()
    cluster.load()
    cluster.master.events.test_stopping.fire()
    assert [each.process_exit_code for each in (cluster.master, *cluster.processes)] == [1, 0, 0]
    assert ends_of_findings(tmp_path) >= {("1", "2"), ("2", "1")}
    run = json.loads((tmp_path / "distributed.json").read_text())
    assert [worker["figures"]["requests"] for worker in run["workers"]] == [8, 8]
    assert all(worker["figures"]["foreign"] for worker in run["workers"])
    for worker in (1, 2):
        (everything,), (kept,) = (read_histories(at(tmp_path, worker)).values() for at in (recorded_at, kept_at))
        assert everything.exchanges == kept.exchanges
        assert {tenant.label for tenant in kept.tenants} == {f"{word}@{worker}" for word in ("A", "B", "control")}
    kept_at(tmp_path, 2).unlink()
    (tmp_path / "distributed.json").write_text(
        json.dumps({**run, "workers": run["workers"][:1], "trouble": ["worker 2: its history did not come"]})
    )
    assert "worker 2: its history did not come" in conclude(tmp_path).assessment.reasons


def test_nobody_there(service: notes.Notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that say nothing, and tenants that can't be made, are told; nothing is proven by them."""
    monkeypatch.setattr("partywall.distributed.master.ROUND_S", 0.01)
    monkeypatch.setattr("partywall.distributed.master.READY_S", 0.01)
    monkeypatch.setattr("partywall.distributed.master.SILENCE_S", 0.0)
    judged = SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=conclude(tmp_path).assessment.exit_status))
    monkeypatch.setattr("partywall.distributed.master.subprocess", judged)
    cluster = Cluster(service, tmp_path)
    service.shutdown()
    service.server_close()
    cluster.processes[0].lost = {CLOCK, READY}
    cluster.master.lost = {FINISH}
    cluster.master.events.test_start.fire()
    assert not cluster.workers
    cluster.master.events.test_stopping.fire()
    assert cluster.master.process_exit_code == 3
    trouble = json.loads((tmp_path / "distributed.json").read_text())["trouble"]
    assert [each.partition(":")[0] for each in trouble] == [
        "worker 1",
        "worker 2",
        "not all workers had their tenants within 0.01 s",
        "worker 1",
        "worker 2",
    ]
    assert any("no tenants: ConnectError" in each for each in trouble)


def test_folder_of_no_load(tmp_path: Path) -> None:
    """A folder that no master wrote is a mistake of usage."""
    with pytest.raises(UsageError, match="distributed load"):
        conclude(tmp_path)
