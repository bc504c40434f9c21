"""A world: tenants who all own something of every kind, the control, and what they may send to each other's."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.drive.trial import require
from partywall.errors import Inconclusive
from partywall.schema.plan import ACT, CHANGE, DELETE, LIST, MAKE, READ, SHOW
from partywall.suite.generic.claims import WHOSE, claims, described
from partywall.suite.generic.errands import passing
from partywall.suite.generic.nobody import unlike
from partywall.suite.generic.person import Owned, Person, Recipe, called, came, carried_out, maker_of, named_in_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from partywall.drive.trial import Trial
    from partywall.model import Exchange, Request
    from partywall.suite.generic.api import Api
    from partywall.suite.isolation import Isolation

NAMES_MAX = 2
RETRIES = 2
MARKS_A_TRIAL = 4_096
OBJECTS_MIN = 2
_PAGES_MAX = 50


class World:
    """The tenants of a trial, and the recipes that they live by."""

    def __init__(self, api: Api, trial: Trial) -> None:
        self.api = api
        self.trial = trial
        self.recipes = list(api.found.recipes.values())
        self.people = [Person(trial, tenant).owning(api.given_to(tenant)) for tenant in trial.tenants]
        self.control = Person(trial, trial.control)
        self._nobodies = 0
        self._unlike: dict[tuple[int, Any], Any] = {}

    def settle(self) -> None:
        """Everybody uses every operation, and owns two of every kind. Raises `Inconclusive` where one does not succeed:
        its silence elsewhere would prove nothing."""
        for person in self.people:
            for recipe in self.recipes:
                self.own(person, recipe)
        for person in self.people:
            for recipe in self.recipes:
                if recipe.role == MAKE and len(person.objects.get(recipe.kind, ())) < OBJECTS_MIN:
                    self.own(person, recipe)
        for person in self.people:
            for request in self.reads(person):
                self.check(person.send(request))

    def own(self, person: Person, recipe: Recipe) -> Exchange:
        """One operation on the person's own, which has to succeed. What an earlier one has used up is made anew."""
        exchange = self._own(person, recipe)
        if not carried_out(exchange):
            for before in self.recipes[: self.recipes.index(recipe)]:
                if not before.ends and (before.role == MAKE or person.can(before)):
                    self._own(person, before)
            exchange = self._own(person, recipe)
        return self.check(exchange)

    def _own(self, person: Person, recipe: Recipe) -> Exchange:
        if recipe.role == MAKE:
            return person.make(recipe)[0]
        thing = self.spare(person, recipe) if recipe.ends else None
        exchange = person.send(person.request(recipe, [thing] if thing else ()))
        if thing and recipe.role == DELETE and exchange.succeeded:
            person.forget(thing)
            for look in self.recipes:
                if look.role == SHOW and look.kind == thing.kind:
                    person.send(person.request(look, [thing]), "removed")
                elif look.role == LIST and look.kind == thing.kind:
                    person.send(person.request(look, [thing]))
        return exchange

    def spare(self, person: Person, recipe: Recipe) -> Owned | None:
        """An object that was made to be used up."""
        maker = maker_of(self.recipes, recipe.kind)
        if maker is None:
            return None
        tape, playing = person.tape, person.playing
        person.record()  # what is made anew has marks of its own
        exchange, thing = person.make(maker)
        person.tape, person.playing = tape, playing
        self.check(exchange)
        return thing

    def check(self, exchange: Exchange) -> Exchange:
        """The exchange, if it succeeded. Raises `Inconclusive` if not."""
        self.sound()
        owner = exchange.session.partition("/")[0]
        require(
            carried_out(exchange),
            f"{exchange.operation}: expected success for its owner {owner}, as before; {came(exchange)}",
        )
        return exchange

    def sound(self) -> None:
        """Raises `Inconclusive` if the gateway has had to give something up."""
        if trouble := self.api.trouble:
            raise Inconclusive("; ".join(dict.fromkeys(trouble)))

    def pairs(self) -> Iterator[tuple[Person, Person]]:
        """Every ordered pair."""
        for one in self.people:
            for other in self.people:
                if one is not other:
                    yield one, other

    def reads(self, person: Person) -> list[Request]:
        """All that a person can read of its own."""
        requests = []
        for recipe in self.recipes:
            if recipe.role in (READ, LIST) and person.can(recipe):
                requests.append(person.request(recipe))
            elif recipe.role == SHOW:
                requests += [person.request(recipe, [thing]) for thing in self.things(person, recipe)]
        return requests

    def things(self, person: Person, recipe: Recipe) -> list[Owned]:
        """The objects that a recipe can be about: its innermost kind's, the latest two."""
        return person.objects.get(recipe.names[-1], [])[-2:] if recipe.names else []

    def sweep(self) -> None:
        """Everybody looks at all that it may see, page by page; the control too."""
        for person in self.people:
            for request in self.reads(person):
                person.send(request, "sweep")
            self.walk(person)
        for recipe in self.recipes:
            if recipe.role in (READ, LIST) and not recipe.names:
                self.control.send(self.control.request(recipe), "sweep")

    def errand(self, person: Person, *, leaving: bool = False) -> None:
        """Make what can be removed, look at it and for what nobody has, and remove it, unless it is left there."""
        recipes = passing(self.recipes)
        makers = [recipe for recipe in recipes if recipe.role == MAKE]
        self._look_around(person)
        for maker in makers * OBJECTS_MIN:
            self.check(person.make(maker)[0])
        self._look_around(person)
        nobody = Person(self.trial, person.tenant, self._unowned_like(person))
        for request in self.foreign_reads(person, nobody):
            person.send(request)
        for recipe in () if leaving else recipes:
            if recipe.role == DELETE:
                for thing in tuple(person.objects.get(recipe.kind, ())):
                    self.check(person.send(person.request(recipe, [thing])))
                    person.forget(thing)
        self._look_around(person)

    def _look_around(self, person: Person) -> None:
        for request in self.reads(person):
            person.send(request)
        self.walk(person)

    def retry(self, person: Person) -> None:
        """What makes something that happens once, sent again as it was, as clients do whose first answer was lost."""
        for effect in self.api.policy.once:
            recipe = self.api.found.recipes.get(effect.operation)
            if recipe is None or recipe.role != MAKE:
                continue
            above, request = person.latest(recipe), person.request(recipe)
            source, _, name = effect.key.partition(":")
            if source == "header":
                others = (pair for pair in request.headers if pair[0].lower() != name.lower())
                request = replace(request, headers=(*others, (name, self.trial.mark(person.tenant))))
            person.learn(recipe, self.check(person.send(request)), above)
            for _ in range(RETRIES):
                person.send(request, "retry")

    def walk(self, person: Person) -> None:
        """Lists with further pages, to their end."""
        for resource in self.api.policy.resources:
            for listing in resource.listed:
                recipe = self.api.found.recipes[listing.operation]
                if not listing.token or not person.can(recipe):
                    continue
                request = person.request(recipe)
                token = _token(person.send(request), listing.token)
                for _ in range(_PAGES_MAX):
                    if not token:
                        break
                    query = (*((k, v) for k, v in request.query if k != listing.cursor), (listing.cursor, token))
                    token = _token(person.send(_with_query(request, query)), listing.token)

    def foreign_reads(self, viewer: Person, owner: Person) -> Iterator[Request]:
        """Reads that name what is the owner's, alone and in lists with the viewer's own."""
        for recipe in self.recipes:
            if recipe.role in (SHOW, LIST) and recipe.names:
                yield from self._naming(viewer, owner, recipe)

    def other_names(self, viewer: Person, owner: Person) -> Iterator[Request]:
        """Reads of a new object of the owner's by what else it is called, which nothing of the viewer's is."""
        for alias in self.api.found.aliases:
            owner.serial = max(person.serial for person in self.people)
            exchange, thing = owner.make(self.api.found.recipes[alias.maker])
            self.check(exchange)
            for recipe in self.recipes:
                if thing and recipe.role == SHOW and (alias.slot, alias.kind) in named_in_path(recipe):
                    yield viewer.request(recipe, [called(thing, alias, exchange)])

    def claims(self, viewer: Person, owner: Person) -> Iterator[Request]:
        """Reads of what is the viewer's and of what is the owner's, each with claims to be the owner, and to be nobody:
        whether somebody is called so is not to be told either."""
        proof = self.api.proof_of(viewer.tenant)
        for name in self.names(owner):
            for request in (*self.reads(viewer), *self.foreign_reads(viewer, owner)):
                *_, control = claims(request, self._unowned(name), proof)
                yield from (control, *claims(request, name, proof))

    def described_claims(self, viewer: Person, owner: Person) -> Iterator[Request]:
        """Reads of what is the viewer's and of what is the owner's, one of each operation, with the owner in one of its
        parameters, or what is the owner's, or before that what is nobody's."""
        proof = self.api.proof_of(viewer.tenant)
        names = [*dict.fromkeys((*self.names(owner), *self.api.called(owner.tenant)))]
        for requests in (self.reads(viewer), self.foreign_reads(viewer, owner)):
            for request in {each.operation: each for each in requests}.values():
                operation = self.api.description.named(request.operation)
                yield from described(operation, request, names, proof)
                for kind, mine in owner.objects.items():
                    ids = [
                        str(each)
                        for thing in mine[-1:]
                        for each in (self._unowned(thing.by_kind[kind]), thing.by_kind[kind])
                    ]
                    yield from described(operation, request, ids, proof, re.sub("[^a-z]", "", kind.lower()) or WHOSE)

    def claimed_writes(self, viewer: Person, owner: Person) -> None:
        """What the viewer makes and changes of its own, and what it tries on the owner's, as the owner."""
        proof = self.api.proof_of(viewer.tenant)
        names = self.names(owner)

        def claimed(request: Request) -> list[Request]:
            operation = self.api.description.named(request.operation)
            usual = [each for name in names for each in claims(request, name, proof)]
            return [*usual, *described(operation, request, names, proof, WHOSE)]

        for recipe in self.recipes:
            if recipe.role not in (MAKE, CHANGE, ACT) or recipe.ends or not viewer.can(recipe):
                continue
            for index in range(len(claimed(viewer.request(recipe)))):
                above = viewer.latest(recipe)
                exchange = viewer.send(claimed(viewer.request(recipe))[index], "foreign-header")
                if recipe.role == MAKE:
                    viewer.learn(recipe, exchange, above)
        for request in self.foreign_writes(viewer, owner):
            for each in claimed(request):
                viewer.send(each, "foreign-header")

    def names(self, person: Person) -> list[str]:
        """What a service might call a tenant: its account, if that was told, or else ids that its reads show of it."""
        if account := self.trial.account(person.tenant):
            return [account]
        shown = [
            str(value)
            for exchange in self.trial.history.exchanges
            for operation, pattern in self.api.policy.assigned
            if (exchange.tenant, exchange.operation) == (person.tenant.number, operation) and exchange.succeeded
            for _, value in places.find(places.parse(exchange.body), pattern)
        ]
        return list(dict.fromkeys(shown))[:NAMES_MAX]

    def foreign_writes(self, viewer: Person, owner: Person) -> Iterator[Request]:
        """Writes that name what is the owner's. What ends objects comes last."""
        for recipe in sorted(self.recipes, key=lambda each: each.ends):
            if recipe.role in (CHANGE, DELETE, ACT, MAKE) and recipe.names:
                yield from self._naming(viewer, owner, recipe)

    def own_writes(self, person: Person) -> None:
        """All that a person can change of its own, once."""
        for recipe in self.recipes:
            if recipe.role in (MAKE, CHANGE, ACT, DELETE):
                self.own(person, recipe)

    def _naming(self, viewer: Person, owner: Person, recipe: Recipe) -> Iterator[Request]:
        theirs = self.things(owner, recipe)
        for thing in theirs:
            yield viewer.request(recipe, [thing])
        # A foreign object within one's own: the parent is checked, and the object is not. Not where a write may make
        # an object of that name there: ids can be unique within their parent only.
        if theirs and len(recipe.names) > 1 and recipe.role in (SHOW, DELETE) and viewer.can(recipe):
            ours, last = viewer.latest(recipe), theirs[-1].by_kind
            inner = recipe.names[-1]
            yield viewer.request(recipe, [Owned(inner, tuple((ours | {inner: last[inner]}).items()))])
        if theirs and _joins(recipe):
            mine = self.spare(viewer, recipe) if recipe.ends else None
            mine = mine or next(iter(self.things(viewer, recipe)), None)
            if mine is not None:
                yield viewer.request(recipe, [mine, theirs[-1]])
                if not recipe.ends:
                    yield viewer.request(recipe, [theirs[-1], mine])

    def twins(self, viewer: Person, owner: Person) -> Iterator[tuple[Request, Request]]:
        """Requests that name what is the owner's, each with one that differs in naming what nobody has, nor an earlier
        such request may have made."""
        nobody = Person(self.trial, owner.tenant)
        for crossings in (self.foreign_reads, self.foreign_writes):
            foreign, control = crossings(viewer, owner), crossings(viewer, nobody)
            while True:
                nobody.objects = self._unowned_like(owner)
                viewer.record()
                one = next(foreign, None)
                viewer.play()
                other = next(control, None)
                viewer.record()
                if one is None or other is None:
                    break
                yield one, other

    def _unowned_like(self, owner: Person) -> dict[str, list[Owned]]:
        """For all that the owner has something that nobody has, each time another."""
        self._nobodies += 1
        nested = {resource.kind for resource in self.api.policy.resources if resource.within}

        def like(thing: Owned) -> Owned:
            # What is unique within its parent only is nobody's if that is.
            ids = tuple((kind, id_ if kind in nested else self._unowned(id_)) for kind, id_ in thing.ids)
            return Owned(thing.kind, ids, thing.number)

        return {kind: [like(thing) for thing in mine] for kind, mine in owner.objects.items()}

    def _unowned(self, id_: Any) -> Any:
        """Another id of that form, which nobody has; the same for all that is asked for at once."""
        if not isinstance(id_, int) and (marks := [mark.text for mark in self.trial.marks.find(id_.encode())]):
            return re.sub(re.escape(marks[0]), self.trial.mark(self.trial.control), id_, flags=re.IGNORECASE)
        asked = (self._nobodies, id_)
        if asked not in self._unlike:
            had = {each for person in self.people for ids in person.ever.values() for each in ids}
            taken = {each.lower() for each in (*had, *map(str, self._unlike.values()), str(id_))}
            self._unlike[asked] = unlike(id_, self._nobodies, taken, self.trial.marks.key)
        return self._unlike[asked]

    def together(self, recipe: Recipe) -> None:
        """Two tenants use an operation at the same instant, in both orders, until they were seen to overlap."""
        for attempt in self.trial.until_met(recipe.operation, least=2):
            calls = []
            done = []
            for person in self.people if attempt % 2 == 0 else self.people[::-1]:
                thing = self.spare(person, recipe) if recipe.ends else None
                above = person.latest(recipe)
                calls.append((person.tenant, person.request(recipe, [thing] if thing else ())))
                done.append((person, thing, above))
            exchanges = self.trial.together(calls)
            for (person, thing, above), exchange in zip(done, exchanges, strict=True):
                if recipe.role == MAKE:
                    person.learn(recipe, exchange, above)
                elif thing and exchange.succeeded:
                    person.forget(thing)
            self.sound()


def _joins(recipe: Recipe) -> bool:
    return any(getattr(value, "join", "") for _, value in recipe.template.values)


def _token(exchange: Exchange, place: str) -> str:
    found = places.find(places.parse(exchange.body), place) if exchange.succeeded else []
    return str(found[0][1]) if found and found[0][1] not in (None, "") else ""


def _with_query(request: Request, query: Sequence[tuple[str, str]]) -> Request:
    return replace(request, query=tuple(query))


def new_world(api: Api, trial: Trial) -> World:
    """The world of a trial in which nothing has happened yet."""
    if api.given:  # the same tenants as in the trials before, who shall not send the same marks again
        for tenant in trial.everyone:
            for _ in range(api.trials * MARKS_A_TRIAL):
                trial.mark(tenant)
    api.trials += 1
    return World(api, trial)


@contextmanager
def open_world(isolation: Isolation, api: Api) -> Iterator[World]:
    """A world whose tenants have settled. Leaving it judges all that happened in it, then clears up."""
    try:
        api.clear_up()  # of what replays of an earlier test's findings have left
        with isolation.trial(tenants=2) as trial:
            world = new_world(api, trial)
            world.settle()
            yield world
            world.sound()
    finally:
        api.clear_up()
