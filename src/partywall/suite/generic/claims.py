"""Requests that claim to be another tenant's, where services have believed whoever says so (incident class C12)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from partywall.model import Request
    from partywall.schema.operations import Operation, Parameter
    from partywall.suite.generic.credentials import Proof

_WHO = ("account", "tenant", "organization", "org", "customer", "company", "client", "merchant", "workspace", "user")
_HEADERS = tuple(
    f"X-{said.title()}"
    for who in _WHO
    for said in (who, f"{who}-id", f"forwarded-{who}", f"edge-{who}", f"auth-{who}", f"original-{who}")
)
WHOSE = "|".join((*_WHO, "owner", "login", "principal", "impersonat", "behalf", "sudo", "actor"))
"""What parameters are called that name somebody."""
_LIKELY_MAX = 4
_ANY_MAX = 2
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


def described(
    operation: Operation, request: Request, names: Sequence[str], proof: Proof, like: str = ""
) -> Iterator[Request]:
    """The request with a name in one parameter that the operation has and the request leaves out, for a few of them.

    Args:
        like: pattern of what they are called; "" for any, those first that sound as if they named somebody.
    """
    used = {each.lower() for each, _ in (*request.query, *request.headers)}
    used |= {each.lower() for each in (*proof.query, *proof.headers, *proof.cookies)}
    free = [
        parameter
        for parameter in operation.parameters
        if parameter.location != "path"
        and parameter.name.lower() not in used
        and any(_takes(parameter, name) for name in names)
    ]
    likely = [p for p in free if _called(p, like or WHOSE)]
    others = [] if like else [p for p in free if p not in likely]
    for parameter in (*likely[:_LIKELY_MAX], *others[:_ANY_MAX]):
        for name in names:
            if _takes(parameter, name):
                yield _with(request, parameter, name)


def _called(parameter: Parameter, like: str) -> bool:
    return re.search(like, re.sub(r"[^a-z]", "", parameter.name.lower())) is not None


def _takes(parameter: Parameter, name: str) -> bool:
    """Is it for text, or a whole number that the name is, and open to any?"""
    branches = (each for key in ("anyOf", "oneOf") for each in parameter.schema.get(key, ()))
    schemas = [parameter.schema, *(each for each in branches if isinstance(each, dict))]
    types = {each for schema in schemas for each in _listed(schema.get("type", ()))}
    closed = any(key in schema for schema in schemas for key in ("enum", "const"))
    if parameter.location != "query" and not re.fullmatch(r"[!-:<-~]+", name):
        return False  # no header carries it
    return not closed and ("string" in types or ("integer" in types and name.isdecimal()))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _with(request: Request, parameter: Parameter, name: str) -> Request:
    if parameter.location == "query":
        return replace(request, query=(*request.query, (parameter.name, name)))
    pair = ("Cookie", f"{parameter.name}={name}") if parameter.location == "cookie" else (parameter.name, name)
    return replace(request, headers=(*request.headers, pair))
