"""Who may see what, and what a service's operations mean.

The default is "nothing of anyone else's". A policy adds what the service shares on purpose, where a
response names its caller, and which operations make, show, list and remove objects. It is data: the
oracles read it, nothing in it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywall.model import Exchange

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Shared:
    """What an operation shows to everyone, by design. ``place`` is a pattern (see `places`): what is there in a body is
    nobody's. With "" the operation shows nothing of any tenant's, and is held to that."""

    operation: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A tenant lets another see what is its own: whatever of the owner's shows to the viewer is no finding. Both by
    their labels in a trial ("A"); the viewer is not the control, which stands for strangers. Neither the other
    direction nor a write is granted with it."""

    owner: str
    viewer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """An operation that lists all of a tenant's objects, page by page.

    Attributes:
        ids: pattern of the places that hold the objects' ids.
        token: pattern of the place of the next page's token, "" if there is one page only.
        cursor: query parameter that takes the token.
        narrowed_by: query parameters whose presence leaves objects out.
    """

    operation: str
    ids: str
    token: str = ""
    cursor: str = ""
    narrowed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object, by where its ids show. Each mapping is operation -> pattern of places, or where the answer does
    not repeat the id "path:N", the N-th segment from the end of the request's path, or "header:NAME" of the answer.

    Attributes:
        made: responses that say an object now exists. What else they assign is learned from them.
        removed: responses that say it is gone.
        shown: responses that show objects asked for.
        changed: responses that say an object was changed.
        unique: ids are unique across tenants; where each tenant counts for itself, they are no evidence.
        within: of kinds whose ids are unique within a parent only, operation -> how many segments at the end of its
            path are the object's own. Those before name the parent: the same id in another one is another object.
    """

    kind: str
    made: dict[str, str]
    removed: dict[str, str]
    shown: dict[str, str]
    changed: dict[str, str] = field(default_factory=dict)
    listed: tuple[Listing, ...] = ()
    unique: bool = True
    within: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volatile:
    """Places whose values change by nature, whoever writes what: clocks, counters of views."""

    operation: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """An operation that issues a credential.

    Attributes:
        cookie: name of the cookie that carries it, "" if none does.
        token: place of it in the response's document, "" if it isn't there.
        header, prefix: how a token is sent from then on.
        id: place of the id that revocations name the credential by, "" if they name none.
    """

    operation: str
    cookie: str = ""
    token: str = ""
    header: str = "Authorization"
    prefix: str = "Bearer "
    id: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """How long the effect of a revocation or a removal may be late, counted from its answer."""

    operation: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Where a request's key shows, and what the request brought about: one key has one effect.

    Attributes:
        of: what is counted: "order", "label", "charge".
        key: a place in the response, beside the effect; "header:NAME" of the request; "sent:/place" in the
            request's document; "path" for the last segment of its path.
        at: pattern of the places in the response that name the effect.
    """

    operation: str
    of: str
    key: str
    at: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """What a run leaves out on purpose: a property of an operation, or with ``property`` "" all of the operation."""

    operation: str
    reason: str
    property: str = ""


@dataclass(frozen=True)
class Policy:
    """What the oracles hold a history against.

    Attributes:
        operations: every operation that the run has to exercise.
        caller: operation -> pattern of places that name the caller (echo).
        assigned: operation -> patterns of values that the service assigned to the caller alone and
            that no object carries (an account's own settings).
        drawn: last key of a place -> out of how many the tenants' values there are drawn, each for one tenant alone and
            as likely as any other. What fits no mark is evidence by that number, wherever a key of that
            name shows it. What follows from a drawn value (a sum) is not to be named beside it: two
            coincidences would be counted that are one.
        volatile: what changes by nature.
        writes: operations that change something though their method is GET.
        log_ins, log_outs: operations that issue a credential, and that end those they are sent with.
        revocations: operations after which a credential opens nothing: that whose id is a segment of their path, or
            all of the tenant's where log-ins have no ids.
        lags: exceptions from the rule that revocations and removals hold as soon as they are answered.
        once: what happens once for each key, however often a client retries.
        paired: kinds of effects that go together, as charges and labels do: a key has both or neither.
        pages: operations for people, who log in to a website: sent with the cookies of the session and without what
            the tenant was given at admission, as browsers do.
        form_field: the hidden field by which a page's forms show that they are of the session; "" if there is none.
        granted: who lets whom see what is its own.
        excluded: what is left out, and why. A violation counts there as anywhere.
        names: label -> what the project calls that tenant.
    """

    operations: tuple[str, ...]
    shared: tuple[Shared, ...] = ()
    resources: tuple[Resource, ...] = ()
    caller: tuple[tuple[str, str], ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()
    drawn: tuple[tuple[str, int], ...] = ()
    volatile: tuple[Volatile, ...] = ()
    writes: tuple[str, ...] = ()
    log_ins: tuple[LogIn, ...] = ()
    log_outs: tuple[str, ...] = ()
    revocations: tuple[str, ...] = ()
    lags: tuple[Lag, ...] = ()
    once: tuple[Effect, ...] = ()
    paired: tuple[tuple[str, str], ...] = ()
    pages: tuple[str, ...] = ()
    form_field: str = ""
    granted: tuple[Grant, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    @cached_property
    def public(self) -> frozenset[str]:
        """Operations that show nothing of any tenant's."""
        return frozenset(shared.operation for shared in self.shared if not shared.place)

    def carried_out(self, exchange: Exchange) -> bool:
        """Was it done what was asked? A page's form that was carried out leads to another page."""
        led_on = exchange.status == SEE_OTHER and exchange.method == "POST" and exchange.operation in self.pages
        return exchange.succeeded or led_on

    def grants(self, owner: str, viewer: str) -> bool:
        """Does the owner let the viewer see what is its own?"""
        return any((grant.owner, grant.viewer) == (owner, viewer) for grant in self.granted)

    def named(self, label: str) -> str:
        """A tenant's label, with its name if it has one."""
        name = dict(self.names).get(label)
        return f"{label} ({name})" if name else label

    def why_excluded(self, operation: str, name: str) -> str:
        """Why a property of an operation is left out, "" if it isn't."""
        return next((e.reason for e in self.excluded if e.operation == operation and e.property in ("", name)), "")

    def lag_ns(self, operation: str) -> int:
        """How late an operation's effect may be, in nanoseconds."""
        return int(max((lag.seconds for lag in self.lags if lag.operation == operation), default=0) * 1e9)
