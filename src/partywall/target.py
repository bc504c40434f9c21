"""The service under test, as its project describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from partywall.model import Tenant
    from partywall.policy import Policy


@dataclass(frozen=True, slots=True)
class Credential:
    """How a principal of a tenant proves who it is.

    Attributes:
        headers: sent with every request of its sessions, never recorded.
        account: the service's own id of the tenant, for requests that try to name another one; "" if
            the service has none.
    """

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    account: str = ""


class Shown(NamedTuple):
    """Where a request shows a part of what proves its sender.

    Attributes:
        place: "header", "query" or "cookie". name: of that.
        prefix: what stands before it: "", "Bearer ", or "Basic " before user:password in base64.
    """

    place: str
    name: str
    prefix: str = ""


BEARER = (Shown("header", "Authorization", "Bearer "),)


@dataclass(frozen=True, slots=True)
class Party:
    """A tenant, for people who replay a finding.

    Attributes:
        shown: what its requests prove it with. note: what else has to be known of that.
    """

    shown: tuple[Shown, ...] = BEARER
    note: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """The interface through which the service's operator issues and revokes what tenants prove themselves with.

    Attributes:
        base_url: http://host:port/prefix, without a slash at the end.
        headers: its credential, never recorded.
    """

    base_url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the service is, what it may show to whom, and how a tenant is made in it.

    Attributes:
        base_url: http://host:port/prefix, without a slash at the end.
        policy: who may see what.
        admit: makes a tenant in the service. Raises `Inconclusive` if the service refuses.
        fresh: starts another instance, in which nothing has happened yet, and stops it again. None if that can't
            be done; then nobody knows what a replay owes to what happened before it. Called, entered and left in
            threads that may differ.
        operator: None if tenants' requests alone are tested.
        given: tenants are not made but given: the n-th of every trial is the same one, with what it has.
        slow_upstream: while entered, what the service leans on (its database, cache, payment provider) is about so
            many milliseconds late in both directions: `partywall.drive.upstream`. None if nothing stands between.
        origin_url: where the same service is found without what stands before it at ``base_url`` and may keep answers
            (a cache at the edge, a CDN). "" if nothing does, or nobody knows.
        one_worker: as ``fresh``, but for one worker process that does all. None if that can't be had.
        restart_worker: has one of the service's workers end and start anew; may return before it has. None if there is
            but one.
        patience_s: so long a request may be under way because what stands before the service waits for it. No client of
            a trial gives up before.
        parties: label -> tenant, where its requests prove it in another way than by a bearer token.
    """

    base_url: str
    policy: Policy
    admit: Callable[[Tenant], Credential]
    fresh: Callable[[], AbstractContextManager[Target]] | None = None
    operator: Operator | None = None
    given: bool = False
    slow_upstream: Callable[[float], AbstractContextManager[None]] | None = None
    origin_url: str = ""
    one_worker: Callable[[], AbstractContextManager[Target]] | None = None
    restart_worker: Callable[[], None] | None = None
    patience_s: float = 0.0
    parties: Mapping[str, Party] = field(default_factory=dict)

    def party(self, label: str) -> Party:
        """The tenant of a label."""
        return self.parties.get(label, Party())
