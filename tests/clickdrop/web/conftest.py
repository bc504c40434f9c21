"""The website of the shared services, and users of two accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.web.visitors import Site, Visitor

if TYPE_CHECKING:
    from tests.clickdrop.services import Service


@pytest.fixture
def site(service: Service) -> Site:
    """The website of a correct service, on each stack."""
    return Site(service)


@pytest.fixture
def owner(site: Site) -> Visitor:
    """The owner of a new account, logged in."""
    return site.owner()


@pytest.fixture
def other(site: Site) -> Visitor:
    """The owner of another new account, logged in."""
    return site.owner()
