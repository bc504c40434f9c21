"""One part of the stack by itself, for whoever starts the servers in some other way, as compose.yaml does:

    python -m clickdrop.production.alone migrate | work SOCKET | jobs | healthy SOCKET | edge ADDRESS FOLDER LOG SOCKET

`migrate` prepares the database, `work` serves from a Unix socket, `jobs` does what is due, `healthy` ends with status 0
if what serves there is well, and `edge` prints a configuration for nginx. What they need to know is in the environment:
see `compose.yaml`.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clickdrop.adapters.edge import Edge, configuration
from clickdrop.api.hang_up import MAX_BODY_BYTES
from clickdrop.parts import correct_parts
from clickdrop.production.database import Passwords, prepare
from clickdrop.production.healthy import is_healthy
from clickdrop.production.worker import do_jobs, work
from clickdrop.provider_process import LOCAL_URL
from clickdrop.settings import MailServer, Production, Provider, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_SECOND = 5


def _told(name: str) -> str:
    value = os.environ.get(f"CLICKDROP_{name}")
    if not value:
        sys.exit(f"expected CLICKDROP_{name} in the environment")
    return value


def _migrate() -> None:
    # Imported late: alembic is slow to import.
    from clickdrop.adapters.database.migrations import upgrade

    roles = ("superuser", "owner", "service", "operator")
    passwords = Passwords(**{role: _told(f"{role.upper()}_PASSWORD") for role in roles})
    prepare(Path(_told("POSTGRESQL")), passwords, upgrade)


def _settings(switch: Path | None = None) -> Settings:
    stack = Production(
        Path(_told("POSTGRESQL")),
        Path(_told("VALKEY")),
        _told("SERVICE_PASSWORD"),
        _told("OPERATOR_PASSWORD"),
        switch,
    )
    return Settings(
        stack,
        calls_per_second=CALLS_PER_SECOND,
        token_secret=_told("TOKEN_SECRET").encode(),
        origin=_told("ORIGIN"),
        mail=MailServer(_told("SMTP_HOST"), int(_told("SMTP_PORT"))),
        operator_key=os.environ.get("CLICKDROP_OPERATOR_KEY"),
        provider=Provider(LOCAL_URL, _told("PROVIDER_KEY"), Path(_told("PROVIDER"))),
    )


def _work(path: str) -> None:
    settings = _settings(_switch(Path(path)))
    os.umask(0o111)  # the edge, which is another user, may connect to what is made from now on
    work(Path(path), settings, correct_parts(settings))


def _jobs() -> None:
    settings = _settings()
    do_jobs(settings, correct_parts(settings))


def _switch(worker: Path) -> Path:
    """Answer the file by which the edge is closed: beside the workers' sockets, which both sides reach."""
    return worker.with_name("closed")


def _healthy(path: str) -> None:
    if not is_healthy(socket.AF_UNIX, path):
        sys.exit(f"{path} is not well")


def _edge(address: str, folder: str, log: str, *workers: str) -> None:
    sockets = [Path(worker) for worker in workers]
    edge = Edge(address, sockets, Path(folder), Path(log), MAX_BODY_BYTES, _switch(sockets[0]))
    sys.stdout.write(configuration(edge))


COMMANDS: dict[str, Callable[..., None]] = {
    "migrate": _migrate,
    "work": _work,
    "jobs": _jobs,
    "healthy": _healthy,
    "edge": _edge,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"expected one of: {', '.join(COMMANDS)}")
    COMMANDS[sys.argv[1]](*sys.argv[2:])
