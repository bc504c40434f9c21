"""Every interleaving of an ASGI application's requests: in this process, in virtual time, brought back at will.

`explore` searches, reduces what it finds and says what it guarantees; `replay` and `held_again` run one schedule again.
"""

from partywall.explore.exploration import STAGES, Exploration, explore
from partywall.explore.loading import loaded
from partywall.explore.lockstep import Lockstep
from partywall.explore.portfolio import Portfolio
from partywall.explore.programme import Client, Operations, Programme, Subject
from partywall.explore.schedule import Disconnect, Recording, Schedule, Switch, load
from partywall.explore.search import Guarantee
from partywall.explore.sweep import Sweep
from partywall.explore.witness import Witness, held_again, replay

__all__ = [
    "STAGES",
    "Client",
    "Disconnect",
    "Exploration",
    "Guarantee",
    "Lockstep",
    "Operations",
    "Portfolio",
    "Programme",
    "Recording",
    "Schedule",
    "Subject",
    "Sweep",
    "Switch",
    "Witness",
    "explore",
    "held_again",
    "load",
    "loaded",
    "replay",
]
