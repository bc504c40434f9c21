"""The stack as processes: all start, and all are gone at the end, however it comes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from benchmarks.processes import family
from tests.clickdrop.services import Tenant, launch, order, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clickdrop.services import Service

GONE_SECONDS = 60
SERVERS = {"nginx", "postgres", "valkey-server", "clickdrop"}


@dataclass(frozen=True)
class Descendants:
    """The processes that a process has started, and they in their turn, each by a descriptor that tells of its end."""

    commands: dict[int, str]
    descriptors: dict[int, int]

    def wait(self) -> set[str]:
        """Wait until all have ended; answers those that have not."""
        deadline = time.monotonic() + GONE_SECONDS
        left = {}
        for pid, descriptor in self.descriptors.items():
            ended, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
            if not ended:
                left[pid] = self.commands[pid]
        return set(left.values())

    def find(self, word: str, place: int = 0) -> int:
        """Answer a process whose command has this word in it: the first, or one further on."""
        return [pid for pid, command in sorted(self.commands.items()) if word in command][place]


@contextmanager
def descendants(ancestor: int) -> Iterator[Descendants]:
    """All processes that have come of one."""
    with ExitStack() as closing:
        commands, descriptors = {}, {}
        for pid in family(ancestor) - {ancestor}:
            try:
                descriptors[pid] = os.pidfd_open(pid)
                closing.callback(os.close, descriptors[pid])
                commands[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except ProcessLookupError:
                descriptors.pop(pid, None)
        yield Descendants(commands, descriptors)


def started() -> tuple[subprocess.Popen[str], Path]:
    """Start a stack whose temporary files are in a folder of their own, and wait until it is ready."""
    scratch = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    scratch.chmod(0o755)
    process = launch("--stack", "production", environment={"TMPDIR": str(scratch)})
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())
    return process, scratch


def finish(process: subprocess.Popen[str], scratch: Path) -> None:
    """Let go of a stack that has ended, and see that it left nothing."""
    process.communicate()
    assert list(scratch.iterdir()) == []
    scratch.rmdir()


def test_everything_is_there_and_goes() -> None:
    """Database, cache, workers and edge run, and end by one signal: nothing is left, no process and no file."""
    process, scratch = started()
    with descendants(process.pid) as family:
        assert all(any(word in command for command in family.commands.values()) for word in SERVERS)
        process.terminate()
        assert process.wait(GONE_SECONDS) == 0
        assert family.wait() == set()
    finish(process, scratch)


def test_killed() -> None:
    """Nothing is left of a stack whose first process was killed."""
    process, scratch = started()
    with descendants(process.pid) as family:
        process.kill()
        process.wait()
        assert family.wait() == set()
    finish(process, scratch)


def test_killed_with_its_starter(tmp_path: Path) -> None:
    """Nothing is left of a stack whose starter was killed, if it was told to end when standard input does."""
    told = tmp_path / "ready.json"
    script = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'clickdrop', 'serve', '--port', '0', '--json', '--until-eof']\n"
        "command += ['--stack', 'production']\n"
        "service = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        f"open({str(told)!r}, 'wb').write(service.stdout.readline())\n"
        "print('ready', flush=True)\n"
        "service.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
        with descendants(starter.pid) as family:
            assert any("valkey-server" in command for command in family.commands.values())
            starter.kill()
            starter.wait()
            assert family.wait() == set()
    with pytest.raises(httpx.ConnectError):
        httpx.get(json.loads(told.read_text())["origin"], trust_env=False)


# The service's own parts are copies of one command, in the order in which they are made.
OWN_PARTS = ("provider", "worker-1", "worker-2", "jobs")


@pytest.mark.parametrize("service", ["valkey", "postgresql", "edge", "provider", "worker-1", "jobs"])
def test_a_service_that_dies_ends_the_stack(service: str) -> None:
    """A stack of which a part has died ends at once and says which part: half a platform is none."""
    words = {"valkey": "valkey-server", "postgresql": "postgres -D", "edge": "nginx: master"}
    process, scratch = started()
    with descendants(process.pid) as family:
        place = OWN_PARTS.index(service) if service in OWN_PARTS else 0
        victim = family.find(words.get(service, "clickdrop serve"), place)
        os.kill(victim, signal.SIGKILL)
        assert process.wait(GONE_SECONDS) == 1
        assert family.wait() == set()
    assert process.stderr is not None
    said = process.stderr.read()
    assert said.startswith(f"clickdrop serve: {service} ended with status -9")
    assert said.count("\n") == 1
    finish(process, scratch)


def test_a_service_that_dies_is_started_anew_if_asked_for() -> None:
    """A stack that is to restart its services answers again after each of them was killed, with all that it knew; and
    one of its workers ends and starts anew on a signal, while the other serves."""
    with running("--stack", "production", "--restart") as stack, descendants(stack.process.pid) as family:
        tenant = stack.tenant()
        tenant.create(order("INV-1"))
        for word in ("valkey-server", "postgres -D", "nginx: master", "clickdrop serve"):
            os.kill(family.find(word), signal.SIGKILL)
            until(lambda: serves(tenant, "INV-1"), f"the stack serves again without the {word} that was killed")
        stack.process.send_signal(signal.SIGUSR1)
        longest = family.descriptors[family.find("clickdrop serve", OWN_PARTS.index("worker-1"))]
        while not select.select([longest], [], [], 0.01)[0]:
            assert serves(tenant, "INV-1")
        until(lambda: len(own_parts(stack)) == len(OWN_PARTS), "the worker has started anew")
        assert serves(tenant, "INV-1")


def own_parts(stack: Service) -> list[str]:
    """The stack's processes that are copies of its first."""
    with descendants(stack.process.pid) as family:
        return [command for command in family.commands.values() if "clickdrop serve" in command]


def serves(tenant: Tenant, reference: str) -> bool:
    """Tell whether an order can be read."""
    try:
        return tenant.http.get(f'/orders/"{reference}"').status_code == 200
    except httpx.HTTPError:
        return False


def test_interrupted_while_it_starts() -> None:
    """A stack that is stopped before it is ready leaves nothing either."""
    scratch = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    scratch.chmod(0o755)
    process = launch("--stack", "production", environment={"TMPDIR": str(scratch)})
    while not any(scratch.iterdir()):
        assert process.poll() is None
        select.select([], [], [], 0.01)
    process.terminate()
    assert process.wait(GONE_SECONDS) == 0
    finish(process, scratch)


def test_logs_stay(tmp_path: Path) -> None:
    """Logs stay in the folder that is named for them, one for each service, and no key is in any of them."""
    logs = tmp_path / "logs"
    with running("--stack", "production", "--logs", str(logs)) as service:
        tenant = service.tenant()
        assert tenant.http.get("/orders?pageSize=7").status_code == 200
        assert tenant.http.get("/nothing").status_code == 404
        secrets = (tenant.key, service.ready["operator_key"])
    names = {"initdb", "postgresql", "valkey", "worker-1", "worker-2", "jobs", "provider", "edge", "edge-access"}
    assert {log.name for log in logs.iterdir()} == {f"{name}.log" for name in names}
    texts = "".join(log.read_text() for log in logs.iterdir())
    assert "/api/v1/orders" in texts
    assert not any(secret in texts for secret in secrets)
