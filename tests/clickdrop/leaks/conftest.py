"""A leaking service for each module, which names its leak in `LEAK`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clickdrop.services import Service, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def leaking(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A service with the module's leak."""
    with running("--leak", request.module.LEAK) as started:
        yield started
