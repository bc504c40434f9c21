"""``partywall explore``: every interleaving of a described application's operations, without a line of code."""

from __future__ import annotations

import time
import urllib.parse
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partywall.config import Config, random_seed
from partywall.errors import Inconclusive, UsageError
from partywall.explore import Exploration, explore
from partywall.gate import EXIT_STATUS
from partywall.model import Outcome, Verdict
from partywall.reporting import exploration as reports
from partywall.suite.generic.api import opened
from partywall.suite.generic.command import say, settings_of
from partywall.suite.generic.rehearsal import rehearsed
from partywall.suite.generic.scene import Scene, listed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from partywall.explore import Witness
    from partywall.reporting.exploration import Explored
    from partywall.suite.generic.rehearsal import Rehearsed
    from partywall.suite.generic.settings import Settings

_WORDS = ("openapi", "app", "tenants", "hook", "ca-file", "allow-hosts")
_WIDTH = 110
_BLOCKED = "a thread that blocks"


def run(told: argparse.Namespace) -> tuple[list[str], int]:
    """The command: what it says, and its exit status. Raises what `explored` raises."""
    seed = random_seed() if told.seed is None else told.seed
    folder = Path(told.report or "partywall-report")
    verdict, lines = explored(settings_of(told), seed, folder, told.schedules, say)
    return lines, EXIT_STATUS[verdict.outcome]


def explored(
    settings: Settings, seed: int, folder: Path, schedules_max: int | None, say: Callable[[str], None]
) -> tuple[Verdict, list[str]]:
    """Explore, write the report's folder, and answer the verdict and what there is to say.

    Raises:
        UsageError: something in the settings, the description or the credentials has to be put right.
        Inconclusive: the service does not answer, or nothing succeeds in it.
    """
    if not settings.app:
        raise UsageError(
            "explore runs the application in this process: expected --app module:app, or 'app' in settings"
        )
    started, began = datetime.now(UTC), time.monotonic()
    given = {each.name: each.owns for each in listed(settings)[:2]}
    names = tuple(given)
    told = {word: value for word in _WORDS if (value := getattr(settings, word.replace("-", "_")))}
    _clear(folder)
    with opened(settings, say) as api:
        api.scout(Config(seed, folder))
        scene = Scene(told, seed, names, api.policy, _path(api.gateway.upstream))
        found, left_s = api.found, api.gateway.budget.left_s
    refused = {name: f"no request was found for it: {why}" for name, why in found.refused.items()}
    try:
        ready = rehearsed(scene, scene.programme(), found.recipes.values(), given)
        pairs = len(list(ready.operations.pairs()))
        say(f"exploring {len(ready.operations.each)} operations, {pairs} pairs, for at most {left_s:.0f} seconds")
        scene, result, limits = _searched(ready, seed, schedules_max, left_s)
        operations, missing = tuple(ready.operations.each), refused | ready.refused
    except Inconclusive as error:
        result = Exploration(Verdict(Outcome.INCONCLUSIVE, (), (str(error),)), (), None, 0, 0)
        operations, missing, limits = (), refused, ()
    report = reports.Explored(settings.app, seed, names, operations, found.left_out, missing, limits, result)
    _write(folder, report, scene, started.isoformat(timespec="seconds"), time.monotonic() - began)
    return report.verdict, reports.lines(report, folder)


def _searched(
    ready: Rehearsed, seed: int, schedules_max: int | None, seconds: float
) -> tuple[Scene, Exploration, tuple[str, ...]]:
    """The scene that was explored in the end, what came of it, and its limits."""
    scene, limits, until = ready.scene, [], time.monotonic() + seconds
    while True:
        result = explore(
            scene.subject(),
            ready.operations,
            seed=seed,
            schedules_max=schedules_max,
            seconds_max=max(0.0, until - time.monotonic()),
        )
        blocked = next((reason for reason in result.verdict.reasons if _BLOCKED in reason), "")
        if not (blocked and scene.lines):
            break
        # The application holds a lock from line to line, so that who is preempted there stops everybody.
        where = blocked.partition(", at ")[2].partition(";")[0]
        limits.append(f"other threads between the lines of one, for at {where} one waits for what another holds")
        scene = replace(scene, lines=False)
    if result.cut and result.guarantee:
        limits.append(result.cut)
    return scene, result, tuple(limits)


def _clear(folder: Path) -> None:
    """Remove what an earlier exploration left."""
    for stale in (*folder.glob(reports.FILE), *folder.glob("test_????????????.py")):
        stale.unlink()


def _write(folder: Path, report: Explored, scene: Scene, started: str, seconds: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / reports.FILE).write_text(reports.text(report, started=started, seconds=seconds), "utf-8")
    for witness in report.result.witnesses:
        (folder / reports.test_file(witness)).write_text(written(witness, scene), "utf-8")


def written(witness: Witness, scene: Scene) -> str:
    """A pytest test that shows a finding: it fails until the application is mended. It has no credentials in it, but
    takes them from where the settings do, in the folder that it is run in."""
    used: dict[str, set[str]] = {}
    setting = f"SCENE = {source(scene, used)}\n"
    used.setdefault("partywall.model", set()).discard("Request")  # the test imports it anyway
    imports = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(used.items()) if names]
    return witness.test_over("\n".join(imports), setting, "SCENE.subject()", "SCENE.programme()")


def source(value: Any, used: dict[str, set[str]], indent: str = "") -> str:
    """Python that makes a value of dataclasses and plain data. What it has to import is added to ``used``."""
    deeper = indent + "    "
    if is_dataclass(value) and not isinstance(value, type):
        used.setdefault(type(value).__module__, set()).add(type(value).__name__)
        begin, end = f"{type(value).__name__}(", ")"
        parts = [f"{name}={source(each, used, deeper)}" for name, each in _changed(value)]
    elif isinstance(value, dict):
        begin, end = "{", "}"
        parts = [f"{key!r}: {source(each, used, deeper)}" for key, each in value.items()]
    elif isinstance(value, tuple) and value:
        begin, end = "(", ")"
        parts = [source(each, used, deeper) for each in value]
    else:
        return repr(value)
    comma = "," if isinstance(value, tuple) and len(parts) == 1 else ""
    line = f"{begin}{', '.join(parts)}{comma}{end}"
    if len(indent) + len(line) <= _WIDTH and "\n" not in line:
        return line
    return "\n".join([begin, *(f"{deeper}{part}," for part in parts), f"{indent}{end}"])


def _changed(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields that differ from their defaults."""
    for each in fields(value):
        of = getattr(value, each.name)
        if of != each.default and (each.default_factory is MISSING or of != each.default_factory()):
            yield each.name, of


def _path(url: str) -> str:
    return urllib.parse.urlsplit(url).path.rstrip("/")
