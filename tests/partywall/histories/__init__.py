"""Histories made by hand: a few words for an exchange, for the tests of oracles."""

from __future__ import annotations

import json
from typing import Any

from partywall.marks import Marks
from partywall.model import Exchange, History, Tenant
from partywall.policy import Listing, Policy, Resource, Shared

KEY = b"a key of the tests"
MARKS = Marks(KEY)
A = Tenant(number=1, label="A", name=f"Shop {MARKS.mint(1, 0)}")
B = Tenant(number=2, label="B", name=f"Shop {MARKS.mint(2, 0)}")
C = Tenant(number=4, label="C", name=f"Shop {MARKS.mint(4, 0)}")
CONTROL = Tenant(number=3, label="control", name=f"Shop {MARKS.mint(3, 0)}", control=True)

NOTES = Policy(
    operations=("create", "list", "get", "delete", "change", "me", "version"),
    shared=(Shared("version", "the same for everyone"),),
    resources=(
        Resource(
            kind="note",
            made={"create": "/id"},
            removed={"delete": "/id"},
            changed={"change": "/id"},
            shown={"get": "/id"},
            listed=(Listing("list", "/notes/*/id", token="/next", cursor="after", narrowed_by=("since",)),),
        ),
    ),
    caller=(("me", "/name"),),
    assigned=(("me", "/key_id"),),
)


def mark(tenant: Tenant, serial: int = 7) -> str:
    """A mark of a tenant."""
    return MARKS.mint(tenant.number, serial)


def did(
    tenant: Tenant,
    operation: str,
    url: str = "/",
    *,
    sent: Any = None,
    status: int | None = 200,
    came: Any = None,
    at: tuple[int, int] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One exchange, but for its number. ``at``: called and returned, else one after the other."""
    method = {"create": "POST", "delete": "DELETE", "change": "PUT"}.get(operation, "GET")
    return {
        "operation": operation,
        "tenant": tenant.number,
        "session": f"{tenant.label}/0",
        "connection": "",
        "method": method,
        "url": url,
        "request_headers": (),
        "request_body": b"" if sent is None else json.dumps(sent).encode(),
        "status": status,
        "body": b"" if came is None else came if isinstance(came, bytes) else json.dumps(came).encode(),
        "at": at,
        **more,
    }


def history(*exchanges: dict[str, Any]) -> History:
    """The exchanges as a history of A, B and the control."""
    made = []
    for number, each in enumerate(exchanges):
        called, returned = each.pop("at") or (number * 10, number * 10 + 5)
        made.append(Exchange(number=number, called_ns=called, returned_ns=returned, **each))
    return History(KEY, (A, B, CONTROL), tuple(made))
