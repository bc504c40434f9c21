"""A server that echoes who called: fast, so that millions of calls can be made of it.

``python -m tests.partywall.drive.echoing`` serves on a free port, which it prints, until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from partywall.drive.loop import LoopThread
from partywall.policy import Policy
from partywall.target import Credential, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange

POLICY = Policy(operations=("who",))


class Echo(asyncio.Protocol):
    """Answers each request with its credential and its cookie, and sets a cookie that names the credential once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self.transport = cast("asyncio.Transport", transport)
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        """Answer each head that is whole; the requests have no bodies."""
        *heads, self.pending = (self.pending + data).split(b"\r\n\r\n")
        for head in heads:
            fields = dict(line.partition(b": ")[::2] for line in head.split(b"\r\n")[1:])
            who, cookie = fields.get(b"Authorization", b""), fields.get(b"Cookie", b"")
            asked = head.split(b" ", 2)[1]
            body = b'{"caller":"%s","cookie":"%s","path":"%s"}' % (who, cookie, asked)
            set_cookie = b"" if cookie else b"Set-Cookie: me=%s; Path=/\r\n" % who
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
                % (set_cookie, len(body), body)
            )


def mixed(exchange: Exchange) -> bool:
    """Was anybody else's credential or cookie in the answer than those that the session sent? Both are recorded as the
    pseudonym of the credential that the tenant has."""
    told = json.loads(exchange.body)
    own = {pseudonym for _, pseudonym in exchange.credentials}
    return {told["caller"]} != own or told["cookie"] not in ("", f"me={told['caller']}")


def target(port: int) -> Target:
    """The server as partywall sees it."""
    return Target(
        f"http://127.0.0.1:{port}",
        POLICY,
        lambda tenant: Credential((("Authorization", f"caller-{tenant.number:07}"),)),
    )


@contextmanager
def serving() -> Iterator[int]:
    """The server's port, while it serves from a thread."""
    served: list[Echo] = []

    def serve() -> Echo:
        served.append(Echo())
        return served[-1]

    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)

    with LoopThread() as loop:
        server = loop.run(start())
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call(server.close)
            for each in served:
                loop.call(each.transport.close)


if __name__ == "__main__":
    with serving() as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        sys.stdin.read()
