"""Drafts: JSON documents with places left open for a tenant's own values.

A strategy does not know which tenant its value is for. It writes `OWN` where a value has to name its
owner, and `planted` fills each such place with a mark of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "{own}"

Draft = Any  # a JSON document


def planted(draft: Draft, mint: Callable[[], str]) -> Draft:
    """The draft with every `OWN` replaced by a value of its own from ``mint``."""
    match draft:
        case dict():
            return {key: planted(value, mint) for key, value in draft.items()}
        case list():
            return [planted(value, mint) for value in draft]
        case str():
            while OWN in draft:
                draft = draft.replace(OWN, mint(), 1)
            return draft
        case _:
            return draft
