"""Who may see what, and what a service's operations mean.

The default is "nothing of anyone else's". A policy adds what the service shares on purpose, where a
response names its caller, and which operations make, show, list and remove objects. It is data: the
oracles read it, nothing in it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Shared:
    """What an operation shows to everyone, by design. ``place`` is a pattern (see `places`), "" for all of it."""

    operation: str
    reason: str
    place: str = ""


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
    """A kind of object, by where its ids show. Each mapping is operation -> pattern of places.

    Attributes:
        made: responses that say an object now exists. What else they assign is learned from them.
        removed: responses that say it is gone.
        shown: responses that show objects asked for.
        changed: responses that say an object was changed.
        unique: ids are unique across tenants; where each tenant counts for itself, they are no evidence.
    """

    kind: str
    made: dict[str, str]
    removed: dict[str, str]
    shown: dict[str, str]
    changed: dict[str, str] = field(default_factory=dict)
    listed: tuple[Listing, ...] = ()
    unique: bool = True


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
    """

    operations: tuple[str, ...]
    shared: tuple[Shared, ...] = ()
    resources: tuple[Resource, ...] = ()
    caller: tuple[tuple[str, str], ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()
    drawn: tuple[tuple[str, int], ...] = ()

    @cached_property
    def public(self) -> frozenset[str]:
        """Operations that show nothing of any tenant's."""
        return frozenset(shared.operation for shared in self.shared if not shared.place)
