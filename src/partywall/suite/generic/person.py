"""A tenant at work in a trial: what it made, and the requests that its recipes make of that."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from partywall import places
from partywall.ledger import id_places
from partywall.schema.plan import MAKE
from partywall.schema.template import Equal, Id, Marked, Open, Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from partywall.model import Exchange, Request, Tenant


@dataclass(frozen=True)
class Recipe:
    """A request that is known to succeed for an owner.

    Attributes:
        role, kind: as in `schema.plan.Step`.
        ids: of a making operation, where its answer says the new object's id.
        names: kinds of the objects that it names, the innermost last.
        ends: its objects are of no use afterwards: it takes one that was made for it.
    """

    operation: str
    role: str
    kind: str
    template: Template
    ids: str = ""
    names: tuple[str, ...] = ()
    ends: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Alias:
    """What else than its id names an object in a path.

    Attributes:
        maker: operation that makes such objects. at: place of the name in its answer. slot: parameter of paths that
            takes it, written as ``text`` has it in the place of "{}".
    """

    maker: str
    kind: str
    at: str
    slot: str
    text: str


def maker_of(recipes: Iterable[Recipe], kind: str) -> Recipe | None:
    """The recipe that makes objects of a kind, if it says the ids of what it makes."""
    return next((each for each in recipes if each.role == MAKE and each.kind == kind and each.ids), None)


@dataclass(frozen=True)
class Owned:
    """An object: ids by kind, its parents' included. ``number`` counts its owner's objects of the kind."""

    kind: str
    ids: tuple[tuple[str, Any], ...]
    number: int = 0

    @property
    def by_kind(self) -> dict[str, Any]:
        """Kind -> id."""
        return dict(self.ids)


class Company(Protocol):
    """Where a tenant is at work: a `Trial`, or a rehearsal."""

    def send(self, tenant: Tenant, request: Request, *provocations: str) -> Exchange:
        """One request in a tenant's session."""
        ...

    def mark(self, tenant: Tenant) -> str:
        """A new mark of a tenant."""
        ...


@dataclass
class Person:
    """A tenant in a trial.

    Attributes:
        objects: kind -> what it made and did not remove, in order. ever: kind -> ids of all that it ever made.
    """

    trial: Company
    tenant: Tenant
    objects: dict[str, list[Owned]] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=dict)
    serial: int = 0
    tape: list[str] = field(default_factory=list)
    playing: int | None = None

    def owning(self, given: Iterable[tuple[str, str | int]]) -> Person:
        """The same, with objects that were there before: kind and id of each."""
        for kind, id_ in given:
            mine = self.objects.setdefault(kind, [])
            mine.append(Owned(kind, ((kind, id_),), len(mine)))
            self.ever.setdefault(kind, set()).add(str(id_))
        return self

    def send(self, request: Request, *provocations: str) -> Exchange:
        """One request in the tenant's session."""
        return self.trial.send(self.tenant, request, *provocations)

    def request(self, recipe: Recipe, things: Sequence[Owned] = ()) -> Request:
        """The recipe's request, about some objects; without any, about its own latest."""
        named = [thing.by_kind for thing in things] or [self.latest(recipe)]
        if self.playing is None:
            self.serial += 1
        return recipe.template.filled(lambda place: self._fill(place, named))

    def latest(self, recipe: Recipe) -> dict[str, Any]:
        """Ids of the latest objects that a recipe can name, all of one line of parents."""
        found: dict[str, Any] = {}
        for kind in reversed(recipe.names):
            mine = [each for each in self.objects.get(kind, ()) if _agrees(each.by_kind, found)]
            if mine:
                found = mine[-1].by_kind | found
        return found

    def can(self, recipe: Recipe) -> bool:
        """Has it objects of all the kinds that a recipe names?"""
        return all(kind in self.latest(recipe) for kind in recipe.names)

    def make(self, recipe: Recipe, things: Sequence[Owned] = (), *provocations: str) -> tuple[Exchange, Owned | None]:
        """Make an object; None if that did not succeed."""
        above = things[0].by_kind if things else self.latest(recipe)
        exchange = self.send(self.request(recipe, things), *provocations)
        return exchange, self.learn(recipe, exchange, above)

    def learn(self, recipe: Recipe, exchange: Exchange, above: Mapping[str, Any]) -> Owned | None:
        """Remember what an answer says was made."""
        if not exchange.succeeded or not recipe.ids:
            return None
        id_ = raw_id(exchange, recipe.ids)
        if id_ is None:
            return None
        mine = self.objects.setdefault(recipe.kind, [])
        parents = tuple((kind, each) for kind, each in above.items() if kind in recipe.names and kind != recipe.kind)
        thing = Owned(recipe.kind, (*parents, (recipe.kind, id_)), len(mine))
        mine.append(thing)
        self.ever.setdefault(recipe.kind, set()).add(str(id_))
        return thing

    def forget(self, thing: Owned) -> None:
        """It is gone, and all that was in it."""
        gone = dict(thing.ids)
        for kind, mine in self.objects.items():
            self.objects[kind] = [
                each
                for each in mine
                if each != thing and not (kind != thing.kind and _agrees(gone, each.by_kind, every=True))
            ]

    def _fill(self, place: Open, named: Sequence[Mapping[str, Any]]) -> Any:
        match place:
            case Marked(text):
                return text.replace("{mark}", self._mark())
            case Equal(text):
                return text.replace("{serial}", str(self.serial))
            case Id(kind, join):
                ids = [each[kind] for each in named if kind in each]
                if len(ids) > 1 and join:
                    return join.join(str(each) for each in ids)
                return ids[0] if ids else ""

    def record(self) -> None:
        """From now on remember the marks that requests are given."""
        self.tape, self.playing = [], None

    def play(self) -> None:
        """Give the next request the marks that were remembered, so that it differs from that one in ids alone."""
        self.playing = 0

    def _mark(self) -> str:
        if self.playing is not None and self.playing < len(self.tape):
            self.playing += 1
            return self.tape[self.playing - 1]
        self.tape.append(self.trial.mark(self.tenant))
        return self.tape[-1]


