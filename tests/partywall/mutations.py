"""Leaks put into the history of a perfect service: a response swapped, transplanted, or edited to show what is
another's."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from partywall.ledger import Ledger, distinctive
from partywall.oracle.judge import PROPERTIES
from tests.partywall.perfect import MARKS, PAGE, POLICY, Model, pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from partywall.model import Exchange, Finding, History
    from partywall.policy import Policy

KINDS = ("swap", "transplant", "edit")

EQUAL = "the two responses show the same"
NOTHING = "nothing in it is provably its owner's"
SHARED = "a value without a mark, shown to the control tenant: what it sees is shared by nature"
ASSIGNED = "a value without a mark, in the answer to a making: assigned to two tenants, it is the service's vocabulary"


@dataclass(frozen=True)
class Mutation:
    """A history with a leak in it.

    Attributes:
        where: numbers of the exchanges that show it now.
        what: the mutation in words.
        nothing: why nobody could see it, "" if somebody could.
        blind: the rule by which the oracles take it for no evidence, "" if they have to see it.
    """

    history: History
    where: frozenset[int]
    what: str
    nothing: str = ""
    blind: str = ""


def mutate(model: Model, kind: str, random: Random) -> Mutation | None:
    """One mutation of a model's history, None if the history has no place for it."""
    history = model.history
    answered = [e for e in history.exchanges if e.operation != "version"]
    one = random.choice(answered)
    others = [e for e in answered if e.tenant != one.tenant]
    if not others:
        return None
    other = random.choice(others)
    if kind == "swap":
        changed = _put(history, _given(one, other), _given(other, one))
        moved = model.shows[one.number] | model.shows[other.number]
        return Mutation(changed, frozenset({one.number, other.number}), f"{one.operation} <-> {other.operation}",
                        _nothing(moved, one, other))  # fmt: skip
    if kind == "transplant":
        changed = _put(history, _given(one, other))
        what = f"{other.operation} given to {one.operation}"
        return Mutation(changed, frozenset({one.number}), what, _nothing(model.shows[other.number], one, other))
    return _edited(model, one, random)


def findings(history: History, policy: Policy = POLICY) -> list[Finding]:
    """What all properties say of a history of the model."""
    ledger = Ledger.of(history, policy)
    return [finding for oracle in PROPERTIES.values() for finding in oracle(ledger)]


def seen(mutation: Mutation, policy: Policy = POLICY) -> bool:
    """Does a finding name one of the exchanges that were changed?"""
    return any(finding.exchange in mutation.where for finding in findings(mutation.history, policy))


def _nothing(shows: frozenset[tuple[str, str]], one: Exchange, other: Exchange) -> str:
    if one.body == other.body and one.headers == other.headers:
        return EQUAL
    telling = {value for _, value in shows if not value.isdigit() or one.operation == other.operation}
    return "" if telling else NOTHING


def _given(receiver: Exchange, donor: Exchange) -> Exchange:
    return replace(receiver, status=donor.status, reason=donor.reason, headers=donor.headers, body=donor.body)


def _put(history: History, *changed: Exchange) -> History:
    by_number = {e.number: e for e in changed}
    return replace(history, exchanges=tuple(by_number.get(e.number, e) for e in history.exchanges))


def _edited(model: Model, viewer: Exchange, random: Random) -> Mutation | None:
    """A value that another tenant owned by then, put anywhere into a response."""
    owned = [
        value
        for e, shows in zip(model.history.exchanges, model.shows, strict=True)
        if e.tenant != viewer.tenant and e.returned_ns < viewer.called_ns and e.operation.startswith(("make", "me"))
        for _, value in sorted(shows)
        if any(MARKS.find(value.encode())) or distinctive(value)
    ]
    if not owned:
        return None
    value = random.choice(owned)
    ways = [way for way in _WAYS if way is not _in_pdf or viewer.header("content-type") == "application/pdf"]
    way = random.choice(ways)
    changed = way(viewer, value, random)
    marked = any(MARKS.find(value.encode()))
    control = model.history.by_number[viewer.tenant].control
    making = viewer.operation.startswith("make")
    blind = "" if marked else SHARED if control else ASSIGNED if making else ""
    what = f"{way.__name__.strip('_').replace('_', ' ')} of {viewer.operation}: {value}"
    return Mutation(_put(model.history, changed), frozenset({viewer.number}), what, blind=blind)


def _in_json(exchange: Exchange, value: str, random: Random) -> Exchange:
    """As a new member somewhere in the document, plain or in other words; without a document, one is made of it."""
    try:
        document = json.loads(exchange.body)
    except ValueError:
        return _in_html(exchange, value, random)
    target: Any = document
    while True:
        inner = [v for v in (target.values() if isinstance(target, dict) else target) if isinstance(v, dict | list)]
        if not inner or random.random() < 0.4:
            break
        target = random.choice(inner)
    told = random.choice(_WORDINGS)(value)
    if isinstance(target, dict):
        strings = [key for key, each in target.items() if isinstance(each, str)]
        target[random.choice([*strings, "extra"])] = told
    else:
        target.insert(random.randrange(len(target) + 1), told)
    return replace(exchange, body=json.dumps(document).encode())


def _in_html(exchange: Exchange, value: str, random: Random) -> Exchange:
    page = random.choice(("<p>{}</p>", "<a href='/x?q={}'>x</a>", "<!-- {} -->", "<script>var a = '{}';</script>"))
    if exchange.body.startswith(b"%PDF"):
        return _in_pdf(exchange, value, random)
    rest = exchange.body.decode() if exchange.body.startswith(b"<") else "<!doctype html>"
    return replace(exchange, body=(rest + page.format(value)).encode())


def _in_pdf(exchange: Exchange, value: str, random: Random) -> Exchange:
    lines = [f"line {n}" for n in range(random.randrange(PAGE))]
    lines.insert(random.randrange(len(lines) + 1), value)
    return replace(exchange, body=pdf(*lines))


def _in_header(exchange: Exchange, value: str, random: Random) -> Exchange:
    name, form = random.choice(
        (
            ("x-debug", "{}"),
            ("set-cookie", "session={}; HttpOnly"),
            ("location", "/things/{}"),
            ("content-disposition", 'attachment; filename="{}.txt"'),
            ("link", "</x?after={}>; rel=next"),
        )
    )
    return replace(exchange, headers=(*exchange.headers, (name, form.format(urllib.parse.quote(value)))))


def _in_reason(exchange: Exchange, value: str, _random: Random) -> Exchange:
    return replace(exchange, reason=f"Not for {value}")


_WAYS: tuple[Callable[[Exchange, str, Random], Exchange], ...] = (
    _in_json, _in_json, _in_json, _in_html, _in_pdf, _in_header, _in_reason,
)  # fmt: skip

_WORDINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    "See {}, please".format,
    lambda value: urllib.parse.quote(f"for {value}"),
    lambda value: html.escape(f"<b>{value}</b>"),
    lambda value: base64.b64encode(f"the value is {value}".encode()).decode(),
    lambda value: base64.urlsafe_b64encode(json.dumps({"deep": [value, "more of it"]}).encode()).decode().rstrip("="),
    lambda value: base64.b64encode(pdf("a label", value)).decode(),
    lambda value: json.dumps({"inner": value}),
)
