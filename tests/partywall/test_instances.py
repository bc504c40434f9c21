"""Fresh instances of a service, started ahead and stopped again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from partywall.drive.instances import Instances
from partywall.drive.replay import Trials
from partywall.errors import Inconclusive
from tests.partywall.leaky import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.target import Target

KEY = b"instances"


class Starter:
    """Starts services and knows which run."""

    def __init__(self, fails: str = "") -> None:
        self.started = 0
        self.stopped = 0
        self.fails = fails

    @contextmanager
    def fresh(self) -> Iterator[Target]:
        """One more."""
        if self.fails == "start":
            raise Inconclusive("the service did not start")
        with running() as service:
            self.started += 1
            try:
                yield service.target()
            finally:
                self.stopped += 1
        if self.fails == "stop":
            raise Inconclusive("the service died")


@pytest.mark.parametrize("fails", ["", "stop"])
def test_lent_once(fails: str) -> None:
    """Each instance is lent once, and all are stopped at the end, whatever they have to say."""
    starter = Starter(fails)
    instances = Instances(starter.fresh)
    urls = []
    for _ in range(3):
        with instances.lend() as target:
            urls.append(target.base_url)
    instances.close()
    assert len(set(urls)) == 3
    assert starter.started == starter.stopped >= 3


def test_not_before_it_is_needed() -> None:
    """Nothing is started for trials in the service at hand."""
    starter = Starter()
    with running() as service, Trials(replace(service.target(), fresh=starter.fresh), KEY, 1) as trials:
        with trials.service() as target, trials.trial(target, 2) as trial:
            assert trial.target.base_url == service.url
        assert starter.started == 0
        with trials.service(fresh=True) as target, trials.trial(target, 2) as trial:
            assert trial.target.base_url != service.url
    assert trials.next_number == 7
    assert starter.started == starter.stopped


def test_no_start() -> None:
    """An instance that does not start makes the trial inconclusive."""
    with (
        running() as service,
        Trials(replace(service.target(), fresh=Starter("start").fresh), KEY, 1) as trials,
        pytest.raises(Inconclusive, match="did not start"),
        trials.service(fresh=True),
    ):
        pass