def _agrees(one: Mapping[str, Any], other: Mapping[str, Any], *, every: bool = False) -> bool:
    if every:
        return all(other.get(kind) == id_ for kind, id_ in one.items())
    return all(one[kind] == other[kind] for kind in one.keys() & other.keys())


def raw_id(exchange: Exchange, pattern: str) -> Any:
    """The first id that an answer stands for, as its document has it."""
    if pattern.startswith(("path:", "header:")):
        found = id_places(exchange, pattern)
        return found[0][1] if found else None
    values = [value for _, value in places.find(places.parse(exchange.body), pattern)]
    return next((v for v in values if isinstance(v, str | int) and not isinstance(v, bool) and v != ""), None)


def named_in_path(recipe: Recipe) -> list[tuple[str, str]]:
    """Parameters of a recipe's path that take ids, and of what kind."""
    return [(name, value.kind) for name, value in recipe.template.values if isinstance(value, Id)]


def called(thing: Owned, alias: Alias, made: Exchange) -> Owned:
    """The object by another name, which the answer that made it says."""
    name = alias.text.format(raw_id(made, alias.at))
    return Owned(thing.kind, tuple((kind, name if kind == alias.kind else id_) for kind, id_ in thing.ids))


_FAILURES = re.compile(r"/(errors?|fail(ed|ures)?\w*)(/|$)", re.IGNORECASE)


def failure_place(place: str) -> bool:
    """Is a place of a document one where failures are told?"""
    return _FAILURES.search(place) is not None


def carried_out(exchange: Exchange) -> bool:
    """Did it succeed, and its answer tell of no failure in a list of such?"""
    if not exchange.succeeded:
        return False
    document = places.parse(exchange.body)
    found = document.items() if isinstance(document, dict) else ()
    return not any(failure_place(f"/{key}") and isinstance(value, list | dict) and value for key, value in found)


def came(exchange: Exchange) -> str:
    """What came instead of a success, in short."""
    said = exchange.body[:200].decode("utf-8", "replace")
    return f"came {exchange.status or exchange.fault} {said}".strip()
