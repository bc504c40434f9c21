"""The command `clickdrop`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import sqlite3
import sys
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from clickdrop.demo import DemoTenant
    from clickdrop.leaks.leak import Leak
    from clickdrop.settings import Embedded, Production, Provider, Settings

SERVICE_ERROR, USAGE_ERROR = 1, 2
EMBEDDED, PRODUCTION = STACKS = ("embedded", "production")
WORKERS = 2
MAX_PORT = 65_535
OPERATOR_KEY_VARIABLE = "CLICKDROP_OPERATOR_KEY"
OPERATOR_KEY_MIN_LENGTH = 16


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


class UsageError(Exception):
    """What the user can mend, in one line."""


class ServiceFailed(Exception):
    """What went wrong while serving, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers its exit status: 2 for what the user can mend, 1 if a part of the service failed."""
    options = _parser().parse_args(arguments)
    try:
        return {"serve": _serve, "provider": _provide, "leaks": _leaks}[options.command](options)
    except KeyboardInterrupt:  # before the server has taken over the signals
        return 0
    except UsageError as error:
        sys.stderr.write(f"clickdrop {options.command}: {error}\n")
        return USAGE_ERROR
    except ServiceFailed as error:
        sys.stderr.write(f"clickdrop {options.command}: {error}\n")
        return SERVICE_ERROR


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
    serve.add_argument("--pool-size", type=_positive, default=4, metavar="N", help="database connections a process")
    serve.add_argument("--cache-entries", type=_positive, metavar="N", help="room in the cache; by default ample")
    serve.add_argument("--upstream-delay", type=_count, default=0, metavar="MS", help="hold every answer back")
    serve.add_argument("--workers", type=_positive, default=WORKERS, metavar="N", help="processes (production)")
    serve.add_argument("--logs", type=Path, metavar="FOLDER", help="where logs stay (production); else they go")
    serve.add_argument(
        "--restart", action="store_true", help="start a service anew that ends (production); else all end with it"
    )
    serve.add_argument("--until-eof", action="store_true", help="stop at the end of standard input as well")
    serve.add_argument(
        "--provider-url",
        metavar="URL",
        help="the payment provider, whose key is in $CLICKDROP_PROVIDER_KEY; by default one is started",
    )
    serve.add_argument("--list-cache-seconds", type=_seconds, default=30.0, metavar="S")
    serve.add_argument("--label-cache-seconds", type=_seconds, default=300.0, metavar="S")
    serve.add_argument(
        "--operator",
        action="store_true",
        help=f"serve the operator API with a new key, which is printed; ${OPERATOR_KEY_VARIABLE} sets one instead",
    )
    provider = commands.add_parser("provider", help="be a payment provider to test against, until interrupted")
    provider.add_argument("--host", default="127.0.0.1")
    provider.add_argument("--port", type=_port, default=8081, help="0 for a free one")
    provider.add_argument("--socket", type=Path, metavar="PATH", help="listen on a Unix socket instead")
    provider.add_argument("--store", type=Path, metavar="FILE", help="SQLite file; by default a temporary one")
    provider.add_argument("--json", action="store_true", help="print one line of JSON once requests are accepted")
    provider.add_argument("--until-eof", action="store_true", help="stop at the end of standard input as well")
    serve.add_argument("--origin", metavar="URL", help="where browsers find the website; by default where it listens")
    mail = serve.add_mutually_exclusive_group()
    mail.add_argument("--mail", type=Path, metavar="FOLDER", help="put e-mails there; by default into a temporary one")
    mail.add_argument("--smtp", type=_mail_server, metavar="HOST:PORT", help="hand e-mails over to this server")
    leaks = commands.add_parser("leaks", help="list the leaks that can be planted")
    leaks.add_argument("--json", action="store_true", help="print an array of objects")
    return parser


def _serve(options: argparse.Namespace) -> int:
    # Imported late: a usage error should not wait for a web framework.
    from clickdrop.leaks import named
    from clickdrop.server import bind

    try:
        _check_options(options)
        leaks = named(options.leak, options.stack)
        operator_key = _operator_key(options)
        if options.database is not None:
            _check_database("--database", options.database)
        provider = _provider_elsewhere(options)
        listener = bind(options.host, options.port)
    except (OSError, ValueError) as error:
        raise UsageError(error) from error
    with closing(listener):
        serve = _serve_production if options.stack == PRODUCTION else _serve_embedded
        serve(listener, operator_key, leaks, provider, options)
    return 0


def _provide(options: argparse.Namespace) -> int:
    from clickdrop.provider.command import CONTROL_KEY_VARIABLE, KEY_VARIABLE, listen, provide

    try:
        listener = listen(options.socket or (options.host, options.port))
        if options.store is not None:
            _check_database("--store", options.store)
    except (OSError, ValueError) as error:
        raise UsageError(error) from error
    keys = {variable: os.environ.get(variable) for variable in (KEY_VARIABLE, CONTROL_KEY_VARIABLE)}
    made = {variable: secrets.token_urlsafe(32) for variable, given in keys.items() if not given}

    def ready() -> None:
        line: dict[str, object] = {}
        if options.socket is None:
            host, port = listener.getsockname()[:2]
            line["url"] = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        names = {KEY_VARIABLE: "key", CONTROL_KEY_VARIABLE: "control_key"}
        _say(line | {names[variable]: key for variable, key in made.items()}, as_json=options.json)

    with TemporaryDirectory(prefix="clickdrop-provider-") as folder:
        store = options.store or Path(folder) / "provider.db"
        told = {variable: given or made[variable] for variable, given in keys.items()}
        provide(listener, store, told[KEY_VARIABLE], told[CONTROL_KEY_VARIABLE], ready, until_eof=options.until_eof)
    return 0


def _provider_elsewhere(options: argparse.Namespace) -> Provider | None:
    """Answer the payment provider that was named, if one was; raises `ValueError`."""
    from clickdrop.provider.command import KEY_VARIABLE
    from clickdrop.settings import Provider

    url: str | None = options.provider_url
    if url is None:
        return None
    key = os.environ.get(KEY_VARIABLE)
    if not url.startswith(("http://", "https://")) or not key:
        raise ValueError(f"--provider-url: expected the provider's URL, and the key to it in {KEY_VARIABLE}")
    return Provider(url, key)


def _settings(
    options: argparse.Namespace,
    stack: Embedded | Production,
    folder: Path,
    provider: Provider,
    *,
    origin: str,
    operator_key: str | None,
) -> Settings:
    from clickdrop.settings import MailServer, Settings

    return Settings(
        stack,
        calls_per_second=options.rate_limit or None,
        list_cache_seconds=options.list_cache_seconds,
        label_cache_seconds=options.label_cache_seconds,
        pool_size=options.pool_size,
        cache_entries=options.cache_entries,
        answer_delay_seconds=options.upstream_delay / 1000,
        origin=options.origin or origin,
        mail=MailServer(*options.smtp) if options.smtp else (options.mail or folder / "mail").absolute(),
        token_secret=secrets.token_bytes(32),
        operator_key=operator_key,
        provider=provider,
    )


def _serve_embedded(
    listener: socket.socket,
    operator_key: str | None,
    leaks: Sequence[Leak],
    elsewhere: Provider | None,
    options: argparse.Namespace,
) -> None:
    from clickdrop.composition import application, compose
    from clickdrop.demo import seed
    from clickdrop.leaks import plant
    from clickdrop.parts import correct_parts
    from clickdrop.provider_process import provider_beside
    from clickdrop.server import serve
    from clickdrop.settings import Embedded

    async def run(stack: Embedded, folder: Path, provider: Provider) -> None:
        settings = _settings(options, stack, folder, provider, origin=_origin(listener), operator_key=operator_key)
        parts = plant(leaks, correct_parts(settings))
        platform = compose(settings, parts)
        await platform.prepare()
        tenants = await seed(platform) if options.demo else []
        ready = partial(_say_ready, listener, operator_key, options, settings, tenants)
        app = application(platform, works=True)
        await serve(app, listener, ready, until_eof=options.until_eof, protocol=parts.protocol)

    with TemporaryDirectory(prefix="clickdrop-") as folder, ExitStack() as closing:
        database = options.database or Path(folder) / "clickdrop.db"
        store = database.with_name(f"{database.name}.provider")
        provider = elsewhere or closing.enter_context(provider_beside(store, Path(folder) / "provider.sock"))
        stack = Embedded(database, durable=options.database is not None)
        asyncio.run(run(stack, Path(folder), provider))


def _serve_production(
    listener: socket.socket,
    operator_key: str | None,
    leaks: Sequence[Leak],
    elsewhere: Provider | None,
    options: argparse.Namespace,
) -> None:
    try:
        from clickdrop.production.supervisor import Stack, StackFailed, serve
    except ModuleNotFoundError as error:
        raise UsageError(f"--stack production needs {error.name}: pip install 'clickdrop[production]'") from error

    # SIGTERM ends what is starting as Ctrl-C does; what runs has handlers of its own.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = partial(_settings, options, origin=_origin(listener), operator_key=operator_key)
    stack = Stack(
        settings,
        options.pool_size,
        options.workers,
        leaks,
        options.logs,
        demo=options.demo,
        until_eof=options.until_eof,
        restart=options.restart,
        provider=elsewhere,
    )
    try:
        serve(stack, listener, partial(_say_ready, listener, operator_key, options))
    except (StackFailed, ValueError) as error:
        raise ServiceFailed(error) from error


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say_ready(
    listener: socket.socket,
    operator_key: str | None,
    options: argparse.Namespace,
    settings: Settings,
    tenants: Sequence[DemoTenant],
) -> None:
    from clickdrop.composition import API_PREFIX, OPERATOR_PREFIX, SHOP_PREFIX

    origin = _origin(listener)
    line: dict[str, object] = {
        "url": origin + API_PREFIX,
        "shop_url": origin + SHOP_PREFIX,
        "origin": origin,
        "api_keys": [tenant.api_key for tenant in tenants],
        "account_ids": [tenant.account_id for tenant in tenants],
        "names": [tenant.name for tenant in tenants],
        "users": [{"email": tenant.email, "password": tenant.password} for tenant in tenants],
    }
    if isinstance(settings.mail, Path):
        line["mail"] = str(settings.mail)
    if operator_key is not None:
        line["operator_url"] = origin + OPERATOR_PREFIX
        if OPERATOR_KEY_VARIABLE not in os.environ:
            line["operator_key"] = operator_key
    _say(line, as_json=options.json)


def _say(line: Mapping[str, object], *, as_json: bool) -> None:
    text = json.dumps(line) if as_json else "\n".join(f"{name}: {line[name]}" for name in line)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _check_options(options: argparse.Namespace) -> None:
    """Raise `ValueError` for options that are of no use on the stack."""
    if options.stack == PRODUCTION and options.database is not None:
        raise ValueError("--database: the production stack makes a database of its own; it is of the embedded stack")
    if options.stack != PRODUCTION and options.logs is not None:
        raise ValueError("--logs: the embedded stack has no logs; they are of the production stack")
    if options.stack != PRODUCTION and options.restart:
        raise ValueError("--restart: the embedded stack is one process; services are of the production stack")
    if options.stack != PRODUCTION and options.workers != WORKERS:
        raise ValueError("--workers: the embedded stack is one process; workers are of the production stack")


def _operator_key(options: argparse.Namespace) -> str | None:
    given = os.environ.get(OPERATOR_KEY_VARIABLE)
    if given is not None and len(given) < OPERATOR_KEY_MIN_LENGTH:
        raise ValueError(f"{OPERATOR_KEY_VARIABLE} must have {OPERATOR_KEY_MIN_LENGTH} characters or more")
    return given or (secrets.token_urlsafe(32) if options.operator else None)


def _check_database(option: str, path: Path) -> None:
    """Raise `ValueError` unless the file is, or can become, a database that can be written."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise ValueError(f"{option} {path}: {error}") from error


def _leaks(options: argparse.Namespace) -> int:
    from clickdrop.leaks import as_json, as_table

    sys.stdout.write(as_json() if options.json else as_table())
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {MAX_PORT}, got {text!r}")
    return int(text)


def _mail_server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host.strip("[]"), _port(port)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    number = _count(text)
    if number == 0:
        raise argparse.ArgumentTypeError("expected 1 or more, got 0")
    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds, 0 or more, got {text!r}")
    return seconds
