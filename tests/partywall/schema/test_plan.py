"""What a description is taken for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from partywall.errors import UsageError
from partywall.schema import bodies, description, plan
from partywall.schema.template import Equal, Marked
from tests.partywall.generic_service import application

CLICK_AND_DROP = Path(__file__).parents[3] / "docs" / "openapi.json"


def read(document: dict[str, Any]) -> description.Description:
    return description.read(json.dumps(document), "test")


def parts(found: description.Description, **told: Any) -> dict[str, tuple[str, str]]:
    inferred = plan.infer(found, told)
    return {step.operation: (step.role, step.kind) for step in inferred.steps}


def test_click_and_drop() -> None:
    """Its 15 operations are taken for what they are."""
    found = description.read(CLICK_AND_DROP.read_text(), "docs/openapi.json")
    assert parts(found) == {
        "GetVersionAsync": ("read", ""),
        "GetCarriersAsync": ("read", ""),
        "CreateOrdersAsync": ("make", "order"),
        "GetOrdersAsync": ("list", "order"),
        "GetOrdersWithDetailsAsync": ("list", "order"),
        "UpdateOrdersStatusAsync": ("change", "order"),
        "GetSpecificOrdersAsync": ("show", "order"),
        "GetSpecificOrdersWithDetailsAsync": ("show", "order"),
        "DeleteOrdersAsync": ("delete", "order"),
        "GetOrdersLabelAsync": ("show", "order"),
        "ManifestEligibleAsync": ("make", "manifest"),
        "GetManifestAsync": ("show", "manifest"),
        "RetryManifestAsync": ("change", "manifest"),
        "CreateReturnAsync": ("make", "return"),
        "GetReturnServicesAsync": ("read", ""),
    }


def test_nested_and_poison() -> None:
    """A note lives in a box; what resets the service or changes the caller's password is not sent like the rest."""
    found = read(application().openapi())
    inferred = plan.infer(found)
    assert [(kind.name, kind.parent) for kind in inferred.kinds] == [("box", ""), ("note", "box")]
    by_path = {f"{op.method} {op.path}": inferred.of(op.name) for op in found.operations}
    assert by_path["POST /boxes/{box_id}/notes"].role == plan.MAKE
    assert [slot.kind for slot in by_path["GET /boxes/{box_id}/notes/{note_id}"].slots] == ["box", "note"]
    assert by_path["PUT /me/password"].role == plan.APART
    assert by_path["POST /admin/reset"].role == plan.LEFT_OUT
    assert by_path["POST /token"].role == plan.LEFT_OUT


def test_corrections() -> None:
    """A person's word goes before a guess, and a wrong word is refused with what there is."""
    found = read(application().openapi())
    name = next(op.name for op in found.operations if op.path == "/version")
    assert parts(found, **{name: {"exclude": "it is the same for all"}})[name] == (plan.LEFT_OUT, "")
    with pytest.raises(UsageError, match="expected a role out of make, show"):
        parts(found, **{name: {"role": "shows"}})
    with pytest.raises(UsageError, match="no operation 'nothing'"):
        parts(found, nothing={"role": "show"})


@pytest.mark.parametrize("version", ["2", "3.0", "3.1"])
def test_versions(version: str) -> None:
    """Swagger 2, OpenAPI 3.0 and 3.1 give one plan."""
    answer = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
    sent = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    operations: dict[str, Any]
    if version == "2":
        body = [{"in": "body", "name": "body", "required": True, "schema": sent}]
        operations = {
            "get": {"responses": {"200": {"description": "", "schema": answer}}},
            "post": {"consumes": ["application/json"], "parameters": body, "responses": {"201": {"description": ""}}},
        }
        head: dict[str, Any] = {"swagger": "2.0", "host": "localhost:1", "basePath": "/v1"}
    else:
        content = {"application/json": {"schema": answer}}
        operations = {
            "get": {"responses": {"200": {"description": "", "content": content}}},
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": sent}}},
                "responses": {"201": {"description": ""}},
            },
        }
        head = {"openapi": f"{version}.0", "servers": [{"url": "http://localhost:1/v1"}]}
    item = {"in": "path", "name": "id", "required": True} | (
        {"type": "integer"} if version == "2" else {"schema": {"type": "integer"}}
    )
    shown = {"get": {"parameters": [item], "responses": {"200": {"description": ""}}}}
    found = read(
        {**head, "info": {"title": "t", "version": "1"}, "paths": {"/notes": operations, "/notes/{id}": shown}}
    )
    assert found.base == "http://localhost:1/v1"
    assert sorted(parts(found).values()) == [("list", "note"), ("make", "note"), ("show", "note")]
    make = found.named("POST /notes")
    first = next(bodies.candidates(found, make))
    assert bodies.marked(make, first) == {"text": Marked("{mark}")}


@pytest.mark.parametrize(
    ("schema", "planted"),
    [
        ({"type": "string"}, Marked("{mark}")),
        ({"type": "string", "maxLength": 20}, None),
        ({"type": "string", "maxLength": 21}, Marked("{mark}")),
        ({"type": "string", "format": "email"}, Marked("{mark}@example.org")),
        ({"type": "string", "format": "date"}, None),
        ({"type": "string", "enum": ["a"]}, None),
        ({"type": "string", "pattern": "^[a-z]+$"}, None),
        ({"type": "string", "pattern": "^[a-z0-9]+$"}, Marked("{mark}")),
        ({"type": "string", "minLength": 30}, Marked("{mark} " + "x" * 9)),
    ],
)
def test_marks_fit(schema: dict[str, Any], planted: Marked | None) -> None:
    """A mark goes where the schema takes one, and nowhere else."""
    assert bodies.slot_for("text", schema) == planted


def test_references_are_equal() -> None:
    """A field that is a reference gets a text that all tenants share."""
    assert isinstance(bodies.slot_for("orderReference", {"type": "string"}), Equal)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no description of an API"),
        ("[]", "expected an object, came list"),
        ('{"openapi": "3.1.0"}', "expected an object under 'paths'"),
        ('{"openapi": "9.9.9", "paths": {}}', "not supported"),
        (
            '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}',
            "expected operations under 'paths'",
        ),
        (
            '{"openapi": "3.1.0", "paths": {"/a": {"get": {"$ref": "http://elsewhere.example/a"}}}}',
            "a reference to http://elsewhere.example/a",
        ),
    ],
)
def test_broken(text: str, told: str) -> None:
    """A description that is none is told in one sentence."""
    with pytest.raises(UsageError, match=told):
        description.read(text, "api.json")


def test_circular() -> None:
    """A schema that contains itself is filled up as far as it ends."""
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "child": {"$ref": "#/components/schemas/Node"}},
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
    found = read(
        {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "components": {"schemas": {"Node": node}},
            "paths": {
                "/nodes": {"post": {"requestBody": {"content": content}, "responses": {"201": {"description": ""}}}}
            },
        }
    )
    make = found.operations[0]
    assert bodies.marked(make, next(bodies.candidates(found, make))) == {"name": Marked("{mark}")}
