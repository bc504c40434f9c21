"""The policy that is made of what the scout saw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from partywall.schema import description as descriptions
from partywall.schema.plan import READ, infer
from partywall.schema.template import Template
from partywall.suite.generic import learned
from partywall.suite.generic.person import Recipe
from partywall.suite.generic.scout import Found
from partywall.suite.generic.settings import Settings
from tests.partywall.histories import CONTROL, MARKS, A, B, did, history

if TYPE_CHECKING:
    from pathlib import Path

    from partywall.model import Tenant

DOCUMENT = {
    "openapi": "3.0.0",
    "info": {"title": "t", "version": "1"},
    "paths": {"/": {"get": {"operationId": "info", "responses": {"200": {"description": "ok"}}}}},
}


def test_what_is_each_owners_own_is_known_beside_a_control(tmp_path: Path) -> None:
    """A read that is open to everyone may still show each owner an id of its own."""
    description = descriptions.read(json.dumps(DOCUMENT), "test")
    ada, noor = ({"user": {"id": id_}} for id_ in ("a0792cf75f115c87", "b8041a756855a2df"))
    said: tuple[tuple[Tenant, dict[str, Any]], ...] = ((A, ada), (A, ada), (B, noor), (B, noor), (CONTROL, {}))
    seen = history(*(did(tenant, "info", came=body) for tenant, body in said)).exchanges
    answers = {tenant.number: [e for e in seen if e.tenant == tenant.number] for tenant in (A, B, CONTROL)}
    found = Found(
        recipes={"info": Recipe("info", READ, "", Template("info", "GET", "/"))},
        answers={"info": answers},
        open_={"info"},
        control=CONTROL.number,
    )
    policy = learned.policy(description, infer(description), Settings(tmp_path, "x"), found, MARKS)
    assert policy.assigned == (("info", "/user/id"),)
    assert policy.shared == ()
