"""Requests that claim to be another tenant's, where services have believed whoever says so (incident class C12)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Request
    from partywall.suite.generic.credentials import Proof

_WHO = ("account", "tenant", "organization", "org", "customer", "company", "client", "merchant", "workspace", "user")
_HEADERS = tuple(
    f"X-{said.title()}"
    for who in _WHO
    for said in (who, f"{who}-id", f"forwarded-{who}", f"edge-{who}", f"auth-{who}", f"original-{who}")
)
_COOKIES = tuple(said for who in _WHO for said in (who, f"{who}_id", f"{who}Id"))


def claims(request: Request, name: str, proof: Proof) -> Iterator[Request]:
    """The request with a tenant's name in all headers, in all cookies, in all parameters of the query that a service
    might take it from.

    Args:
        proof: of who sends it; what proves a sender is no claim.
    """
    headers = {each.lower() for each in proof.headers}
    own = [pair for pair in request.headers if pair[0].title() not in _HEADERS]
    claimed = [(each, name) for each in _HEADERS if each.lower() not in headers]
    yield replace(request, headers=(*own, *claimed))
    cookies = [f"{each}={name}" for each in _COOKIES if each not in proof.cookies]
    yield replace(request, headers=(*request.headers, ("Cookie", "; ".join(cookies))))
    taken = {*proof.query, *(each for each, _ in request.query)}
    yield replace(request, query=(*request.query, *((each, name) for each in _COOKIES if each not in taken)))
