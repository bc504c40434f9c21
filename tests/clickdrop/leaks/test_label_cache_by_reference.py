"""The planted leak `label-cache-by-reference`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "label-cache-by-reference"
SECRET = "Zebedee Quill"


def probe(service: Service) -> bool:
    """Print the labels of equal references in two tenants, and tell whether the second is the first one's."""
    owner, viewer = service.tenant(), service.tenant()
    query = {"documentType": "postageLabel", "includeReturnsLabel": "false"}
    labels = []
    for tenant, recipient in ((owner, SECRET), (viewer, "Ada Fenwick")):
        (made,) = tenant.create(order("INV-1", recipient=recipient))
        label = tenant.http.get(f"/orders/{made['orderIdentifier']}/label", params=query)
        assert label.status_code == 200, label.text
        labels.append(text_of(label.content))
    assert SECRET in labels[0]
    return SECRET in labels[1]


def test_leaks(leaking: Service) -> None:
    """With the leak, the second tenant's label is the first one's, recipient and all."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, each tenant prints its own label."""
    assert not probe(service)
