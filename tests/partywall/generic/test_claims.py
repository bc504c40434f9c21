"""What claims requests are sent with, without a service."""

from __future__ import annotations

from partywall.model import Request
from partywall.schema.operations import Operation, Parameter
from partywall.suite.generic.claims import WHOSE, claims, described
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


def test_described_parameters_are_claims() -> None:
    """Those of an operation's own that are open to a name and not used are tried, those first that sound as if
    they named somebody, one at a time and few."""
    text, number = {"type": "string"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    named = (
        ("limit", number),
        ("sort", {"enum": ["up"], "type": "string"}),
        ("q", text),
        ("page", text),
        ("near", text),
    )
    operation = Operation(
        "list",
        "GET",
        "/boxes/{shop}",
        (
            Parameter("shop", "path", True, text),
            *(Parameter(name, "query", False, schema) for name, schema in named),
            Parameter("box_id", "query", False, text),
            Parameter("org", "query", False, text),
            Parameter("customerId", "query", False, number),
            Parameter("X-On-Behalf-Of", "header", False, text),
            Parameter("X-Account", "header", False, text),
            Parameter("owner", "cookie", False, text),
        ),
    )
    request = Request("list", "GET", "/boxes/1", (("org", "mine"),))
    proof = Proof(headers={"X-Account": "one"})

    def tried(name: str, like: str = "") -> list[tuple[str, str]]:
        sent = described(operation, request, (name,), proof, like)
        return [pair for each in sent for pair in (*each.query, *each.headers) if pair != ("org", "mine")]

    sounding = [("X-On-Behalf-Of", "two"), ("Cookie", "owner=two")]
    assert tried("two") == [*sounding, ("q", "two"), ("page", "two")]
    assert tried("two", WHOSE) == sounding
    assert tried("7", WHOSE)[0] == ("customerId", "7")
    assert tried("7", "box") == [("box_id", "7")]
    assert tried("7")[3:] == [("limit", "7"), ("q", "7")]
    assert tried("Zoë", WHOSE) == []
