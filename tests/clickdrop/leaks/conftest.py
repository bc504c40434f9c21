"""A leaking service for each module, which names its leak in `LEAK`, on a stack where it leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clickdrop.leaks import LEAKS
from tests.clickdrop.services import STACKS, Service, running

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Start it on a stack."""
    if "leaking" in metafunc.fixturenames:
        leak = LEAKS[metafunc.module.LEAK]
        # A mechanism that is the same on both stacks is shown on the one that starts at once.
        stacks = [stack for stack in STACKS if leak.stack in {"both", stack}][:1]
        metafunc.parametrize("leaking", stacks, indirect=True, scope="module")


@pytest.fixture(scope="module")
def leaking(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A service with the module's leak, in one process unless `WORKERS` says otherwise: what a leak mixes up meets.

    `CONNECTIONS` says over how many connections to the database.
    """
    options = ["--stack", request.param, "--leak", request.module.LEAK]
    if request.param == "production":
        options += ["--workers", str(getattr(request.module, "WORKERS", 1))]
    if connections := getattr(request.module, "CONNECTIONS", None):
        options += ["--pool-size", str(connections)]
    with running(*options) as started:
        yield started
