"""What the command `clickdrop` can be told."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

USAGE_ERROR = 2
EMBEDDED, PRODUCTION = STACKS = ("embedded", "production")
WORKERS = 2
MAX_PORT = 65_535
OPERATOR_KEY_VARIABLE = "CLICKDROP_OPERATOR_KEY"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Answer what reads the command line."""
    command = _Parser(prog="clickdrop", allow_abbrev=False, description="The reference multi-tenant shipping service.")
    commands = command.add_subparsers(dest="command", required=True, parser_class=_Parser)
    serve = commands.add_parser("serve", help="serve until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=8080, help="0 for a free one")
    serve.add_argument("--demo", action="store_true", help="with two tenants and their orders")
    serve.add_argument("--json", action="store_true", help="print one line of JSON once requests are accepted")
    serve.add_argument("--leak", action="append", default=[], metavar="NAME", help="plant a leak (repeatable)")
    serve.add_argument("--decoy", action="append", default=[], metavar="NAME", help="look leaky (repeatable)")
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
    serve.add_argument(
        "--between",
        type=Path,
        metavar="FOLDER",
        help="reach the database and the cache (production) through sockets there, at which somebody else listens",
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
    serve.add_argument("--webhooks-to-loopback", action="store_true", help="call webhooks on this machine as well")
    leaks = commands.add_parser("leaks", help="list the leaks that can be planted")
    leaks.add_argument("--json", action="store_true", help="print an array of objects")
    decoys = commands.add_parser("decoys", help="list what can be made to look like a leak")
    decoys.add_argument("--json", action="store_true", help="print an array of objects")
    return command


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
