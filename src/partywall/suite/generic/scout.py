"""The scout: finds, before anything is judged, a request for each operation that succeeds for an owner.

Two tenants try what the description suggests. What succeeds becomes a recipe, in the order in which it did; the answers
say where ids show. A field that the service complains about is left as it was, then left out. What no request was found
for stays with the service's last word on it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.errors import Inconclusive
from partywall.schema.plan import ACT, CHANGE, DELETE, LIST, MAKE, READ, SHOW, WRITING
from partywall.schema.template import Id
from partywall.suite.generic import drafts
from partywall.suite.generic.person import (
    Alias,
    Owned,
    Person,
    Recipe,
    called,
    carried_out,
    maker_of,
    named_in_path,
    raw_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from partywall.drive.trial import Trial
    from partywall.model import Exchange, Tenant
    from partywall.schema.description import Description
    from partywall.schema.plan import Plan, Step
    from partywall.schema.template import Template
    from partywall.suite.generic.settings import Settings

ROUNDS = 3
TRIES = 24
FIELDS_DROPPED_MAX = 40
_ORDER = {MAKE: 0, READ: 1, LIST: 1, SHOW: 2, CHANGE: 3, ACT: 4, DELETE: 5}
_IDS = ("id", "identifier", "uuid", "guid", "key", "number", "slug", "name", "code", "ref", "reference")
_SEPARATORS = (";", ",")
_WRITTEN = ("{}", '"{}"')
ALIASES_TRIED = 6


@dataclass
class Found:
    """What the scout learned.

    Attributes:
        recipes: operation -> recipe, in the order in which they succeeded.
        answers: operation -> tenants' numbers -> their latest successful answers, in order.
        refused: operation -> what it answered last. left_out: operation -> why it is not tried.
        open_: operations that answer without a credential. writing_reads: reads that change what they read.
        made, alive: kind -> tenants' numbers -> ids of all that they made, and of what is still there.
        aliases: what else than their ids names objects.
        control: number of the control, who owns nothing.
    """

    recipes: dict[str, Recipe] = field(default_factory=dict)
    answers: dict[str, dict[int, list[Exchange]]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    open_: set[str] = field(default_factory=set)
    writing_reads: set[str] = field(default_factory=set)
    made: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    alive: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    control: int = -1


class Scout:
    """Tries operations in a trial of two tenants."""

    def __init__(
        self,
        description: Description,
        plan: Plan,
        settings: Settings,
        trial: Trial,
        given_to: Callable[[Tenant], Sequence[tuple[str, str | int]]],
    ) -> None:
        self.found = Found(control=trial.control.number)
        self._description = description
        self._plan = plan
        self._settings = settings
        self.persons = [Person(trial, tenant).owning(given_to(tenant)) for tenant in trial.tenants]
        self._given = {kind for person in self.persons for kind in person.objects}
        self._makers: Counter[str] = Counter()
        self.control = Person(trial, trial.control)

    def explore(self) -> Found:
        """Try everything. Raises `Inconclusive` where the service can't be reached at all."""
        steps = self._tried()
        self._makers.update(step.kind for step in steps if step.role == MAKE)
        first = self.persons[0]
        for round_ in range(ROUNDS):
            before = len(self.found.recipes)
            for step in steps:
                if step.operation not in self.found.recipes:
                    self._try(first, step)
            if len(self.found.recipes) in (before, len(steps)):
                break
            del round_
        for recipe in list(self.found.recipes.values()):
            self._lists(first, recipe)
            self._aliases(first, recipe)
        for person in self.persons[1:]:
            self.settle(person)
        self._twice()
        self._writing_reads(first)
        return self.found

    def settle(self, person: Person) -> None:
        """Let another tenant do by the recipes what the first has done."""
        for recipe in list(self.found.recipes.values()):
            exchange = self.perform(person, recipe)
            if exchange is not None:
                self._remember(person, recipe.operation, exchange)

    def perform(self, person: Person, recipe: Recipe) -> Exchange | None:
        """One recipe, for a tenant's own objects; None where it lacks what the recipe names."""
        if recipe.role == MAKE:
            exchange, _ = person.make(recipe)
            return exchange
        thing = self._spare(person, recipe) if recipe.ends else None
        if not thing and not person.can(recipe):
            return None
        exchange = person.send(person.request(recipe, [thing] if thing else ()))
        if thing and exchange.succeeded and recipe.role == DELETE:
            person.forget(thing)
        return exchange

    def _tried(self) -> list[Step]:
        """The operations that are tried, makers of parents first."""
        depth = {kind.name: index for index, kind in enumerate(self._plan.kinds)}
        steps = []
        for step in self._plan.steps:
            why = self._left_out(step)
            if why:
                self.found.left_out[step.operation] = why
            else:
                steps.append(step)
        return sorted(steps, key=lambda s: (_ORDER[s.role], depth.get(s.kind, 0) * (-1 if s.role == DELETE else 1)))

    def _left_out(self, step: Step) -> str:
        operation = self._description.named(step.operation)
        if step.role not in _ORDER:
            return step.reason
        if self._settings.excludes(operation.path):
            return "excluded: its path is among exclude-paths"
        if step.kind in self._given and step.role in (MAKE, DELETE):
            return f"each tenant has its {step.kind} from the start: none is made or removed"
        if self._settings.read_only and (step.role in WRITING or not operation.reads):
            return "the target is read-only"
        if self._settings.no_delete and step.role == DELETE:
            return "the target takes no deletions"
        if operation.bodies and operation.body is None and operation.bodies[0].required:
            return f"takes {operation.bodies[0].media_type} only, which is not generated"
        return ""

    def _try(self, person: Person, step: Step) -> None:
        dropped: set[str] = set()
        tries = 0
        while tries < TRIES:
            again = False
            for template in self._drafts(step, frozenset(dropped)):
                tries += 1
                recipe = Recipe(
                    step.operation,
                    step.role,
                    step.kind,
                    template,
                    step.ids,
                    drafts.named_kinds(template, self._plan),
                    ends=step.role == DELETE,
                )
                exchange = self._attempt(person, recipe)
                if exchange is None:
                    return
                if carried_out(exchange) and self._succeeded(person, recipe, exchange):
                    return
                self._refuse(exchange)
                complaint = _complaint(exchange, template.body) - dropped
                if complaint and len(dropped) < FIELDS_DROPPED_MAX:
                    dropped |= complaint
                    again = True
                    break
            if not again:
                break

    def _drafts(self, step: Step, dropped: frozenset[str]) -> Iterator[Template]:
        had = self._given | self._makers.keys()
        if step.role == MAKE and self._makers[step.kind] == 1 and step.kind not in self._given:
            had -= {step.kind}  # the first of its kind is made of no other
        return drafts.templates(self._description, self._plan, step, dropped, had)

    def _attempt(self, person: Person, recipe: Recipe) -> Exchange | None:
        """Send it; None if there is nothing that it could name."""
        if recipe.role == MAKE:
            lacking = [kind for kind in recipe.names if kind not in person.latest(recipe)]
        elif recipe.ends and (thing := self._spare(person, recipe)):
            exchange = person.send(person.request(recipe, [thing]))
            if exchange.succeeded:
                person.forget(thing)
            return exchange
        else:
            lacking = [kind for kind in recipe.names if kind not in person.latest(recipe)]
        if lacking:
            self.found.refused[recipe.operation] = f"nothing was made of the {lacking[0]} that it names"
            return None
        return person.send(person.request(recipe))

    def _spare(self, person: Person, recipe: Recipe) -> Owned | None:
        """An object that was made to be used up."""
        maker = maker_of(self.found.recipes.values(), recipe.kind)
        return person.make(maker)[1] if maker else None

    def _refuse(self, exchange: Exchange) -> None:
        said = " ".join(exchange.body[:300].decode("utf-8", "replace").split())
        self.found.refused[exchange.operation] = f"came {exchange.status or exchange.fault} {said}".strip()[:300]

    def _succeeded(self, person: Person, recipe: Recipe, exchange: Exchange) -> bool:
        """A request was found."""
        if recipe.role == MAKE:
            if recipe.ids and raw_id(exchange, recipe.ids) is None and places.parse(exchange.body) is not None:
                return False  # answered with success, and made nothing
            ids = self._where_id(person, recipe, exchange)
            recipe = replace(recipe, ids=ids)
            above = person.latest(recipe)
            if ids and person.learn(recipe, exchange, above) is not None:
                person.make(recipe)  # a second one, for lists
        self.found.recipes[recipe.operation] = recipe
        self.found.refused.pop(recipe.operation, None)
        self._remember(person, recipe.operation, exchange)
        return True

    def _remember(self, person: Person, operation: str, exchange: Exchange) -> None:
        if exchange.succeeded:
            self.found.answers.setdefault(operation, {}).setdefault(person.tenant.number, []).append(exchange)
        elif exchange.status is None and exchange.fault:
            self._refuse(exchange)

    def _where_id(self, person: Person, recipe: Recipe, exchange: Exchange) -> str:
        """Where the answer of a making operation says the id: the first place whose value a reading operation takes."""
        if recipe.ids and raw_id(exchange, recipe.ids) is not None:
            return recipe.ids
        shows = [s for s in self._plan.with_role(SHOW) if s.kind == recipe.kind and s.slots]
        candidates = list(_id_candidates(recipe, exchange))
        for pattern in candidates if shows else ():
            id_ = raw_id(exchange, pattern)
            thing = Owned(recipe.kind, (*person.latest(recipe).items(), (recipe.kind, id_)))
            for step in shows[:2]:
                template = next(self._drafts(step, frozenset()), None)
                if template is None:
                    continue
                show = Recipe(step.operation, SHOW, step.kind, template, names=(recipe.kind,))
                if person.send(person.request(show, [thing])).succeeded:
                    return pattern
        return candidates[0] if candidates else ""

    def _lists(self, person: Person, recipe: Recipe) -> None:
        """Does a place of the path that takes an id take several? Then all of them are asked for at once."""
        slots = [(name, value) for name, value in recipe.template.values if isinstance(value, Id)]
        mine = person.objects.get(recipe.kind, [])
        if recipe.role != SHOW or len(slots) != 1 or len(mine) < 2 or not slots[0][0].lower().endswith("s"):
            return
        for separator in _SEPARATORS:
            values = tuple(
                (name, replace(value, join=separator) if isinstance(value, Id) else value)
                for name, value in recipe.template.values
            )
            joined = replace(recipe, template=replace(recipe.template, values=values))
            exchange = person.send(person.request(joined, mine[-2:]))
            text = exchange.body.decode("utf-8", "replace")
            if exchange.succeeded and all(str(thing.by_kind[recipe.kind]) in text for thing in mine[-2:]):
                for name, each in list(self.found.recipes.items()):
                    if each.kind == recipe.kind and any(n == slots[0][0] for n, _ in each.template.values):
                        self.found.recipes[name] = replace(each, template=replace(each.template, values=values))
                return

    def _aliases(self, person: Person, recipe: Recipe) -> None:
        """Does a place of the path that takes an id take something else that the object's maker was told with it?"""
        slots = [name for name, kind in named_in_path(recipe) if kind == recipe.kind]
        maker = maker_of(self.found.recipes.values(), recipe.kind)
        tried = {(alias.kind, alias.slot) for alias in self.found.aliases}
        if recipe.role != SHOW or maker is None or not maker.ids.startswith("/") or len(slots) != 1:
            return
        if (recipe.kind, slots[0]) in tried:
            return
        exchange, thing = person.make(maker)
        if thing is None:
            return
        names = [
            places.pattern(place)
            for place, value in places.leaves(places.parse(exchange.body))
            if value and isinstance(value, str) and re.sub(r"[^a-z]", "", places.name(place)).endswith(_IDS)
        ]
        beside = [each for each in dict.fromkeys(names) if each.rpartition("/")[0] == maker.ids.rpartition("/")[0]]
        for pattern in [each for each in beside if each != maker.ids][:ALIASES_TRIED]:
            for text in _WRITTEN:
                alias = Alias(maker.operation, recipe.kind, pattern, slots[0], text)
                answer = person.send(person.request(recipe, [called(thing, alias, exchange)]))
                if answer.succeeded and str(thing.by_kind[recipe.kind]) in answer.body.decode("utf-8", "replace"):
                    self.found.aliases.append(alias)
                    return

    def _writing_reads(self, person: Person) -> None:
        """Which reads change what they read: an object that was made for it is looked at before and after."""
        for recipe in self.found.recipes.values():
            looks = [r for r in self.found.recipes.values() if r.role == SHOW and r.kind == recipe.kind and r != recipe]
            if recipe.role != SHOW or not looks or (thing := self._spare(person, recipe)) is None:
                continue
            seen = [person.send(person.request(looks[0], [thing])).body for _ in range(2)]
            person.send(person.request(recipe, [thing]))
            after = person.send(person.request(looks[0], [thing])).body
            if seen[0] == seen[1] != after:
                self.found.writing_reads.add(recipe.operation)

    def _twice(self) -> None:
        """Everybody's reads once more, now that all own something; and without a credential."""
        for recipe in self.found.recipes.values():
            if recipe.role not in (READ, LIST, SHOW):
                continue
            for person in self.persons:
                if recipe.role == READ and not recipe.names:
                    self._ask_around_caches(person, recipe)
                elif person.can(recipe):
                    self._remember(person, recipe.operation, person.send(person.request(recipe)))
            if not recipe.names:
                exchange = self.control.send(self.control.request(recipe))
                if exchange.succeeded:
                    self.found.open_.add(recipe.operation)
                    self._remember(self.control, recipe.operation, exchange)
        self.found.made = {}
        for person in self.persons:
            for kind, ids in person.ever.items():
                self.found.made.setdefault(kind, {})[person.tenant.number] = set(ids)
            for kind, mine in person.objects.items():
                here = {str(thing.by_kind[kind]) for thing in mine}
                self.found.alive.setdefault(kind, {})[person.tenant.number] = here

    def _ask_around_caches(self, person: Person, recipe: Recipe) -> None:
        """What everybody asks for at one address might come from a cache that mixes up its readers, and would then seem
        to be shared. So it is asked twice with a query of its own; plainly, where that is refused."""
        plain = person.request(recipe)
        for number in range(2):
            own = ("partywall", f"{person.tenant.number}-{number}")
            exchange = person.send(replace(plain, query=(*plain.query, own)))
            self._remember(person, recipe.operation, exchange if exchange.succeeded else person.send(plain))


