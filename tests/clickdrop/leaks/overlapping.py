"""Requests of two tenants at the same moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from tests.clickdrop.services import order, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clickdrop.services import Service, Tenant

ROUNDS = 60
ORDERS, EACH = ROUNDS, 4
SECRET = "Zebedee Quill"
QUERY = "documentType=postageLabel&includeReturnsLabel=false"


def shown_together(
    service: Service,
    owner: Tenant,
    viewer: Tenant,
    paths: Callable[[int], tuple[str, str]],
    shows: Callable[[bytes], bool],
) -> bool:
    """Ask for something of the owner's and of the viewer's together, again and again: does the viewer's show it?

    Args:
        paths: of the n-th round, for the owner and the viewer.
        shows: does an answer show what is the owner's?
    """

    async def rounds() -> bool:
        async with httpx.AsyncClient(base_url=service.url, trust_env=False) as client:
            for number in range(ROUNDS):
                calls = list(zip(paths(number), (owner, viewer), strict=True))
                turn = slice(None, None, -1 if number % 2 else 1)  # who comes first may be whom the other is mixed with
                answers = await asyncio.gather(
                    *(client.get(path, headers={"Authorization": tenant.key}) for path, tenant in calls[turn])
                )
                assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
                if shows(answers[turn][1].content):
                    return True
        return False

    return asyncio.run(rounds())


def labels_mixed(service: Service) -> bool:
    """Print labels of two tenants together, in groups that have not been printed yet: is one given the other's?"""
    owner, viewer = service.tenant(), service.tenant()
    theirs, own = (
        [made["orderIdentifier"] for made in tenant.create(*(order(recipient=who) for _ in range(ORDERS)))]
        for tenant, who in ((owner, SECRET), (viewer, "Ada Fenwick"))
    )

    def paths(number: int) -> tuple[str, str]:
        # Orders that have not been printed together yet: what was, is kept.
        chosen = [(number + step * (1 + number // ORDERS)) % ORDERS for step in range(EACH)]
        first, second = (f"/orders/{';'.join(str(ids[n]) for n in chosen)}/label?{QUERY}" for ids in (theirs, own))
        return first, second

    return shown_together(service, owner, viewer, paths, lambda body: SECRET in text_of(body))
