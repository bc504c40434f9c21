"""The processes of a stack: each with a log, all in one group that a guard ends if this process dies."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from clickdrop.production import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

STOP_SECONDS = 5.0
NOBODY = "nobody"
_STEP_SECONDS = 0.01
_TAIL_LINES = 5
_DESCRIPTORS_MAX = 4096
_RESTARTS_MAX = 20
_RESTARTS_WITHIN_S = 10.0
_ENDING = (signal.SIGINT, signal.SIGTERM)


class StackFailed(Exception):
    """A service did not start, or ended of itself; the message says which, and what it said last."""


class Forked:
    """A copy of this process at work, to be handled like a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        """Answer its exit status if it has ended, negative for the signal that ended it."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Answer its exit status once it has ended; raises `subprocess.TimeoutExpired`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired([], timeout or 0)
            time.sleep(_STEP_SECONDS)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Process:
    """A running service; `again` starts it anew once it has ended."""

    name: str
    popen: subprocess.Popen[bytes] | Forked
    log: Path
    ends_by: signal.Signals
    again: Callable[[], Process]

    def check(self) -> None:
        """Raise `StackFailed` if it has ended."""
        if (status := self.popen.poll()) is not None:
            raise StackFailed(f"{self.name} ended with status {status}: {self.last_words()}")

    def last_words(self) -> str:
        """Answer the last lines of its log as one line."""
        lines = self.log.read_text(errors="replace").split("\n")
        return " | ".join(line.strip() for line in lines[-_TAIL_LINES:] if line.strip()) or "it said nothing"

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until it is ready; raises `StackFailed` if it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StackFailed(f"{self.name} was not ready after {seconds:g} seconds: {self.last_words()}")
            time.sleep(_STEP_SECONDS)

    def stop(self) -> None:
        """End it by its signal, and by force if that takes too long."""
        self.popen.send_signal(self.ends_by)
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


class Processes:
    """Starts services; leaving the context ends all that are left and removes `folder`, and so does this process's
    death. Logs that are to stay are given a folder of their own."""

    def __init__(self, logs: Path | None) -> None:
        self._logs = logs
        self._starts: dict[str, list[float]] = {}
        self.running: list[Process] = []

    def __enter__(self) -> Self:
        # Between the folder and the guard that removes it, an end can't come.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        self._prepare()
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except KeyboardInterrupt:
            self.__exit__(None, None, None)
            raise
        return self

    def _prepare(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clickdrop-"))
        self.folder.chmod(0o711)  # a server that runs as nobody has its own folder inside
        self.logs = self._logs.absolute() if self._logs is not None else self.folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-I", "-S", guard.__file__, str(self.folder)]
        self._guard = subprocess.Popen(  # noqa: S603  # the command is ours
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self.running):
            process.stop()
        assert self._guard.stdin is not None, "it was told to pipe it"
        self._guard.stdin.close()
        self._guard.wait()

    def start(
        self,
        name: str,
        command: Sequence[object],
        *,
        ends_by: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        descriptors: Sequence[int] = (),
        user: Mapping[str, Any] | None = None,
    ) -> Process:
        """Start a service, which inherits the descriptors."""
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603  # the commands are ours
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={name: value for name, value in os.environ.items() if not name.startswith("CLICKDROP_")}
                | {**(environment or {})},
                pass_fds=descriptors,
                process_group=self._guard.pid,
                **(user or {}),
            )
        again = partial(
            self.start,
            name,
            command,
            ends_by=ends_by,
            environment=environment,
            descriptors=descriptors,
            user=user,
        )
        return self._keep(Process(name, popen, log, ends_by, again))

    def fork(self, name: str, work: Callable[[], None]) -> Process:
        """Start a service that does this work, with all that is imported so far, and nothing else of this process."""
        log = self.logs / f"{name}.log"
        # A signal that comes while the copy still has this process's handlers must wait until it has its own.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        pid = os.fork()
        if pid:
            again = partial(self.fork, name, work)
            process = self._keep(Process(name, Forked(pid), log, signal.SIGTERM, again))
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return process
        try:
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.setpgid(0, self._guard.pid)
            os.closerange(3, _DESCRIPTORS_MAX)  # the guard's among them: only its starter may hold on to that
            null, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            for opened, standard in ((null, 0), (output, 1), (output, 2)):
                os.dup2(opened, standard)
            work()
        except BaseException:  # whatever it is, this process must not go on as the one that it is a copy of
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _keep(self, process: Process) -> Process:
        self.running.append(process)
        return process

    def restart(self, process: Process) -> None:
        """Start a service anew that has ended; raises `StackFailed` if it ends again and again."""
        self._starts[process.name] = [
            each for each in self._starts.get(process.name, []) if each > time.monotonic() - _RESTARTS_WITHIN_S
        ] + [time.monotonic()]
        if len(self._starts[process.name]) > _RESTARTS_MAX:
            process.check()
        self.running.remove(process)
        process.again()

    def finish(self, process: Process, seconds: float) -> None:
        """Wait for the end of a process that has one; raises `StackFailed` unless it ends well."""
        try:
            status = process.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise StackFailed(f"{process.name} did not end within {seconds:g} seconds") from None
        self.running.remove(process)
        if status:
            raise StackFailed(f"{process.name} ended with status {status}: {process.last_words()}")


def unprivileged() -> dict[str, Any]:
    """Answer as whom to start what refuses to run as root: as nobody if this is root, else as this user."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def listens(path: Path) -> bool:
    """Answer whether somebody takes connections at a Unix socket. Its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(path))
        except OSError:
            return False
    return True


def reachable(package: Path, copies: Path, user: Mapping[str, Any]) -> Path:
    """Answer the package's folder, or a copy of it if another user is to run what is in it and may not go there."""
    if not user or all(folder.stat().st_mode & 0o001 for folder in (package, *package.parents)):
        return package
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel has the libraries that its programs need
    for folder in (package, libraries):
        if folder.exists():
            shutil.copytree(folder, copies / folder.name, symlinks=True)
    return copies / package.name
