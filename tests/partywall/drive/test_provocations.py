"""Provocations against a server that notes what reaches it: each does on the wire what it says."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from partywall.drive.cuts import At, Cut
from partywall.drive.loop import LoopThread
from partywall.drive.provocations import Call, Ends, Provocation
from partywall.drive.trial import Trial
from partywall.drive.upstream import Upstream
from partywall.errors import Inconclusive, UsageError
from partywall.model import Outcome, Request
from partywall.oracle.judge import judge
from tests.partywall import logins
from tests.partywall.drive import echoing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from partywall.target import Target

READ = Request("who", "GET", "/slow")
LARGE = Request("who", "GET", "/large")
WRITE = Request("who", "POST", "/slow", body=b"0123456789")


@dataclass
class Noting:
    """What reached the server: connections, and of each the data in order, and whether it came to its end."""

    port: int = 0
    data: list[bytearray] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)


@contextmanager
def noting() -> Iterator[Noting]:
    """A server that answers each request, in large if that is asked for, a turn of the loop after it came; or once its
    client has closed its side."""
    notes = Noting()

    class Served(echoing.Echo):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.number, self.answer = len(notes.data), b""
            notes.data.append(bytearray())
            notes.ended.append(False)
            served.append(self)

        def data_received(self, data: bytes) -> None:
            notes.data[self.number] += data
            self.pending += data
            while (end := self.pending.find(b"\r\n\r\n")) >= 0:
                head = self.pending[: end + 4]
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
                if len(self.pending) < len(head) + length:
                    return
                self.pending = self.pending[len(head) + length :]
                body = b"x" * (4_000_000 if b"/large" in head else 10)
                self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                if b"/half" not in head:
                    asyncio.get_running_loop().call_soon(self.transport.write, self.answer)

        def eof_received(self) -> bool:
            notes.ended[self.number] = True
            self.transport.write(self.answer)
            return True

    served: list[Served] = []

    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Served, "127.0.0.1", 0)

    with LoopThread() as loop:
        server = loop.run(start())
        notes.port = server.sockets[0].getsockname()[1]
        try:
            yield notes
        finally:
            loop.call(server.close)
            for each in served:
                loop.call(each.transport.close)


def opened(target: Target, tenants: int = 2) -> Trial:
    """A trial that is judged by the test itself."""
    return Trial(target, b"key", 1, tenants)


def both(trial: Trial, request: Request) -> list[Call]:
    return [Call(tenant, request) for tenant in trial.tenants]


@pytest.mark.parametrize("ends", Ends)
@pytest.mark.parametrize("request_", [READ, WRITE, LARGE], ids=["read", "write", "large"])
def test_ends_in_order(ends: Ends, request_: Request) -> None:
    """Requests in flight together end in the order asked for, first in first out or last in first out."""
    with noting() as server, opened(echoing.target(server.port), 3) as trial:
        made = trial.provoke(both(trial, request_), Provocation(ends=ends))
        assert [e.status for e in made] == [200, 200, 200]
        assert all(one.overlaps(other) for one in made for other in made)
        order = sorted(made, key=lambda e: e.returned_ns)
        assert order == (made if ends is Ends.FIFO else made[::-1])
        assert {e.provocations for e in made} == {("together:1", f"held:{ends}")}


def test_copies() -> None:
    """Each call is in flight so many times, in sessions and on connections of their own."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        made = trial.provoke(both(trial, READ), Provocation(copies=3, name="cold"))
        assert len({e.session for e in made}) == len({e.connection for e in made}) == 6
        assert made[0].provocations == ("together:1", "copies:3", "cold")


@pytest.mark.parametrize("at", At)
def test_cuts(at: At) -> None:
    """A client goes away where it says, on a connection of its own; the others are answered."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        request = LARGE if at is At.MID_READ else WRITE
        cut, other = trial.provoke(both(trial, request), Provocation(cut=Cut(at)))
        assert (cut.status, other.status) == (None, 200)
        assert cut.fault.startswith("hung up: cut:")
        assert f"after-cut:{at}" in " ".join(other.provocations)
        sent = bytes(server.data[0])
        assert {At.UNSENT: sent == b"", At.HALF_SENT: sent.endswith(b"\r\n\r\n0123")}.get(at, request.body in sent)
        if at in (At.FIRST_BYTE, At.MID_READ):
            assert cut.body.startswith(b"HTTP/1.1 200 OK")
        if at is At.MID_READ:
            assert 0 < len(cut.body) < 4_000_000
        assert any(p.startswith("hang-up:") for p in cut.provocations) == (at not in (At.UNSENT, At.HALF_SENT))


def test_reset() -> None:
    """A cut can be a reset: the service sees no end of the connection but an error."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        trial.provoke(both(trial, READ), Provocation(cut=Cut(At.FIRST_BYTE, reset=True)))
        assert server.ended[0] is False


def test_one_socket() -> None:
    """Through the pooling proxy all tenants take turns on one connection; their own connections stay their own."""
    with noting() as server, opened(echoing.target(server.port), 4) as trial:
        made = trial.provoke(both(trial, READ) + both(trial, WRITE), Provocation(one_socket=True, unread_bytes=3))
        assert [e.status for e in made] == [200] * 8
        assert len(server.data) == 1
        assert len({e.connection for e in made}) == 8
        assert all(server.data[0].count(b"caller-%07d" % tenant.number) == 2 for tenant in trial.tenants)
        assert server.data[0].count(b"\r\n\r\nxxx") == 4
        assert trial.provoke(both(trial, READ)[:1], Provocation())[0].status == 200
        assert len(server.data) == 2


