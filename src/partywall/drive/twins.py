"""A programme that runs in company."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywall.drive.trial import Trial
    from partywall.model import Tenant

ROUNDS_MAX = 100


def in_company(
    trial: Trial,
    programme: Callable[[Trial, Tenant], None],
    company: Callable[[Trial], None],
    rounds: int = ROUNDS_MAX,
) -> None:
    """Let the first tenant run the programme while the others keep busy, as they were before it, for so many rounds at
    most."""
    company(trial)
    begun, over = threading.Event(), threading.Event()

    def crowd() -> None:
        begun.set()
        for _ in range(rounds):
            company(trial)
            if over.is_set():
                return

    with ThreadPoolExecutor(1) as pool:
        crowding = pool.submit(crowd)
        begun.wait()
        try:
            programme(trial, trial.tenants[0])
        finally:
            over.set()
    crowding.result()
