"""The command `clickdrop`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from clickdrop.parts import Parts
    from clickdrop.settings import Settings

USAGE_ERROR = 2
STACKS = ("embedded",)
MAX_PORT = 65_535
OPERATOR_KEY_VARIABLE = "CLICKDROP_OPERATOR_KEY"
OPERATOR_KEY_MIN_LENGTH = 16


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


class UsageError(Exception):
    """What the user can mend, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers its exit status, 2 for what the user can mend."""
    options = _parser().parse_args(arguments)
    try:
        return _leaks(options) if options.command == "leaks" else _serve(options)
    except KeyboardInterrupt:  # before the server has taken over the signals
        return 0
    except UsageError as error:
        sys.stderr.write(f"clickdrop {options.command}: {error}\n")
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="clickdrop", allow_abbrev=False, description="The reference multi-tenant shipping service.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    serve = commands.add_parser("serve", help="serve until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=8080, help="0 for a free one")
    serve.add_argument("--demo", action="store_true", help="with two tenants and their orders")
    serve.add_argument("--json", action="store_true", help="print one line of JSON once requests are accepted")
    serve.add_argument("--leak", action="append", default=[], metavar="NAME", help="plant a leak (repeatable)")
    serve.add_argument("--stack", choices=STACKS, default=STACKS[0])
    serve.add_argument("--rate-limit", type=_count, default=5, metavar="N", help="calls a second and key, 0 for none")
    serve.add_argument("--database", type=Path, metavar="FILE", help="SQLite file; by default a temporary one")
    serve.add_argument("--list-cache-seconds", type=_seconds, default=30.0, metavar="S")
    serve.add_argument("--label-cache-seconds", type=_seconds, default=300.0, metavar="S")
    serve.add_argument(
        "--operator",
        action="store_true",
        help=f"serve the operator API with a new key, which is printed; ${OPERATOR_KEY_VARIABLE} sets one instead",
    )
    leaks = commands.add_parser("leaks", help="list the leaks that can be planted")
    leaks.add_argument("--json", action="store_true", help="print an array of objects")
    return parser


def _serve(options: argparse.Namespace) -> int:
    # Imported late: a usage error should not wait for a web framework.
    from clickdrop.leaks import plant
    from clickdrop.server import bind
    from clickdrop.settings import Settings

    try:
        parts = plant(options.leak)
        operator_key = _operator_key(options)
        if options.database is not None:
            _check_database(options.database)
        listener = bind(options.host, options.port)
    except (OSError, ValueError) as error:
        raise UsageError(error) from error
    with closing(listener), TemporaryDirectory(prefix="clickdrop-") as folder:
        settings = Settings(
            options.database or Path(folder) / "clickdrop.db",
            durable=options.database is not None,
            calls_per_second=options.rate_limit or None,
            list_cache_seconds=options.list_cache_seconds,
            label_cache_seconds=options.label_cache_seconds,
            token_secret=secrets.token_bytes(32),
            operator_key=operator_key,
        )
        asyncio.run(_serve_from(listener, settings, parts, options))
    return 0


async def _serve_from(listener: socket.socket, settings: Settings, parts: Parts, options: argparse.Namespace) -> None:
    from clickdrop.composition import API_PREFIX, OPERATOR_PREFIX, application, compose
    from clickdrop.demo import seed
    from clickdrop.server import serve

    platform = compose(settings, parts)
    await platform.prepare()
    tenants = await seed(platform) if options.demo else []
    host, port = listener.getsockname()[:2]
    origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    line: dict[str, object] = {
        "url": origin + API_PREFIX,
        "origin": origin,
        "api_keys": [tenant.api_key for tenant in tenants],
        "account_ids": [tenant.account_id for tenant in tenants],
        "names": [tenant.name for tenant in tenants],
    }
    if settings.operator_key is not None:
        line["operator_url"] = origin + OPERATOR_PREFIX
        if OPERATOR_KEY_VARIABLE not in os.environ:
            line["operator_key"] = settings.operator_key

    def ready() -> None:
        text = json.dumps(line) if options.json else "\n".join(f"{name}: {line[name]}" for name in line)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    await serve(application(platform), listener, ready)


def _operator_key(options: argparse.Namespace) -> str | None:
    given = os.environ.get(OPERATOR_KEY_VARIABLE)
    if given is not None and len(given) < OPERATOR_KEY_MIN_LENGTH:
        raise ValueError(f"{OPERATOR_KEY_VARIABLE} must have {OPERATOR_KEY_MIN_LENGTH} characters or more")
    return given or (secrets.token_urlsafe(32) if options.operator else None)


def _check_database(path: Path) -> None:
    """Raise `ValueError` unless the file is, or can become, a database that can be written."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise ValueError(f"--database {path}: {error}") from error


def _leaks(options: argparse.Namespace) -> int:
    from clickdrop.leaks import as_json, as_table

    sys.stdout.write(as_json() if options.json else as_table())
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {MAX_PORT}, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds, 0 or more, got {text!r}")
    return seconds
