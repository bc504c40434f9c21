"""The description of the API: against the code, and against what is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.api.describe import written

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
PUBLISHED: dict[str, Any] = json.loads((HERE / "published_v1.json").read_text())
DESCRIBED: dict[str, Any] = json.loads(written())
LIMITS = ("minimum", "maximum", "maxLength")

NEVER_ANSWERED = {
    ("DeleteOrdersAsync", "403"),  # deleting is for every account here
    ("GetOrdersAsync", "404"),  # an account without orders has an empty list
    ("GetOrdersWithDetailsAsync", "404"),
    ("UpdateOrdersStatusAsync", "404"),  # an order that is missing is told in `errors`
    ("ManifestEligibleAsync", "404"),
    ("ManifestEligibleAsync", "202"),  # paperwork is ready at once
    ("RetryManifestAsync", "202"),
}
"""Published statuses that this service has no occasion for."""

REQUIRED_HERE = {("UpdateOrdersStatusRequest", "items"), ("GetOrdersResponse", "orders")}
"""Fields that are required though not published as such."""

LATER_ADDITIONS = {
    ("CreateOrderRequest", "deliveryTerm"),
    ("Importer", "isABusiness"),
    ("ProductItemRequest", "ContentsPieceURL"),
    ("ProductItemRequest", "ReferenceId"),
}
"""Fields that the real client sends and the published description does not know yet."""


def operations() -> dict[str, dict[str, Any]]:
    """Answer the described operations by identifier, each with its path and method."""
    return {
        operation["operationId"]: operation | {"path": path, "method": method.upper()}
        for path, methods in DESCRIBED["paths"].items()
        for method, operation in methods.items()
    }


def limits(schema: dict[str, Any]) -> dict[str, Any]:
    """Answer the limits of a schema, of its alternative to null if it has one."""
    plain = next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)
    return {name: plain[name] for name in (*LIMITS, "enum") if name in plain}


def model_of(response: dict[str, Any]) -> str | list[str] | None:
    """Answer the name of a response's model, in a list if it is an array of it."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("type") == "array":
        return [schema["items"]["$ref"].rpartition("/")[2]]
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


@pytest.mark.parametrize(("name", "file"), [("v1", "openapi.json"), ("shop", "openapi-shop.json")])
def test_committed_description_is_the_codes(name: str, file: str) -> None:
    """docs/openapi*.json are what the code says; mend: python -m clickdrop.api.describe NAME > docs/FILE."""
    assert (DOCS / file).read_text() == written(name)


def test_served_description_is_the_committed_one(service: Service) -> None:
    """Anybody can fetch the descriptions, without a key."""
    assert service.client(service.url).get("/openapi.json").json() == DESCRIBED
    assert service.client(service.ready["shop_url"]).get("/openapi.json").json() == json.loads(written("shop"))


def test_there_are_fifteen_operations() -> None:
    """The API has the twelve published operations and the three that came later."""
    later = {"GetCarriersAsync", "CreateReturnAsync", "GetReturnServicesAsync"}
    assert set(operations()) == set(PUBLISHED["operations"]) | later


@pytest.mark.parametrize("name", PUBLISHED["operations"])
def test_operation_is_as_published(name: str) -> None:
    """Each operation has its published path, method, parameters, body, key and responses."""
    published, described = PUBLISHED["operations"][name], operations()[name]
    assert (described["method"], described["path"]) == (published["method"], published["path"])
    assert [each["name"] for each in described.get("parameters", [])] == published["parameters"]
    assert bool(described.get("security")) is published["secured"]
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    assert body.get("$ref", "").rpartition("/")[2] == (published["body"] or "")
    for status, model in published["responses"].items():
        if status == "500" or (name, status) in NEVER_ANSWERED:
            continue
        assert status in described["responses"]
        if model is not None:
            assert model_of(described["responses"][status]) == model


@pytest.mark.parametrize("name", PUBLISHED["parameters"])
def test_parameter_is_as_published(name: str) -> None:
    """Each parameter has its published place, type and limits, wherever it is used."""
    published = PUBLISHED["parameters"][name]
    used = [p for o in operations().values() for p in o.get("parameters", []) if p["name"] == name]
    assert used
    for described in used:
        schema = described["schema"]
        if "$ref" in schema:
            schema = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        expected = {key: published[key] for key in (*LIMITS, "enum") if key in published}
        assert described["in"] == published["in"]
        assert expected.items() <= limits(schema).items()
        assert schema.get("default") == published.get("default")


@pytest.mark.parametrize("name", PUBLISHED["models"])
def test_model_is_as_published(name: str) -> None:
    """Each model has its published fields, and asks for no others and no less than is published."""
    published, described = PUBLISHED["models"][name], DESCRIBED["components"]["schemas"][name]
    ours = set(described["properties"])
    assert set(published["properties"]) <= ours
    assert {(name, field) for field in ours - set(published["properties"])} <= LATER_ADDITIONS
    required = set(described.get("required", []))
    assert set(published["required"]) <= required
    if name.endswith("Request"):
        assert {(name, field) for field in required - set(published["required"])} <= REQUIRED_HERE


@pytest.mark.parametrize("name", [name for name in PUBLISHED["models"] if name in DESCRIBED["components"]["schemas"]])
def test_field_limits_are_as_published(name: str) -> None:
    """Each field of a request has its published limits and takes at least the published values."""
    for field, published in PUBLISHED["models"][name]["properties"].items():
        described = limits(DESCRIBED["components"]["schemas"][name]["properties"][field])
        if published.get("type") == "number":
            published = {key: value for key, value in published.items() if key != "maxLength"}
        if "Request" in name or name == "Importer":
            assert {key: published[key] for key in LIMITS if key in published}.items() <= described.items()
        assert set(published.get("enum", [])) <= set(described.get("enum", []))
