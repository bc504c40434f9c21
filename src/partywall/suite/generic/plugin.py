"""The generic suite's fixtures. A project names this module in ``pytest_plugins`` of its root conftest."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from partywall.config import Config, random_seed
from partywall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.suite.generic.api import Api
    from partywall.target import Target


GIVEN = pytest.StashKey["Api"]()


class Given:
    """A plugin that provides an API which is open already."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def pytest_configure(self, config: pytest.Config) -> None:
        """Be found by the fixture."""
        config.stash[GIVEN] = self.api


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """The API under test, with what the scout learned of it."""
    with _of(request.config) as found:
        run = request.config.pluginmanager.get_plugin("partywall-run")
        try:
            if not found.found.recipes:
                found.scout(run.config if run else Config(random_seed(), request.config.rootpath))
            yield found
        finally:
            if run:
                found.finish(run.emit)


@contextmanager
def _of(config: pytest.Config) -> Iterator[Api]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        # Within a fixture pytest holds back what goes to standard output and error, its own lines included.
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            (reporter.write_line if reporter else print)(line)

    if (given := config.stash.get(GIVEN, None)) is not None:
        given.say = say
        yield given
        return
    from partywall.suite.generic.api import opened
    from partywall.suite.generic.settings import load

    if hasattr(config, "workerinput"):
        raise UsageError("the generic suite runs in one process: leave -n out")
    with opened(load(config.rootpath, {}), say) as found:
        yield found


@pytest.fixture
def isolation_target(api: Api) -> Target:
    """What partywall tests."""
    return api.target()
