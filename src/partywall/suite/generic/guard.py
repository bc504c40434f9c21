"""What a run may do to a service: which hosts it may call, how often, how long."""

from __future__ import annotations

import ipaddress
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from partywall.errors import Inconclusive, UsageError

RATE_BEYOND_LOOPBACK = 20.0


def is_loopback(host: str) -> bool:
    """Is it this machine itself?"""
    if host.lower() in ("localhost", "ip6-localhost") or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts that may be called: loopback, and those that were named."""

    named: tuple[str, ...] = ()

    def check(self, url: str, what: str) -> str:
        """The URL, if it may be called. Raises `UsageError` if not."""
        try:
            parts = urllib.parse.urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise UsageError(f"{what}: expected a URL; came {url!r}: {error}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{what}: expected a URL that begins with http:// or https://; came {url!r}")
        if not self.allows(parts.hostname):
            raise UsageError(
                f"{what}: {parts.hostname} is not loopback, and was not allowed. If it is yours to test, "
                f"say --allow-host {parts.hostname}"
            )
        return url

    def allows(self, host: str) -> bool:
        """May it be called?"""
        return is_loopback(host) or host.lower() in {each.lower() for each in self.named}


@dataclass
class Budget:
    """Requests and seconds that are left, and the pace. Safe in threads.

    Attributes:
        spent: "" or what is spent, in words.
    """

    requests: int
    seconds: float
    rate: float = 0.0
    spent: str = ""
    sent: int = 0
    _began: float = field(default_factory=time.monotonic)
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def left_s(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self._began + self.seconds - time.monotonic())

    def take(self) -> None:
        """One more request, in its turn. Raises `Inconclusive` if nothing is left."""
        with self._lock:
            if self.sent >= self.requests:
                self.spent = f"the budget of {self.requests} requests is spent"
            elif not self.left_s:
                self.spent = f"the budget of {self.seconds:g} seconds is spent"
            if self.spent:
                raise Inconclusive(self.spent)
            self.sent += 1
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + (1 / self.rate if self.rate else 0)
        if at > now:
            time.sleep(min(at - now, self.left_s))

    def wait(self, seconds: float) -> None:
        """Wait, as a service asked. Raises `Inconclusive` if the budget does not allow for that."""
        if seconds > self.left_s:
            self.spent = f"the service asked for {seconds:g} seconds of patience, and {self.left_s:.0f} are left"
            raise Inconclusive(self.spent)
        time.sleep(seconds)
