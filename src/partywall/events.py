"""What happens in a run, as one stream. Writers subscribe and know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywall.model import Exchange, History, Tenant
    from partywall.oracle.judge import Judgement
    from partywall.policy import Policy


@dataclass(frozen=True, slots=True)
class TrialOpened:
    """Tenants have been admitted. ``trial`` is unique in the run, ``test`` is the test's node id."""

    trial: str
    test: str
    policy: Policy
    tenants: tuple[Tenant, ...]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An exchange is over."""

    trial: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class TrialJudged:
    """A history has been judged."""

    trial: str
    test: str
    history: History
    judgement: Judgement


Event = TrialOpened | Exchanged | TrialJudged
Subscriber = Callable[[Event], None]
