"""The planted leak `view-of-owner`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.strangers import shown_to_another

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "view-of-owner"
PATH = "/orders/full"


def test_leaks(leaking: Service) -> None:
    """With the leak, a list shows everybody's orders."""
    assert shown_to_another(leaking, PATH)


def test_correct(service: Service) -> None:
    """Without the leak, it shows the tenant's own."""
    assert not shown_to_another(service, PATH)
