"""What a service is told when it starts; nothing reads the environment later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Embedded:
    """Everything in the service's own process, the data in a SQLite file.

    `durable` waits for the disk at checkpoints; a temporary file need not.
    """

    database: Path
    durable: bool = False


@dataclass(frozen=True, slots=True)
class Production:
    """Servers beside the service, behind Unix sockets.

    `postgresql` is the folder of PostgreSQL's socket, `valkey` the path of Valkey's. The service and the operator's
    interface have a role and a password each. While there is a file `edge_switch`, the edge serves nobody.
    """

    postgresql: Path
    valkey: Path
    service_password: str = field(repr=False)
    operator_password: str = field(repr=False)
    edge_switch: Path | None = None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed over, by SMTP."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Provider:
    """The payment provider: where its API is, by way of a Unix socket if it has one, and the platform's key to it."""

    url: str
    key: str = field(repr=False)
    socket: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How one service runs. Secrets do not show in its `repr`.

    `pool_size` is the number of connections to the database that requests share in one process, `cache_entries` the
    number of values that the cache holds (`None`: as many as fit), `answer_delay_seconds` how long every answer is
    held back: few connections, few entries and slow answers make rare encounters common. `origin` is where browsers
    find the website, as links in e-mails say it; `mail` is where e-mails go: to a server, or into a folder. With
    `webhooks_to_loopback` webhooks may be on this machine too, rather than at public addresses only.
    """

    stack: Embedded | Production
    calls_per_second: int | None = None
    list_cache_seconds: float = 30
    label_cache_seconds: float = 300
    continuation_seconds: int = 3600
    pool_size: int = 4
    cache_entries: int | None = None
    answer_delay_seconds: float = 0
    origin: str = "http://localhost"
    mail: MailServer | Path | None = None
    webhooks_to_loopback: bool = False
    token_secret: bytes = field(repr=False, kw_only=True)
    operator_key: str | None = field(default=None, repr=False)
    provider: Provider | None = None
