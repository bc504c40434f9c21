"""Which operations of different tenants were in flight together, counted as requests begin and end."""

from __future__ import annotations

from collections import Counter, defaultdict


class Flying:
    """The requests in flight. What a call costs grows with the number of operations, not of requests.

    Attributes:
        overlaps: pairs of operations, in alphabetical order -> pairs of requests of different tenants that were in
            flight at one moment.
    """

    def __init__(self) -> None:
        self.overlaps: Counter[tuple[str, str]] = Counter()
        self._all: Counter[str] = Counter()
        self._of: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def began(self, operation: str, tenant: int) -> None:
        """A request was called."""
        for other, count in self._all.items():
            if foreign := count - self._of[other][tenant]:
                self.overlaps[(operation, other) if operation < other else (other, operation)] += foreign
        self._all[operation] += 1
        self._of[operation][tenant] += 1

    def ended(self, operation: str, tenant: int) -> None:
        """It returned."""
        self._all[operation] -= 1
        self._of[operation][tenant] -= 1
