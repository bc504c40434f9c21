"""The command `clickdrop`."""

from __future__ import annotations

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
from typing import TYPE_CHECKING

from clickdrop.options import OPERATOR_KEY_VARIABLE, PRODUCTION, USAGE_ERROR, WORKERS, parser

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Mapping, Sequence

    from clickdrop.demo import DemoTenant
    from clickdrop.leaks.switches import Switch
    from clickdrop.settings import Embedded, Production, Provider, Settings

SERVICE_ERROR = 1
OPERATOR_KEY_MIN_LENGTH = 16


class UsageError(Exception):
    """What the user can mend, in one line."""


class ServiceFailed(Exception):
    """What went wrong while serving, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers its exit status: 2 for what the user can mend, 1 if a part of the service failed."""
    options = parser().parse_args(arguments)
    try:
        return {"serve": _serve, "provider": _provide, "leaks": _leaks, "decoys": _decoys}[options.command](options)
    except KeyboardInterrupt:  # before the server has taken over the signals
        return 0
    except UsageError as error:
        sys.stderr.write(f"clickdrop {options.command}: {error}\n")
        return USAGE_ERROR
    except ServiceFailed as error:
        sys.stderr.write(f"clickdrop {options.command}: {error}\n")
        return SERVICE_ERROR


def _serve(options: argparse.Namespace) -> int:
    # Imported late: a usage error should not wait for a web framework.
    from clickdrop import decoys, leaks
    from clickdrop.server import bind

    try:
        _check_options(options)
        planted: list[Switch] = [*leaks.named(options.leak, options.stack), *decoys.named(options.decoy, options.stack)]
        operator_key = _operator_key(options)
        if options.database is not None:
            _check_database("--database", options.database)
        provider = _provider_elsewhere(options)
        listener = bind(options.host, options.port)
    except (OSError, ValueError) as error:
        raise UsageError(error) from error
    with closing(listener):
        serve = _serve_production if options.stack == PRODUCTION else _serve_embedded
        serve(listener, operator_key, planted, provider, options)
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
        webhooks_to_loopback=options.webhooks_to_loopback,
        token_secret=secrets.token_bytes(32),
        operator_key=operator_key,
        provider=provider,
    )


def _serve_embedded(
    listener: socket.socket,
    operator_key: str | None,
    switches: Sequence[Switch],
    elsewhere: Provider | None,
    options: argparse.Namespace,
) -> None:
    from clickdrop.adapters.database.sqlite_file import UnknownTable
    from clickdrop.composition import application, compose
    from clickdrop.demo import seed
    from clickdrop.leaks import plant
    from clickdrop.parts import correct_parts
    from clickdrop.provider_process import provider_beside
    from clickdrop.server import serve
    from clickdrop.settings import Embedded

    async def run(stack: Embedded, folder: Path, provider: Provider) -> None:
        settings = _settings(options, stack, folder, provider, origin=_origin(listener), operator_key=operator_key)
        parts = plant(switches, correct_parts(settings))
        platform = compose(settings, parts)
        try:
            await platform.prepare()
        except UnknownTable as error:
            await platform.aclose()
            raise UsageError(f"--database {stack.database}: {error}") from error
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
    switches: Sequence[Switch],
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
        switches,
        options.logs,
        demo=options.demo,
        until_eof=options.until_eof,
        restart=options.restart,
        between=options.between,
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
    if options.stack != PRODUCTION and options.between is not None:
        raise ValueError(
            "--between: the embedded stack has its database and cache inside; it is of the production stack"
        )
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


def _decoys(options: argparse.Namespace) -> int:
    from clickdrop.decoys import as_json, as_table

    sys.stdout.write(as_json() if options.json else as_table())
    return 0
