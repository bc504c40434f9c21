"""The planted leak `letters-to-earlier`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tests.clickdrop.web.visitors import Site

if TYPE_CHECKING:
    from tests.clickdrop.services import Service

LEAK = "letters-to-earlier"


def probe(service: Service) -> bool:
    """Invite a user of one account, then of another: is the second invitation sent to the first one's user as well?"""
    site = Site(service)
    owner, other = site.owner(), site.owner()
    addresses = [f"{uuid4()}@shop.example" for _ in range(2)]
    for inviting, address in zip((other, owner), addresses, strict=True):
        form = {"email": address, "name": "Zebedee Quill", "role": "clerk"}
        assert inviting.send("/settings/users", form).status_code == 303
    sent = {address: letters(site, address) for address in addresses}
    first, second = (f"to the account of {inviting.shop}." for inviting in (other, owner))
    assert any(first in text for text in sent[addresses[0]])
    assert [second in text for text in sent[addresses[1]]] == [True]
    return any(second in text for text in sent[addresses[0]])


def letters(site: Site, to: str) -> list[str]:
    """Read all letters to an address."""
    texts: list[str] = []
    while True:
        try:
            texts.append(site.letter(to))
        except AssertionError:  # there is no other one
            return texts


def test_leaks(leaking: Service) -> None:
    """With the leak, whoever was invited to one account is sent the link into another."""
    assert probe(leaking)


def test_correct(service: Service) -> None:
    """Without the leak, an invitation goes to whom it is for."""
    assert not probe(service)