def test_pipelined() -> None:
    """Each session's requests go out on one connection before any is answered."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        made = trial.provoke(both(trial, READ) * 3, Provocation(pipelined=True))
        assert [e.status for e in made] == [200] * 6
        assert [data.count(b"GET ") for data in server.data] == [3, 3]


def test_half_closed() -> None:
    """A client that closes its side is answered all the same, if the service does so."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        made = trial.provoke(both(trial, replace(READ, path="/half")), Provocation(half_closed=True))
        assert ([e.status for e in made], server.ended) == ([200, 200], [True, True])


def test_slow() -> None:
    """Through the delaying proxy an answer takes the delay there and back."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        made = trial.provoke(both(trial, READ), Provocation(slow_ms=20))
        assert min(e.returned_ns - e.called_ns for e in made) >= 40e6


def test_slow_upstream() -> None:
    """What the service leans on is late while a provocation says so, on connections that were open before."""
    with noting() as server, Upstream(("127.0.0.1", server.port)) as upstream:
        behind = replace(echoing.target(upstream.port), slow_upstream=upstream.slow)
        with opened(behind) as trial:
            trial.provoke(both(trial, READ), Provocation())
            made = trial.provoke(both(trial, READ), Provocation(slow_upstream_ms=40))
            assert min(e.returned_ns - e.called_ns for e in made) >= 40e6
            assert {e.provocations for e in made} == {("together:2", "slow-upstream:40")}
            assert len(server.data) == 2


def test_slow_upstream_between_sockets(tmp_path: Path) -> None:
    """What is reached at the path of a Unix socket is made slow as well; it need not be there before somebody comes."""
    real, at, slow_ms = tmp_path / "real", tmp_path / "at", 20.0

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def asked() -> tuple[bytes, float]:
        began = time.monotonic()
        reader, writer = await asyncio.open_unix_connection(at)
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        return answer, (time.monotonic() - began) * 1e3

    async def both(upstream: Upstream) -> list[tuple[bytes, float]]:
        server = await asyncio.start_unix_server(echo, real)
        with upstream.slow(slow_ms):
            late = await asked()
        plain = await asked()
        server.close()
        return [late, plain]

    with Upstream(real, at) as upstream:
        (answer, took_ms), (plain, _) = asyncio.run(both(upstream))
    assert (answer, plain) == (b"hello\n", b"hello\n")
    assert took_ms >= slow_ms  # there and back, each half of it later or earlier


def test_nothing_to_slow() -> None:
    """Where nothing stands between a service and what it leans on, a slow upstream proves nothing."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        trial.provoke(both(trial, READ), Provocation())
        with pytest.raises(Inconclusive, match=r"Target\.slow_upstream"):
            trial.provoke(both(trial, READ), Provocation(slow_upstream_ms=20))


def test_weak_after_strong() -> None:
    """What a tenant read is asked for with the control's credential and with none, on the same socket."""
    with noting() as server, opened(echoing.target(server.port)) as trial:
        trial.provoke(both(trial, READ), Provocation(weak=True, one_socket=True))
        weak = [e for e in trial.history.exchanges if "weak" in e.provocations]
        assert [e.tenant for e in weak] == [trial.control.number] * 4
        assert sorted(bool(e.credentials) for e in weak) == [False, False, True, True]
        assert len(server.data) == 1


def test_races_on_one_credential() -> None:
    """A log-out races a read in one session, and a revocation by the operator does."""
    with logins.serving() as service, opened(service.target) as trial:
        for tenant in trial.tenants:
            user, alone = trial.account(tenant), Provocation()
            trial.provoke([Call(tenant, logins.log_in(user))], alone)
            trial.provoke([Call(tenant, logins.create(trial.mark(tenant)))], alone)
            read, out = trial.provoke([Call(tenant, logins.SHOW), Call(tenant, logins.LOG_OUT)], alone)
            assert (read.status in (200, 401), out.status) == (True, 200)
            trial.provoke([Call(tenant, logins.log_in(user))], alone)
            key = json.loads(trial.operate(tenant, logins.issue(user)).body)
            revoke = Call(tenant, logins.revoke(user, key["id"]), operator=True)
            read, revoked = trial.provoke([Call(tenant, logins.SHOW), revoke], Provocation(name="revoked"))
            assert (read.status, revoked.status) == (200, 200)
            assert revoked.session == f"{tenant.label}/operator"
            assert revoked.provocations == (f"beside:{revoked.provocations[0][7:]}", "revoked")
        judgement = judge(trial.history, service.target.policy)
        assert judgement.verdict.outcome is Outcome.HELD


def test_nobody_there() -> None:
    """Calls that nobody answers are recorded as faults, and prove nothing."""
    with noting() as server:
        target = echoing.target(server.port)
    with pytest.raises(Inconclusive, match="no response was judged"), opened(target) as trial:
        trial.provoke(both(trial, READ), Provocation())


@pytest.mark.parametrize(
    "bad",
    [
        {"copies": 0},
        {"pipelined": True, "half_closed": True},
        {"one_socket": True, "slow_ms": 1.0},
        {"slow_ms": -1.0},
        {"slow_upstream_ms": -1.0},
    ],
)
def test_misuse(bad: dict[str, float]) -> None:
    """Combinations that can't be are refused."""
    with pytest.raises(UsageError):
        Provocation(**cast("dict[str, int]", bad))  # type: ignore[arg-type]
