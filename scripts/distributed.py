"""Locust with a master and three workers, each in a network namespace of its own, against one worker.

    make distributed ARGS="[--leak NAME] [--loopback] [--seconds N] [--tenants N]"

The service, the master and the workers get an address each, on a bridge that nothing else is on (which takes root and
iproute2's ``ip``; with ``--loopback`` they share this machine's). The leak is one that no worker meets alone: see
`scripts/locustfile.py`. Prints both verdicts and throughputs. Exits 0 if three workers found a leak between tenants on
different workers and one did not, or if none was planted (``--leak none``) and all was held; 1 if not; 2 if it can't
be run here. ``--locust`` names the interpreter that has ``partywall[distributed]``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from partywall.record import read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAK = "order-list-cache-without-tenant"
NETWORK = "10.203.0"
WORKERS = 3
LATE_S = 180.0


class Place(NamedTuple):
    """Where a process runs: its address, and what its command begins with."""

    address: str
    prefix: tuple[str, ...] = ()


class Result(NamedTuple):
    """What a run came to. ``across``: findings whose owner and viewer were on different workers."""

    status: int
    verdict: str
    across: int
    requests_a_second: float
    cpu_us: float


class CannotError(Exception):
    """It can't be run here, and why."""


@contextlib.contextmanager
def namespaces(roles: Sequence[str]) -> Iterator[list[Place]]:
    """A network namespace for each, with a bridge in the first one's."""
    ip = shutil.which("ip") or "/usr/sbin/ip"
    names = [f"partywall-{os.getpid()}-{role}" for role in roles]

    def do(*words: str) -> None:
        done = subprocess.run([ip, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotError(f"ip {' '.join(words)}: {done.stderr.strip()}. As root, or with --loopback.")

    if not Path(ip).exists():
        raise CannotError("network namespaces: expected iproute2's ip, which is not here. Install it, or --loopback.")
    try:
        for name in names:
            do("netns", "add", name)
            do("-n", name, "link", "set", "lo", "up")
        first = names[0]
        do("-n", first, "link", "add", "bridge", "type", "bridge")
        do("-n", first, "addr", "add", f"{NETWORK}.1/24", "dev", "bridge")
        do("-n", first, "link", "set", "bridge", "up")
        for number, name in enumerate(names[1:], 2):
            do("-n", first, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            do("-n", first, "link", "set", f"port{number}", "master", "bridge", "up")
            do("-n", name, "addr", "add", f"{NETWORK}.{number}/24", "dev", "eth0")
            do("-n", name, "link", "set", "eth0", "up")
        yield [Place(f"{NETWORK}.{n}", (ip, "netns", "exec", name)) for n, name in enumerate(names, 1)]
    finally:
        for name in names:
            subprocess.run([ip, "netns", "delete", name], capture_output=True, check=False)


@contextlib.contextmanager
def service(place: Place, leak: str) -> Iterator[dict[str, str]]:
    """The reference service, and what processes have to know of it."""
    key = secrets.token_urlsafe(24)
    command = [*place.prefix, sys.executable, "-m", "clickdrop", "serve", "--host", place.address, "--port", "0"]
    command += ["--json", "--until-eof", "--rate-limit", "0", *(() if leak == "none" else ("--leak", leak))]
    environment = {**os.environ, "CLICKDROP_OPERATOR_KEY": key}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None  # piped above
        assert process.stdout is not None
        try:
            if not (line := process.stdout.readline()):
                raise CannotError("the service did not start")
            yield {"CLICKDROP_READY": line, "CLICKDROP_OPERATOR_KEY": key}
        finally:
            process.stdin.close()
            process.wait(timeout=LATE_S)


def run(places: Sequence[Place], workers: int, told: argparse.Namespace, folder: Path) -> Result:
    """One load: the same tenants and users, on so many workers."""
    at_service, at_master, *at_workers = places
    with service(at_service, told.leak) as known, contextlib.ExitStack() as stack:
        tenants = WORKERS * told.tenants
        environment = {**os.environ, **known, "TENANTS": str(tenants // workers), "FOLDER": str(folder)}
        locust = [told.locust, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))]
        port = str(5600 + os.getpid() % 1000)
        folder.mkdir(parents=True, exist_ok=True)
        log = stack.enter_context((folder / "locust.log").open("w"))
        asked = ["--master", "--headless", "--expect-workers", str(workers), "--users", str(tenants)]
        asked += ["--spawn-rate", "100", "--run-time", f"{told.seconds}s", "--only-summary", "--loglevel", "WARNING"]
        asked += ["--master-bind-host", at_master.address, "--master-bind-port", port]
        master = subprocess.Popen([*at_master.prefix, *locust, *asked], env=environment, stderr=log)
        stack.callback(_end, master)
        for place in at_workers[:workers]:
            asked = ["--worker", "--master-host", at_master.address, "--master-port", port, "--loglevel", "WARNING"]
            worker = subprocess.Popen([*place.prefix, *locust, *asked], env=environment, stderr=log)
            stack.callback(_end, worker)
        try:
            status = master.wait(timeout=told.seconds + LATE_S)
        except subprocess.TimeoutExpired as error:
            raise CannotError(f"the master did not come to its end in time: {folder / 'locust.log'}") from error
    return _result(status, folder)


def require_locust(python: str) -> None:
    """Raise `CannotError` unless this interpreter has it."""
    if subprocess.run([python, "-c", "import locust"], capture_output=True, check=False).returncode:
        raise CannotError(f"Locust: not in {python}. pip install 'partywall[distributed]', or --locust PYTHON.")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _result(status: int, folder: Path) -> Result:
    try:
        report = json.loads((folder / "report.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise CannotError(f"nothing was judged: {folder / 'locust.log'}") from error
    figures = [worker["figures"] for worker in json.loads((folder / "distributed.json").read_text("utf-8"))["workers"]]
    findings = [finding for record in read_records(folder / "history.ndjson") for finding in record.get("findings", ())]
    ends = [(finding["owner"].partition("@")[2], finding["viewer"].partition("@")[2]) for finding in findings]
    requests = sum(each["requests"] for each in figures)
    return Result(
        status,
        report["verdict"],
        sum(owner != viewer for owner, viewer in ends),
        sum(each["requests"] / each["seconds"] for each in figures if each["seconds"]),
        1e6 * sum(each["cpu_s"] for each in figures) / requests if requests else 0.0,
    )


def main() -> int:
    """Run both, and compare."""
    parser = argparse.ArgumentParser(description="Locust, a master and three workers, against one worker.")
    parser.add_argument("--leak", default=LEAK, help=f"of the catalogue, or none (default: {LEAK})")
    parser.add_argument("--loopback", action="store_true", help="without network namespaces")
    parser.add_argument("--seconds", type=int, default=30, help="of load (default: 30)")
    parser.add_argument("--tenants", type=int, default=4, help="on each of three workers (default: 4)")
    parser.add_argument("--folder", type=Path, default=Path("reports/runs/distributed"), help="for the reports")
    parser.add_argument("--locust", default=sys.executable, metavar="PYTHON", help="that has Locust (default: this)")
    told = parser.parse_args()
    roles = ["service", "master", *(f"worker{number}" for number in range(1, WORKERS + 1))]
    here = contextlib.nullcontext([Place("127.0.0.1")] * len(roles))
    try:
        require_locust(told.locust)
        with here if told.loopback else namespaces(roles) as places:
            results = {}
            for workers in (1, WORKERS):
                print(f"{workers} worker{'s' * (workers > 1)}, leak {told.leak}:", flush=True)
                results[workers] = run(places, workers, told, told.folder.absolute() / str(workers))
    except CannotError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    one, many = results[1], results[WORKERS]
    for workers, result in results.items():
        print(
            f"{workers} worker{'s' * (workers > 1)}: {result.verdict} (exit {result.status}), {result.across} findings "
            f"across workers, {result.requests_a_second:.0f} requests a second, {result.cpu_us:.0f} us CPU each"
        )
    print(f"throughput of {WORKERS} against 1: {many.requests_a_second / max(one.requests_a_second, 1e-9):.2f}")
    if told.leak == "none":
        return int((one.status, many.status) != (0, 0))
    return int(not (one.verdict != "violated" and many.verdict == "violated" and many.across))


if __name__ == "__main__":
    sys.exit(main())
