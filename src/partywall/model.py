"""What a run is made of: tenants, the exchanges of their sessions, what an oracle says of them.

Everything here is frozen and needs the standard library only, so that a recorded run can be judged
again anywhere.
"""

from __future__ import annotations

import builtins
import enum
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "unknown"
"""The cause that no experiment has named."""

LISTENS = "listens"
"""The provocation of a request whose answer goes on: it was hung up on, and may have had more to tell."""

CLAIMS = "claims"
"""The provocation of a request with somebody's name in a parameter that may narrow what it is answered."""


class Outcome(enum.StrEnum):
    """The three answers. Violated beats inconclusive beats held."""

    HELD = "held"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account whose data must stay its own.

    Attributes:
        number: what its marks carry; unique in a run, 0 to ``marks.TENANTS - 1``.
        label: short name for people, unique in a trial ("A", "B", "control").
        name: what the service calls it; carries one of its marks, so that a response which names
            its caller can be held against it.
        control: owns nothing; what it sees is shared by nature.
    """

    number: int
    label: str
    name: str
    control: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a session is asked to send. ``path`` is relative to the target's base URL, still encoded."""

    operation: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it.

    Attributes:
        number: place in its history, in order of calling, from 0.
        tenant: number of the tenant whose credential was used (the viewer).
        session: name of the authenticated client, unique in the history.
        connection: local address of the socket, "" if none was opened.
        url: path and query as sent.
        request_headers, headers: without credentials.
        credentials: (header, pseudonym) of each credential that was sent, the header's name in lower case.
        called_ns, returned_ns: monotonic clock of the process that recorded it.
        status: None if no response came; then ``fault`` says why.
        fault: "" or what broke: "hung up after 5 ms", "ConnectError: ...".
        provocations: what was done on purpose: "together:4", "hang-up", "warm", ...
    """

    number: int
    operation: str
    tenant: int
    session: str
    connection: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    called_ns: int
    returned_ns: int
    status: int | None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fault: str = ""
    provocations: tuple[str, ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()

    @property
    def succeeded(self) -> bool:
        """A 2xx came."""
        return self.status is not None and 200 <= self.status < 300

    def header(self, name: str) -> str:
        """First value of a response header, "" if it isn't there."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def overlaps(self, other: Exchange) -> bool:
        """Were both in flight at one moment? Intervals are closed: touching counts as not overlapping
        only when one returned strictly before the other was called."""
        return self.called_ns < other.returned_ns and other.called_ns < self.returned_ns


@dataclass(frozen=True)
class Twins:
    """A tenant in company, and the histories of two more who did the same, each where nobody else was.

    Attributes:
        tenant: number of the one in company; what it did in its first session was the programme.
        alone: one from before the programme ran in company and one from after. What these two see differently is
            by nature: times, random values.
    """

    tenant: int
    alone: tuple[History, History]


@dataclass(frozen=True)
class History:
    """The exchanges of one trial in order of calling, and who took part.

    Attributes:
        key: the key that the trial's marks were minted with.
        accounts: (number of a tenant, the service's own id of it), where the service has one.
        twins: who in this trial has twins that were alone.
    """

    key: bytes
    tenants: tuple[Tenant, ...]
    exchanges: tuple[Exchange, ...] = ()
    accounts: tuple[tuple[int, str], ...] = ()
    twins: Twins | None = None

    @cached_property
    def by_number(self) -> dict[int, Tenant]:
        """Tenants by the number that marks and exchanges name them with."""
        return {tenant.number: tenant for tenant in self.tenants}

    @cached_property
    def numbered(self) -> dict[int, Exchange]:
        """Exchanges by number."""
        return {exchange.number: exchange for exchange in self.exchanges}

    def label(self, tenant: int) -> str:
        """A tenant's name for people; foreign numbers are named as such."""
        known = self.by_number.get(tenant)
        return known.label if known else f"tenant {tenant} of another trial"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, or one warning: what of whose showed where, to whom, and how that is known.

    Its identity is property, kind and operation, never ids or bodies, so that reduction can't slip
    from one bug to another.

    Attributes:
        surface: where it showed, one of `partywall.decode.SURFACES`, or "status".
        owner, viewer: tenants' labels; of a write, whose data it hit and who sent it.
        value: what showed, or what is missing.
        rule: how we know whose it is, in words.
        place: path in the body ("/orders/0/orderReference") or name of the header.
        chain: decodings between the body and the value, outermost first.
        exchange: number of the exchange that shows it.
        since: number of the exchange since which the owner has had it, if known.
        cause: mechanism, where an experiment has named it; else `UNKNOWN`.
        chance: how likely it is that chance shows as much, given all the places where it could have; 0.0 where the
            whole of a value shows that no two can have.
    """

    property: str
    kind: str
    operation: str
    surface: str
    owner: str
    viewer: str
    value: str
    rule: str
    place: str
    exchange: int
    chain: tuple[str, ...] = ()
    since: int | None = None
    cause: str = UNKNOWN
    chance: float = 0.0

    @builtins.property  # the field of that name hides it here
    def identity(self) -> tuple[str, str, str]:
        """What makes two findings the same failure."""
        return (self.property, self.kind, self.operation)

    @builtins.property
    def id(self) -> str:
        """Stable fingerprint of the identity, 12 hexadecimal digits."""
        return hashlib.blake2s("\0".join(self.identity).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class Experiment:
    """A witness with one thing changed: how many of so many replays showed it all the same."""

    change: str
    shown: int
    tries: int

    def __str__(self) -> str:
        return f"{self.change}: shown {self.shown} of {self.tries}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What oracles say of a history. ``reasons`` says what was not proven; ``warnings`` are no violations, but what
    would make one worse, and never change the outcome."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = field(default=())
    warnings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: tuple[Finding, ...], reasons: tuple[str, ...], warnings: tuple[Finding, ...] = ()) -> Verdict:
        """Violated beats inconclusive beats held."""
        outcome = Outcome.VIOLATED if findings else Outcome.INCONCLUSIVE if reasons else Outcome.HELD
        return cls(outcome, findings, reasons, warnings)

    def refused(self, refuses: Callable[[Finding], bool]) -> Verdict:
        """The verdict on what a rule does not let pass."""
        return Verdict.of(tuple(filter(refuses, self.findings)), self.reasons, self.warnings)
