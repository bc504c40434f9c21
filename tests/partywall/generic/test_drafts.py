"""Requests that are drafted from a description."""

from __future__ import annotations

import json

import pytest

from partywall.schema import description as descriptions
from partywall.schema.plan import infer
from partywall.suite.generic import drafts

TEXT = {"type": "string"}
NOTE = {"type": "object", "properties": {"text": TEXT, "team": TEXT}, "required": ["text"]}
LINK = {"operationId": "make_note", "requestBody": {"team": "$response.body#/id", "asked": "$request.path.id"}}
TEAM = {"type": "object", "properties": {"id": TEXT}}
DOCUMENT = {
    "openapi": "3.0.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/teams/{id}": {
            "get": {
                "operationId": "show_team",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": TEAM}},
                        "links": {"note": LINK},
                    }
                },
            }
        },
        "/notes": {
            "post": {
                "operationId": "make_note",
                "requestBody": {"content": {"application/json": {"schema": NOTE}}},
                "responses": {"201": {"description": "made"}},
            }
        },
    },
}


@pytest.mark.parametrize(("kinds", "names"), [({"note"}, ()), ({"note", "team"}, ("team",))])
def test_a_link_to_what_nobody_can_have(kinds: set[str], names: tuple[str, ...]) -> None:
    """The field that it would fill is as if there were no link: the operation is tried all the same. What else an
    expression stands for is not sent as it is written."""
    description = descriptions.read(json.dumps(DOCUMENT), "test")
    plan = infer(description)
    first = next(drafts.templates(description, plan, plan.of("make_note"), frozenset(), kinds))
    assert drafts.named_kinds(first, plan) == names
    assert "text" in first.body
    assert "asked" not in first.body
