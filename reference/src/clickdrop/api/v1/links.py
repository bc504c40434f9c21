"""Links of the description: where an answer names an object, and which operations take its name."""

from __future__ import annotations

from typing import Any, TypeAlias

Links: TypeAlias = dict[str, dict[str, Any]]
"""OpenAPI Link Objects by name."""


def links_of_order(pointer: str) -> Links:
    """Link an order, whose identifier is at a JSON pointer into the answer."""
    identifier = f"$response.body#{pointer}"
    by_path = {"orderIdentifiers": identifier}
    postage_label = {"documentType": "postageLabel", "includeReturnsLabel": False}
    despatch = {"items": [{"orderIdentifier": identifier, "status": "despatched"}]}
    return {
        "ShowOrder": {"operationId": "GetSpecificOrdersAsync", "parameters": by_path},
        "ShowOrderInFull": {"operationId": "GetSpecificOrdersWithDetailsAsync", "parameters": by_path},
        "PrintLabel": {"operationId": "GetOrdersLabelAsync", "parameters": by_path | postage_label},
        "Despatch": {"operationId": "UpdateOrdersStatusAsync", "requestBody": despatch},
        "DeleteOrder": {"operationId": "DeleteOrdersAsync", "parameters": by_path},
    }


def link_to_next_page(operation: str) -> Links:
    """Link a page of a list, made by an operation, to the one after it."""
    token = {"continuationToken": "$response.body#/continuationToken"}
    return {"NextPage": {"operationId": operation, "parameters": token}}


LINKS_OF_LABEL: Links = {"ManifestOrders": {"operationId": "ManifestEligibleAsync", "requestBody": {}}}
"""Links of a label: its order waits for a manifest now."""

LINKS_OF_MANIFEST: Links = {
    name: {"operationId": operation, "parameters": {"manifestIdentifier": "$response.body#/manifestNumber"}}
    for name, operation in (("ShowManifest", "GetManifestAsync"), ("RetryManifest", "RetryManifestAsync"))
}
"""Links of a manifest."""
