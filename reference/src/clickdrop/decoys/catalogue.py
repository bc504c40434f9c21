"""All decoys, by name."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from clickdrop.decoys import (
    calls_left,
    common_contact,
    error_names_caller,
    etag_of_body,
    identifier_used_again,
    masked_alike,
    numbers_of_each_own,
    order_moves_on,
    orders_counted,
    parcels_on_board,
    requests_numbered,
    shops_in_directory,
    support_staff,
    user_of_two_tenants,
    version_from_cache,
)
from clickdrop.leaks.switches import chosen, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clickdrop.decoys.decoy import Decoy

_ALL: tuple[Decoy, ...] = (
    shops_in_directory.DECOY,
    parcels_on_board.DECOY,
    common_contact.DECOY,
    numbers_of_each_own.DECOY,
    user_of_two_tenants.DECOY,
    identifier_used_again.DECOY,
    support_staff.DECOY,
    version_from_cache.DECOY,
    error_names_caller.DECOY,
    order_moves_on.DECOY,
    etag_of_body.DECOY,
    requests_numbered.DECOY,
    orders_counted.DECOY,
    masked_alike.DECOY,
    calls_left.DECOY,
)

DECOYS: Mapping[str, Decoy] = MappingProxyType({decoy.name: decoy for decoy in _ALL})
"""The decoys by name, in the order in which they are listed."""


def named(names: Sequence[str], stack: str) -> list[Decoy]:
    """Answer the decoys of these names; raises `ValueError` for one that there is not, or not on this stack."""
    return chosen("decoy", DECOYS, names, stack)


def as_json() -> str:
    """Answer the catalogue as an array of objects."""
    listed = [
        {
            "name": decoy.name,
            "looks_like": decoy.looks_like,
            "reason": decoy.reason,
            "declared": decoy.declared,
            "stack": decoy.stack,
        }
        for decoy in DECOYS.values()
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def as_table() -> str:
    """Answer the catalogue as a table for people."""
    return table(("name", "looks like"), ((decoy.name, decoy.looks_like) for decoy in DECOYS.values()))
