"""Calling webhooks over HTTP: where tenants say, so nowhere that only this machine gets to."""

from __future__ import annotations

import asyncio
import socket
from functools import cached_property
from typing import TYPE_CHECKING

import httpx

from clickdrop.domain.status import require_open
from clickdrop.domain.webhooks import Undelivered, may_be_called

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from clickdrop.domain.status import Gate

_WAIT_SECONDS = 5
NOT_PUBLIC = "refused: not a public address"


class HttpWebhooks:
    """The port `WebhookCalls`. With `to_loopback` this machine may be called as well."""

    def __init__(self, gate: Gate, *, to_loopback: bool, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._gate = gate
        self._to_loopback = to_loopback
        self._wait_seconds = wait_seconds

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a body, and answer the status of the answer, of which nothing else is read.

        Raises `Undelivered` or `PlatformClosed`. A redirect is an answer like any other.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                target = httpx.URL(url)
                return await self._post(target, await self._addresses(target), headers, body)
        except TimeoutError:
            raise Undelivered(f"no answer within {self._wait_seconds} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise Undelivered(f"no answer: {type(error).__name__}") from error

    async def _addresses(self, target: httpx.URL) -> list[str]:
        """Look the host up, once: what is checked here is what is called."""
        found = await asyncio.get_running_loop().getaddrinfo(_host(target), None, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not all(may_be_called(address, loopback=self._to_loopback) for address in addresses):
            raise Undelivered(NOT_PUBLIC)
        return addresses

    async def _post(self, target: httpx.URL, addresses: list[str], headers: Mapping[str, str], body: bytes) -> int:
        *others, last = addresses
        for address in others:
            try:
                return await self._post_to(address, target, headers, body)
            except httpx.ConnectError:
                continue
        return await self._post_to(last, target, headers, body)

    async def _post_to(self, address: str, target: httpx.URL, headers: Mapping[str, str], body: bytes) -> int:
        sent = {
            "Host": target.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": "clickdrop",
            **headers,
        }
        # A client of its own, so that no call has another tenant's connection or cookies.
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=self._wait_seconds, trust_env=False) as client,
            client.stream(
                "POST",
                target.copy_with(host=address),
                headers=sent,
                content=body,
                extensions={"sni_hostname": _host(target), "trace": self._ask},
            ) as answer,
        ):
            return answer.status_code

    async def _ask(self, event: str, _info: object) -> None:
        """Ask whether the platform is open once the connection stands: names and handshakes may take their time."""
        if event in {"http11.send_request_headers.started", "http11.send_request_body.started"}:
            await require_open(self._gate)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


def _host(target: httpx.URL) -> str:
    """Answer the host as it is looked up and as certificates name it: `URL.host` has it as it is read."""
    return target.raw_host.decode("ascii")
