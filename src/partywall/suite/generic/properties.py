"""The generic properties, for any API: ``pytest --pyargs partywall.suite.generic.properties`` in a project."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from partywall.model import CLAIMS
from partywall.suite.generic.world import new_world, open_world

if TYPE_CHECKING:
    from partywall.drive.trial import Trial
    from partywall.model import Tenant
    from partywall.suite.generic.api import Api
    from partywall.suite.isolation import Isolation

COMPANY_ROUNDS = 3


def test_own_world(isolation: Isolation, api: Api) -> None:
    """Every tenant uses every operation, finds all that is its own, and is shown nothing of anyone else's."""
    with open_world(isolation, api) as world:
        world.sweep()


def test_warm_cache(isolation: Isolation, api: Api) -> None:
    """What one tenant's request has put into a cache is shown to no other tenant that sends the same request."""
    with open_world(isolation, api) as world:
        for warmer, reader in world.pairs():
            theirs = world.reads(reader)
            for index, request in enumerate(world.reads(warmer)):
                warmer.send(request, "warm")
                reader.send(request, "read-after-warm")
                world.control.send(request, "read-after-warm")
                if index < len(theirs):
                    reader.send(theirs[index], "read-after-warm")
                warmer.send(request, "read-again")
        world.sweep()


def test_foreign_identifiers(isolation: Isolation, api: Api) -> None:
    """Naming another tenant's objects, however they are called, shows nothing of them and changes nothing."""
    with open_world(isolation, api) as world:
        for viewer, owner in world.pairs():
            for request in (*world.foreign_reads(viewer, owner), *world.other_names(viewer, owner)):
                viewer.send(request, "foreign")
        for viewer, owner in world.pairs():
            for request in world.foreign_writes(viewer, owner):
                viewer.send(request, "foreign")
            for request in world.reads(owner):
                owner.send(request, "after-foreign-write")
        world.sweep()


def test_tenant_source(isolation: Isolation, api: Api) -> None:
    """The tenant is the credential's, whatever a header, a cookie or a parameter claims."""
    with open_world(isolation, api) as world:
        for viewer, owner in world.pairs():
            for request in world.claims(viewer, owner):
                viewer.send(request, "foreign-header")
            for request in world.described_claims(viewer, owner):
                viewer.send(request, "foreign-header", CLAIMS)
        for viewer, owner in world.pairs():
            looks = world.reads(owner)
            for look in looks:
                owner.send(look)
            world.claimed_writes(viewer, owner)
            for look in looks:
                owner.send(look)
        world.sweep()


def test_integrity(isolation: Isolation, api: Api) -> None:
    """After each write of another, an owner finds all unchanged."""
    with open_world(isolation, api) as world:
        for viewer, owner in world.pairs():
            looks = world.reads(owner)
            for request in looks:
                owner.send(request)
            for request in world.foreign_writes(viewer, owner):
                viewer.send(request, "foreign")
                for look in looks:
                    owner.send(look)
            world.own_writes(viewer)
            for look in looks:
                owner.send(look)
        world.sweep()


def test_existence(isolation: Isolation, api: Api) -> None:
    """To name what another tenant has is answered like naming what nobody has."""
    with open_world(isolation, api) as world:
        for viewer, owner in world.pairs():
            for foreign, control in world.twins(viewer, owner):
                viewer.send(control, "negative-control")
                viewer.send(foreign, "foreign")
        world.sweep()


def test_barrier_pairs(isolation: Isolation, api: Api) -> None:
    """Two tenants that use an operation at the same instant, in either order, get their own."""
    with open_world(isolation, api) as world:
        for recipe in world.recipes:
            world.together(recipe)
        world.sweep()


def test_cache_discipline(isolation: Isolation, api: Api) -> None:
    """A validator that was given to one tenant with its answer to a GET is never confirmed to another."""
    with open_world(isolation, api) as world:
        for one, other in world.pairs():
            for request in world.reads(one):
                tag = one.send(request).header("etag")
                if tag:
                    headers = (*request.headers, ("If-None-Match", tag))
                    other.send(replace(request, headers=headers), "foreign-validator")
        world.sweep()


def test_exactly_once(isolation: Isolation, api: Api) -> None:
    """However often what happens once is asked for again, there is one of it."""
    if not api.policy.once:
        return  # the grid says so
    with open_world(isolation, api) as world:
        for person in world.people:
            world.retry(person)
        world.sweep()


def test_noninterference(isolation: Isolation, api: Api) -> None:
    """What a tenant is answered is a function of what it did: whatever others do changes ids and times only."""
    if not api.twins:
        return  # the grid says so
    world = functools.cache(functools.partial(new_world, api))

    def programme(trial: Trial, _tenant: Tenant) -> None:
        world(trial).errand(world(trial).people[0])

    def company(trial: Trial) -> None:
        for person in world(trial).people[1:]:
            world(trial).errand(person, leaving=True)

    isolation.twins(programme, company, tenants=2, alone=api.alone, rounds=COMPANY_ROUNDS)
