"""The services that the tests share, one on each stack: none of their tenants, which each test makes for itself."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage

from tests.clickdrop.services import STACKS, Service, Tenant, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def not_measured() -> Iterator[None]:
    """No coverage of what runs here, where nothing counts for it: tracing alone would make it half as slow again."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()


@pytest.fixture(scope="session", params=STACKS)
def started(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A correct service, on each stack."""
    with running("--demo", "--stack", request.param) as running_service:
        yield running_service


@pytest.fixture
def service(started: Service) -> Iterator[Service]:
    """A correct service, on each stack, to which no connection of a test before is open."""
    with ExitStack() as clients:
        yield replace(started, clients=clients)


@pytest.fixture
def tenant(service: Service) -> Tenant:
    """A new tenant of the correct service."""
    return service.tenant()


@pytest.fixture
def neighbour(service: Service) -> Tenant:
    """Another new tenant of the correct service."""
    return service.tenant()
