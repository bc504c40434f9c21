"""The policy that is made of what the scout saw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from partywall.policy import Effect, Excluded, Policy
from partywall.schema import description as descriptions
from partywall.schema.plan import DELETE, MAKE, READ, infer
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


def test_what_happens_once_and_who_is_never_alone(tmp_path: Path) -> None:
    """An effect is what the settings tell and what a header for idempotency keys says; twins need what can be removed
    again, and where there is none, or all is kept, the grid says why."""
    header = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    answer = {"responses": {"200": {"description": "ok"}}}
    paths = {
        "/": {"get": {"operationId": "info", **answer}},
        "/boxes": {"post": {"operationId": "make", "parameters": [header], **answer}},
    }
    description = descriptions.read(json.dumps({**DOCUMENT, "paths": paths}), "test")
    make = Recipe("make", MAKE, "box", Template("make", "POST", "/boxes"), ids="/id")
    remove = Recipe("remove", DELETE, "box", Template("remove", "DELETE", "/boxes/{id}"), names=("box",))
    told = {"operation": "info", "of": "box", "key": "/boxes/*/key", "at": "/boxes/*/id"}

    def learn(*recipes: Recipe, **words: Any) -> Policy:
        found = Found(recipes={recipe.operation: recipe for recipe in recipes})
        return learned.policy(description, infer(description), Settings(tmp_path, "x", **words), found, MARKS)

    policy = learn(make, once=(told,))
    assert policy.once == (Effect(**told), Effect("make", "box", "header:Idempotency-Key", "/id"))
    why = "nothing that is made here is removed again: no twin is ever alone"
    assert Excluded("make", why, "noninterference") in policy.excluded
    assert Excluded("make", why, "noninterference") in learn(make, remove, keep=True).excluded
    assert not learn(make, remove).why_excluded("make", "noninterference")
