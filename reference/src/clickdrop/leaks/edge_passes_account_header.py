"""The account is whoever a header of the edge's names, and in one place the edge lets clients say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.leaks import authenticators, edges
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.parts import Parts

HEADER = "x-edge-account"
_IN_SERVER = f"""
        proxy_set_header {HEADER} "";
        location /api/v1/manifests {{
            proxy_pass http://workers;{edges.FORWARDED}
        }}"""


def _plant(parts: Parts) -> Parts:
    return edges.planted(_IN_SERVER)(authenticators.believing(HEADER)(parts))


LEAK = Leak(
    name="edge-passes-account-header",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68",),
    difficulty=Difficulty.SEQUENTIAL,
    shows_by=("ownership", "integrity"),
    trigger="a valid key, and another tenant's account identifier in X-Edge-Account, below /api/v1/manifests",
    mechanism="the server clears the header, but a location that sets headers of its own does not inherit that",
    seen="A header with another account's number in it was enough for me to be given that account's manifest.",
    plant=_plant,
    stack=PRODUCTION,
)
