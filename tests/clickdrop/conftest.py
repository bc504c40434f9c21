"""The service that the tests share: none of its tenants, which each test makes for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.services import Service, Tenant, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """A correct service."""
    with running("--demo") as started:
        yield started


@pytest.fixture
def tenant(service: Service) -> Tenant:
    """A new tenant of the correct service."""
    return service.tenant()


@pytest.fixture
def neighbour(service: Service) -> Tenant:
    """Another new tenant of the correct service."""
    return service.tenant()
