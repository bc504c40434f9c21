"""What claims requests are sent with, without a service."""

from __future__ import annotations

from partywall.model import Request
from partywall.suite.generic.claims import claims
from partywall.suite.generic.credentials import Proof


def test_claims_keep_what_proves_their_sender() -> None:
    """All usual names are claimed but those by which the sender itself is known; the rest of a request stays."""
    request = Request("list", "GET", "/boxes", (("org", "mine"),), (("X-Tenant-Id", "one"), ("Accept", "a/b")))
    proof = Proof(headers={"X-User": "one"}, cookies={"account": "one"}, query={"tenant_id": "one"})
    in_headers, in_cookies, in_query = claims(request, "two", proof)
    headers = dict(in_headers.headers)
    assert (headers["Accept"], headers["X-Tenant-Id"], headers["X-Edge-Account"]) == ("a/b", "two", "two")
    assert "X-User" not in headers
    cookies = dict(in_cookies.headers)["Cookie"].split("; ")
    assert "account_id=two" in cookies
    assert "account=two" not in cookies
    assert in_query.query[0] == ("org", "mine")
    assert {name for name, value in in_query.query if value == "two"}.isdisjoint({"org", "tenant_id"})
    assert ("accountId", "two") in in_query.query
