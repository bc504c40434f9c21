"""What one tenant is shown of what another has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.services import order

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

SECRET = "Zebedee"


def shown_to_another(service: Service, path: str) -> bool:
    """Make an order as each of two tenants, of one reference, and read something as one: does it show the other's?"""
    owner, viewer = service.tenant(), service.tenant()
    owner.create(order("INV-1", recipient=f"{SECRET} Quill"))
    viewer.create(order("INV-1"))
    answer = viewer.http.get(path)
    assert answer.status_code == 200, answer.text
    return SECRET in answer.text
