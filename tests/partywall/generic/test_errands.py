"""What twins of a described API do, without a service."""

from __future__ import annotations

from partywall.schema.plan import ACT, CHANGE, DELETE, LIST, MAKE, SHOW
from partywall.schema.template import Template
from partywall.suite.generic.errands import passing
from partywall.suite.generic.person import Recipe


def recipe(role: str, kind: str, *names: str) -> Recipe:
    """A recipe of which nothing else is known."""
    name = f"{role} {kind}"
    return Recipe(name, role, kind, Template(name, "GET", "/"), ids="/id" if role == MAKE else "", names=names)


def test_what_leaves_nothing_behind() -> None:
    """Twins make only what they remove, and look at nothing that lasts but what they were given."""
    lasting = [recipe(MAKE, "manifest"), recipe(SHOW, "manifest", "manifest"), recipe(MAKE, "page", "manifest")]
    lasting += [recipe(DELETE, "page", "page"), recipe(CHANGE, "box", "box"), recipe(ACT, "")]
    stays = [recipe(MAKE, "box", "org"), recipe(LIST, "box", "org"), recipe(SHOW, "box", "org", "box")]
    stays += [recipe(DELETE, "box", "box")]
    assert passing([*lasting, *stays]) == stays
    assert passing([*lasting, *stays[:-1]]) == []
