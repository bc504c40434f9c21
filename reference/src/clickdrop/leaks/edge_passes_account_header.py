"""The account is whoever a header of the edge's names, and in one place the edge lets clients say it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clickdrop.leaks import authenticators, edges
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickdrop.adapters.database.storage import SqlStorage
    from clickdrop.domain.accounts import Identity
    from clickdrop.parts import Parts
    from clickdrop.service.accounts import Authenticator

HEADER = "x-edge-account"
_IN_SERVER = f"""
        proxy_set_header {HEADER} "";
        location /api/v1/manifests {{
            proxy_pass http://workers;{edges.FORWARDED}
        }}"""


class _TrustingAuthenticator:
    """Believes what the edge says, which knows accounts by the certificates of their machines."""

    def __init__(self, authenticator: Authenticator, _storage: SqlStorage) -> None:
        self._authenticator = authenticator

    async def identify(self, headers: Mapping[str, str]) -> Identity:
        identity = await self._authenticator.identify(headers)
        return replace(identity, account_id=headers.get(HEADER) or identity.account_id)


def _plant(parts: Parts) -> Parts:
    return edges.planted(_IN_SERVER)(authenticators.planted(_TrustingAuthenticator)(parts))


LEAK = Leak(
    name="edge-passes-account-header",
    leak_class="C12 TENANT_SOURCE",
    incidents=("I68",),
    difficulty=Difficulty.SEQUENTIAL,
    trigger="a valid key, and another tenant's account identifier in X-Edge-Account, below /api/v1/manifests",
    mechanism="the server clears the header, but a location that sets headers of its own does not inherit that",
    plant=_plant,
    stack=PRODUCTION,
)
