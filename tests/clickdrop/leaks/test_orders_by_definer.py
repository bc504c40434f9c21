"""The planted leak `orders-by-definer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.strangers import shown_to_another

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "orders-by-definer"
PATH = '/orders/"INV-1"/full'


def test_leaks(leaking: Service) -> None:
    """With the leak, everybody's orders of the reference are shown."""
    assert shown_to_another(leaking, PATH)


def test_correct(service: Service) -> None:
    """Without the leak, the tenant's own is."""
    assert not shown_to_another(service, PATH)
