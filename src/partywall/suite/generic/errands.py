"""What a tenant does that leaves nothing behind, so that twins can do it, one alone and one in company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.schema.plan import DELETE, LIST, MAKE, READ, SHOW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partywall.suite.generic.person import Recipe


def passing(recipes: Iterable[Recipe]) -> list[Recipe]:
    """Recipes that leave nothing behind: what makes and removes objects of kinds that can be removed, and what reads no
    others. None where nothing can be removed: nobody is ever alone there."""
    recipes = tuple(recipes)
    made = {recipe.kind for recipe in recipes if recipe.role == MAKE}
    lasting = made - {recipe.kind for recipe in recipes if recipe.role == DELETE}
    for _ in made:  # what is made within what lasts may be counted there
        lasting |= {each.kind for each in recipes if each.role == MAKE and lasting & {*each.names}}
    if not made - lasting:
        return []
    return [
        recipe
        for recipe in recipes
        if not lasting & {*recipe.names}
        and (recipe.role in (READ, LIST, SHOW) or (recipe.role in (MAKE, DELETE) and recipe.kind not in lasting))
        and not (recipe.role == MAKE and not recipe.ids)
    ]
