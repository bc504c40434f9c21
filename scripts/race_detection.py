"""For each of the ten races: how many schedules each strategy needs, whether it is brought back, how small it gets.

    PYTHONPATH=. python scripts/race_detection.py [NAME ...]

Per race and strategy the median of 20 seeds, the worst in brackets, and [n/20] where not all found it within 1,000
schedules; the sweep has no seed. Then 100 replays of the reduced witness, its size, and whether an ordinary loop can
produce it. Exits 1 if a race is not found by the default stages, or a replay differs.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from typing import TYPE_CHECKING

from partywall.explore import Portfolio, Sweep, explore
from partywall.explore.portfolio import STRATEGIES
from partywall.explore.run import Runner
from partywall.explore.search import Enough, Search, Stage
from tests.partywall.explore.races import RACES

if TYPE_CHECKING:
    from tests.partywall.explore.races.race import Race

SEEDS, SCHEDULES_MAX, REPLAYS = 20, 1_000, 100


def detected(race: Race, stage: Stage, seed: int) -> int | None:
    """Schedules until the race's failure, None if it was not found."""
    with Runner(race.subject()) as runner:
        search = Search(runner, race.programme, seed, SCHEDULES_MAX)
        with contextlib.suppress(Enough):
            stage.explore(search)
    found = search.found.get(race.identity)
    return found.at if found else None


def row(race: Race, stage: Stage, seeds: int) -> str:
    """Median, worst, and of how many."""
    counts = [count for seed in range(seeds) if (count := detected(race, stage, seed)) is not None]
    if not counts:
        return f"- [0/{seeds}]"
    of = "" if len(counts) == seeds else f" [{len(counts)}/{seeds}]"
    return f"{statistics.median(counts):g} ({max(counts)}){of}"


def examined(race: Race) -> bool:
    """Print a race's figures."""
    began = time.process_time()
    print(f"{race.name}")
    print(f"  sweep {row(race, Sweep(), 1)}")
    for name in (*STRATEGIES, ""):
        stage = Portfolio(schedules=SCHEDULES_MAX, only=name)
        print(f"  {name or 'portfolio'} {row(race, stage, SEEDS)}")
    exploration = explore(race.subject(), race.programme)
    if not exploration.witnesses:
        print(f"  NOT FOUND: {exploration.verdict}")
        return False
    (witness,) = exploration.witnesses
    smallest = witness.smallest
    with Runner(race.subject()) as runner:
        runs = [runner.replay(smallest.programme, smallest.schedule) for _ in range(REPLAYS)]
    same = sum(not smallest.recording.divergence(run.recording) for run in runs)
    print(f"  replay {same}/{REPLAYS}; {witness.size}; {witness.feasibility}; {time.process_time() - began:.0f} CPU-s")
    print(f"  {smallest.schedule}")
    return same == REPLAYS and witness.found.identity == race.identity


def main() -> int:
    """Examine the races named, or all."""
    results = [examined(RACES[name]) for name in sys.argv[1:] or RACES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
