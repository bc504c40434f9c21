"""The planted leak `printer-keeps-its-pages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clickdrop.leaks.overlapping import labels_mixed

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "printer-keeps-its-pages"


def test_leaks(leaking: Service) -> None:
    """With the leak, one of two that print together is given the other's label."""
    assert labels_mixed(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, overlap changes nothing."""
    assert not labels_mixed(service)
