"""The oracle on a load's own path: marks of others in each response, as they are written there.

What it can't see (disguises, compressed bodies, documents, what bears no mark) is for the oracles that judge the
history afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.drive.redaction import together
from partywall.program import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from partywall.marks import Mark, Marks
    from partywall.model import Exchange
    from partywall.policy import Policy

READS_KEPT = 20_000


class InLine:
    """Looks at each exchange of a load as it is over, and says whether to keep it in memory.

    Kept are: what shows a mark of another tenant; what may have changed something; logging in and out; what was not
    answered with success; what can't be read here; and of all other reads the first ``reads_kept``. A load that reads
    takes no more memory, however long it is. Everything is in the history's file.

    Attributes:
        looked: exchanges so far; answered: with a status; faults: without.
        foreign: those that show another tenant's mark. kept: those that are kept.
    """

    def __init__(self, marks: Marks, policy: Policy, reads_kept: int = READS_KEPT) -> None:
        self.looked = self.faults = self.foreign = self.kept = 0
        self._marks = marks
        self._reads_left = reads_kept
        self._watches: dict[int, Callable[[bytes], Sequence[Mark]]] = {}
        self._not_reads = {*policy.writes, *policy.log_outs, *(log_in.operation for log_in in policy.log_ins)}

    @property
    def answered(self) -> int:
        """Exchanges with a status."""
        return self.looked - self.faults

    def __call__(self, exchange: Exchange) -> bool:
        """Look at one more. Is it to be kept?"""
        self.looked += 1
        self.faults += exchange.status is None
        if (watch := self._watches.get(exchange.tenant)) is None:
            watch = self._watches[exchange.tenant] = self._marks.watch(exchange.tenant)
        shown = b"\0".join((together(value for _, value in exchange.headers), exchange.body))
        if any(mark.genuine for mark in watch(shown)):
            self.foreign += 1
        elif self._plain_read(exchange):
            if not self._reads_left:
                return False
            self._reads_left -= 1
        self.kept += 1
        return True

    def _plain_read(self, exchange: Exchange) -> bool:
        return (
            exchange.method in SAFE_METHODS
            and exchange.succeeded
            and exchange.operation not in self._not_reads
            and not exchange.header("content-encoding")
            and (not exchange.body or exchange.header("content-type").startswith(("application/json", "text/")))
        )
