"""Isolation tests without a runner: in a notebook, a script, or under a runner that is not pytest."""

from __future__ import annotations

import inspect
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partywall.config import Config, random_seed
from partywall.errors import UsageError
from partywall.events import TestOutcome
from partywall.suite.isolation import STRICT, Isolation
from partywall.suite.records import Records, clear, concluded, meaning, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from partywall.events import Subscriber
    from partywall.gate import Assessment
    from partywall.grid import Rule
    from partywall.target import Target


def check_isolation(
    target: Target,
    *properties: Callable[[Isolation], object],
    folder: str | Path = "partywall-report",
    seed: int | None = None,
    rule: Rule | None = None,
) -> Assessment:
    """Try properties on a service, and judge all of it as ``partywall run`` does.

    Args:
        properties: each opens trials of the `Isolation` that it is given. Its docstring says what it claims.
        folder: gets the report and the evidence, in place of those of an earlier run.
        seed: brings an earlier run's tenants and marks back, 0 to 2**32 - 1.
        rule: what fails; strict without one.

    Returns:
        The verdict: ``outcome``, ``exit_status``, ``reasons``, ``found``, and what they stand on.

    Raises:
        UsageError: there is no property.
    """
    return _checked(target, [(each.__name__, each) for each in properties], Path(folder), seed, rule)


def check_described_api(
    project: str | Path = ".", *, folder: str | Path = "partywall-report", seed: int | None = None, **settings: Any
) -> Assessment:
    """Try the generic properties on an API that has a description.

    Args:
        project: folder of ``partywall.toml``; relative names count from there.
        settings: over those of the file, with their words: ``openapi``, ``app``, ``tenants``, ``base_url``, ...

    Raises:
        UsageError, Inconclusive: the API can't be reached, or not by its tenants.
    """
    from partywall.suite.generic import properties
    from partywall.suite.generic.api import opened
    from partywall.suite.generic.settings import load

    words = {word.replace("_", "-"): value for word, value in settings.items()}
    config = Config(random_seed() if seed is None else seed, Path(folder).absolute())
    with opened(load(Path(project).absolute(), words), print) as api:
        api.scout(config)
        tests = [
            (name, partial(test, api=api))
            for name, test in inspect.getmembers(properties, inspect.isfunction)
            if name.startswith("test_")
        ]
        return _checked(api.target(), tests, config.folder, config.seed, None, api.finish)


def _checked(
    target: Target,
    properties: Sequence[tuple[str, Callable[[Isolation], object]]],
    folder: Path,
    seed: int | None,
    rule: Rule | None,
    last: Callable[[Subscriber], None] | None = None,
) -> Assessment:
    if not properties:
        raise UsageError("no property: expected functions that take an Isolation and open trials")
    started = time.time()
    config = Config(random_seed() if seed is None else seed, folder.absolute())
    clear(config.folder)
    records = Records(config)
    tests: list[TestOutcome] = []
    trouble: list[str] = []
    try:
        for name, property_ in properties:
            error: BaseException | None = None
            try:
                property_(Isolation(target, config, name, records.emit, rule or STRICT))
            except Exception as failed:
                error = failed
            said = inspect.getdoc(getattr(property_, "func", property_)) or name
            tests.append(TestOutcome(name, sentence(said), *meaning(error)))
            records.write_evidence(target)
    except KeyboardInterrupt:
        trouble.append("interrupted")
    if last:
        last(records.emit)
    records.close()
    return concluded(config, tests, trouble, rule or STRICT, started=started)
