"""The rehearsal: before anything is explored, both tenants do once, alone, what they will do at the same time.

What they make goes before: it is made anew in each schedule's instance, in the same order, so that it has the same ids.
What does not succeed here is not explored: its silence would prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from partywall.errors import Inconclusive
from partywall.explore import Operations, Schedule
from partywall.explore.run import Runner
from partywall.explore.strategies.planned import Planned
from partywall.marks import Marks
from partywall.schema.plan import LIST, MAKE, READ, SHOW
from partywall.suite.generic.person import Owned, Person, Recipe, came, carried_out, maker_of, raw_id
from partywall.suite.generic.world import MARKS_A_TRIAL, OBJECTS_MIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from partywall.explore import Programme
    from partywall.model import Exchange, Request, Tenant
    from partywall.suite.generic.scene import Scene

AFTER_MAX = 3
"""Reads that each tenant sends when all is over. They show what a hang-up or an overlap left behind; each costs every
schedule its time."""


@dataclass
class Rehearsal:
    """Sends each request in a fresh instance, behind all that goes before.

    Attributes:
        before: tenant -> what goes before. made: the same requests' recipes and ids.
    """

    runner: Runner
    programme: Programme
    before: dict[str, list[Request]] = field(default_factory=dict)
    made: list[tuple[str, int, Recipe, object]] = field(default_factory=list)
    _serials: dict[str, int] = field(default_factory=dict)

    def mark(self, tenant: Tenant) -> str:
        """A new mark, none of those that the scout has sent."""
        serial = self._serials[tenant.label] = self._serials.get(tenant.label, MARKS_A_TRIAL) + 1
        return Marks(self.programme.key).mint(tenant.number, serial)

    def send(self, tenant: Tenant, request: Request, *_provocations: str) -> Exchange:
        """One request, as it will be explored."""
        return self._run(self._filled().asking({tenant.label: (request,)}))[-1]

    def make(self, person: Person, recipe: Recipe) -> tuple[Exchange, Owned | None]:
        """One object that will be there before."""
        name, above = person.tenant.label, person.latest(recipe)
        mine = self.before.setdefault(name, [])
        mine.append(person.request(recipe))
        exchange = [each for each in self._run(self._filled()) if each.session == name][-1]
        if not carried_out(exchange):
            mine.pop()
            return exchange, None
        self.made.append((name, len(mine) - 1, recipe, raw_id(exchange, recipe.ids) if recipe.ids else None))
        return exchange, person.learn(recipe, exchange, above)

    def check_fresh(self) -> None:
        """Raises `Inconclusive` if instances don't all begin with nothing: objects have other ids then."""
        answers = self._run(self._filled())
        for name, index, recipe, id_ in self.made:
            exchange = [each for each in answers if each.session == name][index]
            again = raw_id(exchange, recipe.ids) if recipe.ids else None
            if not carried_out(exchange) or again != id_:
                now = f"made {again}" if carried_out(exchange) else f"came {exchange.status or exchange.fault}"
                raise Inconclusive(
                    f"{recipe.operation}: expected every instance of the application to begin with nothing, and to "
                    f"make {id_} as the first did; {now}. What it keeps outside its modules (a file, a database) is "
                    "the same for all: give --app a factory that makes it anew each time"
                )

    def _filled(self) -> Programme:
        clients = (replace(each, before=tuple(self.before.get(each.name, ()))) for each in self.programme.clients)
        return replace(self.programme, clients=tuple(clients))

    def _run(self, programme: Programme) -> tuple[Exchange, ...]:
        run = self.runner.run(programme, Planned(), Schedule(programme.names))
        if run.judgement is None:
            raise Inconclusive("; ".join(run.verdict.reasons))
        return run.history.exchanges


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal came to. ``refused``: operation -> what came, though it had succeeded before."""

    scene: Scene
    operations: Operations
    refused: dict[str, str]


def rehearsed(
    scene: Scene,
    programme: Programme,
    recipes: Iterable[Recipe],
    given: Mapping[str, Iterable[tuple[str, str | int]]],
) -> Rehearsed:
    """Let the tenants settle, and try every operation. Raises `Inconclusive` if nothing can be explored.

    Args:
        given: tenant -> kind and id of what it has had from the start.
    """
    recipes = list(recipes)
    asked: dict[str, dict[str, Request]] = {recipe.operation: {} for recipe in recipes}
    after: dict[str, tuple[Request, ...]] = {}
    refused: dict[str, str] = {}
    with Runner(scene.subject()) as runner:
        rehearsal = Rehearsal(runner, programme)
        for tenant in programme.tenants:
            person = Person(rehearsal, tenant).owning(given.get(tenant.label, ()))
            spares = _settled(rehearsal, person, recipes, refused)
            for recipe in recipes:
                thing = spares.get(recipe.operation)
                if not thing and recipe.role != MAKE and not person.can(recipe):
                    refused.setdefault(recipe.operation, "nothing was made of what it names")
                    continue
                request = person.request(recipe, [thing] if thing else ())
                exchange = person.send(request)
                if not carried_out(exchange):
                    refused.setdefault(recipe.operation, _as_before(tenant, exchange))
                asked[recipe.operation][tenant.label] = request
            reads = [r for role in (LIST, READ, SHOW) for r in recipes if r.role == role and r.operation not in refused]
            after[tenant.label] = tuple(asked[r.operation][tenant.label] for r in reads[:AFTER_MAX])
        rehearsal.check_fresh()
    each = {
        name: lambda client, requests=requests: (requests[client.name],)
        for name, requests in asked.items()
        if name not in refused
    }
    if not each:
        raise Inconclusive("nothing can be explored: " + "; ".join(f"{name}: {why}" for name, why in refused.items()))
    before = {name: tuple(requests) for name, requests in rehearsal.before.items()}
    clients = tuple(
        replace(client, before=before.get(client.name, ()), after=after[client.name]) for client in programme.clients
    )
    return Rehearsed(
        replace(scene, before=before, after=after), Operations(replace(programme, clients=clients), each), refused
    )


def _settled(rehearsal: Rehearsal, person: Person, recipes: list[Recipe], refused: dict[str, str]) -> dict[str, Owned]:
    """A tenant makes objects of every kind, and one for each operation that uses one up: operation -> object."""
    spares: dict[str, Owned] = {}
    for recipe in (each for each in recipes if each.role == MAKE):
        for _ in range(OBJECTS_MIN):
            exchange, _made = rehearsal.make(person, recipe)
            if not carried_out(exchange):
                refused.setdefault(recipe.operation, _as_before(person.tenant, exchange))
                break
    for recipe in recipes:
        if recipe.ends and (maker := maker_of(recipes, recipe.kind)):
            _, spare = rehearsal.make(person, maker)
            if spare:
                person.forget(spare)  # so that it is nothing that other operations are about
                spares[recipe.operation] = spare
    return spares


def _as_before(tenant: Tenant, exchange: Exchange) -> str:
    return f"expected success for {tenant.label} in a fresh instance, as in the one that was served; {came(exchange)}"
