"""Drafts: JSON documents with places left open for a tenant's own values.

A strategy does not know which tenant its value is for. It writes `OWN` where a value has to name its
owner, and `planted` fills each such place with a mark of its own. Where no mark fits (a phone number, an amount), it
writes `Drawn`, and `planted` fills in a value that follows from a mark, so that it is this tenant's alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "{own}"

Draft = Any  # a JSON document


@dataclass(frozen=True, eq=False)
class Seed:
    """What several open places of one draft are filled from, so that they fit each other."""


@dataclass(frozen=True)
class Drawn:
    """An open place for a value that follows from a mark.

    Attributes:
        make: mark -> value; every value as likely as any other.
        seed: places with the same seed are filled from the same mark.
    """

    make: Callable[[str], Any]
    seed: Seed = field(default_factory=Seed)


def planted(draft: Draft, mint: Callable[[], str]) -> Draft:
    """The draft with every `OWN` replaced by a value of its own from ``mint``, and every `Drawn` by what it makes of
    one."""
    return _planted(draft, mint, {})


def _planted(draft: Draft, mint: Callable[[], str], seeds: dict[Seed, str]) -> Draft:
    match draft:
        case dict():
            return {key: _planted(value, mint, seeds) for key, value in draft.items()}
        case list():
            return [_planted(value, mint, seeds) for value in draft]
        case Drawn(make, seed):
            if seed not in seeds:
                seeds[seed] = mint()
            return make(seeds[seed])
        case str():
            while OWN in draft:
                draft = draft.replace(OWN, mint(), 1)
            return draft
        case _:
            return draft
