"""How likely it is that weak evidence is chance, and how unlikely it has to be to count.

A look is a place of a response that could show a piece of somebody else's value (the last four digits of a phone
number): with probability p it fits by chance. Some looks fit. `tail` answers how likely it is that as much fits as did,
given all the looks that there were.

The threshold: evidence counts when chance gives it in fewer than `ALARMS_PER_RESPONSE` x responses of such histories.
Over 1,000,000 clean responses, however they are cut into histories, fewer than 1e-9 x 1,000,000 = 0.001 false alarms
are to be expected. A history's allowance is divided among all the questions put to it (`share`), whatever their
answers, since the chances of many questions add up (Bonferroni).
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ALARMS_PER_RESPONSE = 1e-9

# Fewer values of a kind tell nothing of how they differ.
VALUES_MIN = 4
_BITS_MAX = 600


def share(responses: int, questions: int) -> float:
    """The chance that each of so many questions to a history of so many responses may have of a false alarm."""
    return ALARMS_PER_RESPONSE * responses / max(questions, 1)


def tail(looks: Iterable[float], hits: Iterable[float]) -> float:
    """The chance that looks fit by chance as well as they did.

    Args:
        looks: of each look, hits included, the probability that it fits by chance; independent of each other.
        hits: the probabilities of those that fitted.

    Each hit counts for its bits, -log2 p rounded down; what is answered is the probability that the looks' bits sum
    up to those of the hits or more, by adding up the distribution look by look. It is exact for that
    statistic, whatever the rounding: rounding costs power, not truth.
    """
    goal = min(sum(map(_bits, hits)), _BITS_MAX)
    if goal <= 0:
        return 1.0
    mass = [1.0] + [0.0] * goal
    for chance in looks:
        bits = _bits(chance)
        if not bits:
            continue
        kept = [each * (1.0 - chance) for each in mass]
        kept[goal] = mass[goal] + chance * math.fsum(mass[max(goal - bits, 0) : goal])
        for at in range(goal - bits):
            kept[at + bits] += chance * mass[at]
        mass = kept
    return min(mass[goal], 1.0)


def _bits(chance: float) -> int:
    return int(-math.log2(chance)) if 0.0 < chance < 1.0 else 0 if chance else _BITS_MAX


class Spread:
    """How much values of one kind differ, place by place, counted from the front and from the back.

    The chance that a value has a given character at a place is taken to be the chance that two of the values agree
    there: the sum of the squared shares, which for few values errs upwards, against finding. So what never differs is
    no evidence (a constant beginning, the century of a date), and of time-ordered ids only what varies counts. Where
    all have digits no letter fits, and the other way round. Fewer than `VALUES_MIN` values are no ground to
    stand on: everything fits.
    """

    __slots__ = ("_back", "_count", "_front")

    def __init__(self, values: Iterable[str]) -> None:
        self._front: list[Counter[str]] = []
        self._back: list[Counter[str]] = []
        self._count = 0
        for value in values:
            self._count += 1
            for counters, chars in ((self._front, value), (self._back, value[::-1])):
                counters += [Counter() for _ in range(len(chars) - len(counters))]
                for counter, char in zip(counters, chars, strict=False):
                    counter[char] += 1

    def chance(self, front: str, back: str) -> float:
        """The chance that a value begins with the one and ends with the other."""
        if self._count < VALUES_MIN:
            return 1.0
        of_front = math.prod(map(self._agree, self._front[: len(front)], front))
        return of_front * math.prod(map(self._agree, self._back[: len(back)], reversed(back)))

    def _agree(self, counter: Counter[str], char: str) -> float:
        if not any(each.isdigit() == char.isdigit() for each in counter):
            return 0.0
        return sum(count * count for count in counter.values()) / self._count**2
