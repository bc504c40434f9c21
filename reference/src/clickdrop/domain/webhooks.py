"""Webhooks: where an account wants to be told of its orders, each with a secret that what is told is signed with.

Headers, signatures and secrets are those of the specification Standard Webhooks.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from clickdrop.domain.errors import Fault, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret begins with
_URL_LENGTH_MAX = 1000
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an account is told; `outcome` is what came of the last attempt, whatever was to be told."""

    id: str
    url: str
    secret: str = field(repr=False)
    created_on: datetime
    attempted_on: datetime | None = None
    outcome: str | None = None


class Undelivered(Exception):
    """Nobody was told; the message says why, to who owns the webhook."""


class WebhookStore(Protocol):
    """The webhooks of all accounts, each method on those of one."""

    async def all(self, account_id: str) -> list[Webhook]:
        """Answer the account's webhooks, oldest first."""
        ...

    async def get(self, account_id: str, webhook_id: str) -> Webhook | None:
        """Answer one of the account's webhooks."""
        ...

    async def add(self, account_id: str, webhook: Webhook) -> None:
        """Add a webhook."""
        ...

    async def attempted(self, account_id: str, webhook_id: str, now: datetime, outcome: str) -> None:
        """Note what came of an attempt."""
        ...

    async def delete(self, account_id: str, webhook_id: str) -> bool:
        """Remove a webhook; false if the account has none with this identifier."""
        ...


class WebhookCalls(Protocol):
    """Calls webhooks."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a body, and answer the status of the answer, of which nothing else is kept.

        Raises `Undelivered`, or `PlatformClosed` if the platform is by the time it could be sent.
        """
        ...


def new_webhook_secret(random: str) -> str:
    """Write 256 random bits or more as the secret of a webhook."""
    return _SECRET_PREFIX + b64encode(random.encode()).decode()


def signed(secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Answer the headers by which a receiver knows who has sent the body, and that it has not been sent before."""
    timestamp = str(int(now.timestamp()))
    key = b64decode(secret.removeprefix(_SECRET_PREFIX))
    signature = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }


def checked_url(text: str) -> str:
    """Answer an address that a webhook can have; raises `InvalidRequest`. Whom it belongs to is asked at each call."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
        named = "@" in parts.netloc
    except ValueError:
        known, named = False, False
    if not known or named or len(url) > _URL_LENGTH_MAX or not url.isascii() or not url.isprintable() or " " in url:
        message = "Expected an address of https or http, without a user's name in it."
        raise InvalidRequest(Fault("InvalidUrl", message))
    return url


def may_be_called(address: str, *, loopback: bool) -> bool:
    """Tell whether an IP address is anybody's on the public Internet, rather than of a network around the service.

    With `loopback` the machine's own will do as well.
    """
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address) and (ip in _TRANSLATED or ip.ipv4_mapped):
        ip = IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip.is_loopback:
        return loopback
    if isinstance(ip, IPv6Address) and (ip not in _GLOBAL_UNICAST or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast
