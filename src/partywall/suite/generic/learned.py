"""From what the scout learned to the policy that the oracles hold a run against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from partywall import places
from partywall.ledger import distinctive
from partywall.policy import Effect, Excluded, Listing, Policy, Resource, Shared, Volatile
from partywall.schema.kinds import response_pointer
from partywall.schema.plan import ACT, CHANGE, DELETE, LIST, MAKE, READ, SHOW
from partywall.schema.template import Id
from partywall.suite.generic.errands import passing
from partywall.suite.generic.person import failure_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.marks import Marks
    from partywall.model import Exchange
    from partywall.schema.description import Description
    from partywall.schema.plan import Plan
    from partywall.suite.generic.person import Recipe
    from partywall.suite.generic.scout import Found
    from partywall.suite.generic.settings import Settings

_LASTING = "twins run what leaves nothing behind alone: it lasts, or is about what does"
_NEVER_ALONE = "nothing that is made here is removed again: no twin is ever alone"
_IDEMPOTENCY = re.compile(r"idempot", re.IGNORECASE)
ROOM_IN_LIST = 15
"""A list without further pages that already shows more is not expected to show all."""


def policy(description: Description, plan: Plan, settings: Settings, found: Found, marks: Marks) -> Policy:
    """The policy of a run."""
    told = tuple(Shared(str(e["operation"]), str(e["reason"]), str(e.get("place", ""))) for e in settings.shared)
    for each in told:
        description.named(each.operation)
    silent = dict(_silent(found, marks))
    shared = {each.operation for each in told if not each.place}
    opened = tuple(
        Shared(name, "it answers without a credential, and the same to everyone")
        for name in found.open_
        if name in silent and name not in shared and not description.named(name).guarded
    )
    resources = tuple(_resources(description, plan, settings, found))
    left_out = [Excluded(name, why) for name, why in found.left_out.items()]
    quiet = [
        Excluded(name, why, "ownership")
        for name, why in silent.items()
        if name not in shared and name not in {each.operation for each in opened}
    ]
    whole = {listing.operation for resource in resources for listing in resource.listed}
    partial = [recipe for recipe in found.recipes.values() if recipe.role == LIST and recipe.operation not in whole]
    unproven = [
        Excluded(recipe.operation, "it is not known to list all: what is gone from it proves nothing", "staleness")
        for recipe in partial
    ]
    unproven += [
        Excluded(recipe.operation, "it takes no ids: no request names what was there before", "existence")
        for recipe in partial
        if not recipe.names
    ]
    once = tuple(_once(description, settings, found))
    # A retry names the sender's own, and a claim's account may be as short a number as an id.
    unproven += [
        Excluded(recipe.operation, "it takes no ids: no request names what was there before", "existence")
        for recipe in found.recipes.values()
        if recipe.role in (MAKE, CHANGE, ACT) and not recipe.names
    ]
    passed = {recipe.operation for recipe in _passing(settings, found)}
    unproven += [
        Excluded(name, _LASTING if passed else _NEVER_ALONE, "noninterference")
        for name in found.recipes
        if name not in passed
    ]
    return Policy(
        operations=tuple(op.name for op in description.operations if op.name not in found.left_out),
        shared=(*told, *opened),
        resources=resources,
        assigned=tuple(_assigned(found)),
        volatile=tuple(
            Volatile(str(e["operation"]), str(e.get("place", "/**")), str(e["reason"])) for e in settings.volatile
        ),
        writes=tuple(sorted(found.writing_reads)),
        once=once,
        excluded=(*left_out, *quiet, *unproven),
    )


def twins(settings: Settings, found: Found) -> bool:
    """Can a tenant be alone here, so that twins can be compared?"""
    return bool(_passing(settings, found))


def _passing(settings: Settings, found: Found) -> list[Recipe]:
    return [] if settings.keep else passing(found.recipes.values())


def _once(description: Description, settings: Settings, found: Found) -> Iterator[Effect]:
    """What happens once for each key: as told, and where an operation that makes objects takes an idempotency key."""
    for each in settings.once:
        description.named(str(each["operation"]))
        yield Effect(*(str(each[word]) for word in ("operation", "of", "key", "at")))
    for recipe in found.recipes.values():
        if recipe.role == MAKE and recipe.ids.startswith("/"):
            for parameter in description.named(recipe.operation).parameters:
                if parameter.location == "header" and _IDEMPOTENCY.search(parameter.name):
                    yield Effect(recipe.operation, recipe.kind, f"header:{parameter.name}", recipe.ids)


def _resources(description: Description, plan: Plan, settings: Settings, found: Found) -> Iterator[Resource]:
    for kind in plan.kinds:
        recipes = [recipe for recipe in found.recipes.values() if recipe.kind == kind.name]
        made = {recipe.operation: recipe.ids for recipe in recipes if recipe.role == MAKE and recipe.ids}
        places_of = {
            recipe.operation: pattern
            for recipe in recipes
            if recipe.role != MAKE and (pattern := _id_place(recipe.operation, kind.name, found, made))
        }
        removals = any(recipe.role == DELETE for recipe in recipes)
        removed = {
            recipe.operation: places_of.get(recipe.operation, "path:1") for recipe in recipes if recipe.role == DELETE
        }
        listed = []
        for recipe in recipes:
            # What is listed within a parent is never all that a tenant has.
            if recipe.role == LIST and recipe.operation in places_of and not recipe.names:
                listing = _listing(description, recipe.operation, places_of[recipe.operation])
                if _complete(listing, kind.name, found, removals and not settings.keep):
                    listed.append(listing)
        shown = {
            r.operation: places_of[r.operation] for r in recipes if r.role in (SHOW, LIST) and r.operation in places_of
        }
        for listing in listed:
            del shown[listing.operation]
        changed = {
            r.operation: places_of[r.operation] for r in recipes if r.role == CHANGE and r.operation in places_of
        }
        if made or shown or listed or changed:
            unique = _unique(kind.name, found)
            within = {} if unique else {r.operation: own for r in recipes if (own := _own_segments(r))}
            yield Resource(kind.name, made, removed, shown, changed, tuple(listed), unique, within)


def _id_place(operation: str, kind: str, found: Found, made: dict[str, str]) -> str:
    """Where an operation's answers show the id of an object that their receiver made."""
    names = {places.name(pattern) for pattern in made.values()}
    best: tuple[int, int, str] | None = None
    for tenant, answers in found.answers.get(operation, {}).items():
        ids = found.made.get(kind, {}).get(tenant, set())
        for exchange in answers:
            for place, value in places.leaves(places.parse(exchange.body)):
                if (
                    isinstance(value, str | int)
                    and not isinstance(value, bool)
                    and str(value) in ids
                    and not failure_place(place)
                ):
                    rank = (places.name(place) not in names, place.count("/"), places.pattern(place))
                    best = min(best, rank) if best else rank
    return best[2] if best else ""


def _listing(description: Description, operation: str, ids: str) -> Listing:
    """With the next page's token, where a link leads from a page to the next."""
    for link in description.links:
        if link.producer == link.consumer == operation:
            for location, name, value in link.parameters:
                if location == "query" and (pointer := response_pointer(value)):
                    return Listing(operation, ids, pointer, name)
    return Listing(operation, ids)


def _complete(listing: Listing, kind: str, found: Found, cleaned: bool) -> bool:
    """Does the list show all that its receiver made, with room for what else will be made?"""
    if not listing.token and not cleaned:
        return False
    for tenant, answers in found.answers.get(listing.operation, {}).items():
        made = found.alive.get(kind, {}).get(tenant, set())
        shown = {str(value) for _, value in places.find(places.parse(answers[-1].body), listing.ids)}
        if listing.token:
            continue
        if not made <= shown or len(shown) > ROOM_IN_LIST:
            return False
    return True


def _unique(kind: str, found: Found) -> bool:
    """Are ids of a kind never those of two tenants?"""
    ids = list(found.made.get(kind, {}).values())
    return all(not one & other for index, one in enumerate(ids) for other in ids[:index])


def _own_segments(recipe: Recipe) -> int:
    """How many segments at the end of a path come after that which names the parent; 0 if none does."""
    parents = {name for name, value in recipe.template.values if isinstance(value, Id) and value.kind != recipe.kind}
    segments = recipe.template.path.rstrip("/").split("/")
    named = [index for index, segment in enumerate(segments) if segment[1:-1] in parents and segment[0] == "{"]
    return len(segments) - 1 - named[-1] if named else 0


def _silent(found: Found, marks: Marks) -> Iterator[tuple[str, str]]:
    """Operations whose answers have nothing in them that could be somebody's, and why."""
    for operation, by_tenant in found.answers.items():
        answers = [exchange for each in by_tenant.values() for exchange in each]
        shows = found.recipes[operation].role in (LIST, SHOW)  # these have to show their owner something
        if not any(exchange.body for exchange in answers):
            yield operation, "its answers are empty"
        elif shows or len(by_tenant) < 2 or any(marks.find(answers[0].body)):
            continue
        elif len({exchange.body for exchange in answers}) == 1:
            yield operation, "it gave all tenants the same answer, byte for byte, whatever each of them had"


def _assigned(found: Found) -> Iterator[tuple[str, str]]:
    """Places of reads that name no object whose values are each owner's own, and stay."""
    for operation, by_tenant in found.answers.items():
        recipe = found.recipes[operation]
        owners = [answers for tenant, answers in by_tenant.items() if tenant != found.control]
        if recipe.role != READ or recipe.names or len(owners) < 2 or min(map(len, owners)) < 2:
            continue
        seen = [_stable(answers) for answers in owners]
        for pattern in sorted(set.intersection(*(set(each) for each in seen))):
            values = [each[pattern] for each in seen]
            if all(not one & other for index, one in enumerate(values) for other in values[:index]):
                yield operation, pattern


def _stable(answers: list[Exchange]) -> dict[str, set[str]]:
    """Patterns of places that show the same distinctive values in a tenant's answers, each time."""
    found: list[dict[str, set[str]]] = []
    for exchange in answers[-2:]:
        values: dict[str, set[str]] = {}
        for place, value in places.leaves(places.parse(exchange.body)):
            if isinstance(value, str) and distinctive(value):
                values.setdefault(places.pattern(place), set()).add(value)
        found.append(values)
    first, last = found[0], found[-1]
    return {pattern: values for pattern, values in first.items() if last.get(pattern) == values}
