"""Twins of a correct service, each alone, held against one another: not one may look as if company had influenced it.

    python -m scripts.clean_twins [OPENINGS [SEED]]

`isolation.twins` compares three tenants that do the same, one after the other. Here many do, in one service and all of
them alone, and each stands for the one in company between its neighbours: what the oracle finds then is a value that
differs by chance. Prints a line for each finding, and a sum; exits 1 if anything was found.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from fixtures.companies import programme, programme_in_the_shop
from fixtures.stacks import start, stop
from partywall.drive.trial import Trial
from partywall.ledger import Ledger
from partywall.model import History, Twins
from partywall.oracle.noninterference import compare
from strategies.openings import Opening, openings

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywall.model import Tenant
    from partywall.target import Target

TWINS = 8
PROGRAMMES: tuple[Callable[[Opening], Callable[[Trial, Tenant], None]], ...] = (programme, programme_in_the_shop)


def alone(target: Target, run: Callable[[Trial, Tenant], None], random: Random, number: int) -> History:
    """What a tenant is answered that does this while nobody else does anything."""
    trial = Trial(target, random.randbytes(16), number, 1)
    try:
        run(trial, trial.tenants[0])
        return trial.history
    finally:
        trial.close()


def differing(histories: list[History], target: Target) -> list[str]:
    """What the oracle says of each of them as if it had been in company, between the one before and the one after."""
    said = []
    for before, history, after in zip(histories, histories[1:], histories[2:], strict=False):
        twins = Twins(history.tenants[0].number, (before, after))
        ledger = Ledger.of(replace(history, twins=twins), target.policy)
        compared = compare(ledger)
        said += [compared.reason] if compared.reason else []
        said += [f"{f.operation} {f.surface} {f.place} {f.chain}: {f.value!r}; {f.rule}" for f in compared.findings]
    return said


def main() -> int:
    """Let twins live by so many openings."""
    wanted, first = (int(word) for word in [*sys.argv[1:], *("30", "1")[len(sys.argv) - 1 :]])
    random, found, compared, numbers = Random(first), 0, 0, itertools.count(1, 2)  # each has a control
    stack = start("embedded", [])
    target = stack.target()

    @seed(first)
    @settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(opening=openings(tenants=2))
    def live(opening: Opening) -> None:
        nonlocal found, compared
        for make in PROGRAMMES:
            said = differing([alone(target, make(opening), random, next(numbers)) for _ in range(TWINS + 2)], target)
            compared += TWINS
            found += len(said)
            for each in said:
                print(f"twin {compared}, {make.__name__}: {each}", flush=True)

    try:
        live()
    finally:
        stop(stack)
    print(f"{compared} twins, {found} findings or gaps")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