def _id_candidates(recipe: Recipe, exchange: Exchange) -> list[str]:
    """Places of an answer that may say an id, the likeliest first."""
    found: list[str] = []
    parameters = {name.lower() for name, value in recipe.template.values if not isinstance(value, Id)}
    ranked = []
    for place, value in places.leaves(places.parse(exchange.body)):
        name = places.name(place)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "" or len(str(value)) > 200:
            continue
        plain = re.sub(r"[^a-z]", "", name)
        suffix = next((index for index, each in enumerate(_IDS) if plain == each), None)
        if suffix is None:
            suffix = next((20 + index for index, each in enumerate(_IDS[:6]) if plain.endswith(each)), None)
        if name in parameters:
            suffix = -1
        if suffix is not None:
            ranked.append((place.count("/"), suffix, places.pattern(place)))
    found += [pattern for _, _, pattern in sorted(ranked)]
    if recipe.template.values and not isinstance(recipe.template.values[-1][1], Id):
        found.insert(0, "path:1")
    if exchange.header("location"):
        found.append("header:location")
    return list(dict.fromkeys(found))


def _complaint(exchange: Exchange, body: Any) -> set[str]:
    """Fields of the body that a refusal names: in a text of it, or as the key of a text. An answer with success that
    made nothing may repeat all of the body: there, texts alone count."""
    if exchange.status is None or exchange.status >= 500 or body is None:
        return set()
    document = places.parse(exchange.body)
    if document is None:
        texts = [exchange.body[:20_000].decode("utf-8", "replace")]
    else:
        leaves = [(place, value) for place, value in places.leaves(document) if isinstance(value, str)]
        texts = [value for _, value in leaves]
        texts += [places.name(place) for place, _ in leaves] if exchange.status >= 400 else []
    said = "\n".join(texts).lower()
    names = drafts.planted_names(body)
    return {name for name in names if re.search(rf"(?<![a-z0-9_]){re.escape(name.lower())}(?![a-z0-9_])", said)}


def require_reached(found: Found, trial: Trial) -> None:
    """Raises `Inconclusive` if nothing at all succeeded, with what the service said."""
    if found.recipes:
        return
    faults = [exchange.fault for exchange in trial.history.exchanges if exchange.fault]
    why = next(iter(found.refused.values()), "nothing was tried")
    raise Inconclusive(f"no operation succeeded for tenant {trial.tenants[0].label}: {faults[0] if faults else why}")
