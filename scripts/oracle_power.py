"""How much do the oracles miss? Leaks are put into histories of a perfect service, one at a time.

    python -m scripts.oracle_power [TIMES [SEED]]

Prints what was found of each kind, the share missed, and each miss with its history's seed; exits 1 if one in a
thousand or more was missed. Counted apart, with the reason: what nobody could see, and what a rule against false alarms
takes for no evidence as long as the policy does not say whose the values at that place are, and is seen once it does.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from random import Random

from tests.partywall.mutations import KINDS, findings, mutate, seen
from tests.partywall.perfect import DECLARED, Model

PER_HISTORY = 25
STEPS = 12


def main() -> int:
    """Mutate so many times."""
    times, first = (int(word) for word in [*sys.argv[1:], *("20000", "1")[len(sys.argv) - 1 :]])
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    nothing: Counter[str] = Counter()
    blind: Counter[str] = Counter()
    missed, seed = [], first
    while tried.total() < times:
        random = Random(seed)
        model = Model(random, tenants=random.choice((2, 3)))
        model.settle()
        for _ in range(STEPS):
            model.step()
        if alarms := findings(model.history):
            missed.append(f"seed {seed}: false alarm: {alarms[0]}")
        for index in range(PER_HISTORY):
            kind = KINDS[index % len(KINDS)]
            mutation = mutate(model, kind, random)
            if mutation is None:
                continue
            tried[kind] += 1
            if seen(mutation):
                found[kind] += 1
            elif mutation.nothing:
                nothing[f"{kind}: {mutation.nothing}"] += 1
            elif mutation.blind and seen(mutation, DECLARED):
                blind[f"{kind}: {mutation.blind}"] += 1
            else:
                missed.append(f"seed {seed}: {kind} at {sorted(mutation.where)}: {mutation.what}")
        seed += 1
    for kind in KINDS:
        print(f"{kind}: {found[kind]} of {tried[kind]} found")
    for reason, count in sorted(nothing.items()):
        print(f"nothing to see: {count} x {reason}")
    for reason, count in sorted(blind.items()):
        print(f"seen once the policy declares the place: {count} x {reason}")
    for miss in missed:
        print(f"missed: {miss}")
    could = tried.total() - nothing.total() - blind.total()
    print(
        f"{len(missed)} of {could} missed ({len(missed) / could:.5f}); of {tried.total()} tried, {nothing.total()} "
        f"showed nothing and {blind.total()} need the place declared; {time.process_time():.0f} s CPU"
    )
    return 0 if len(missed) < could / 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
