"""What a replay without the harness looks for: everything in a witness that names its owner.

A stand-alone replay has neither the marks' key nor the ledger. It is told which marks who plants, and where
in which answers it will find what the service assigned to whom.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partywall import places
from partywall.ledger import Ledger, canonical, id_patterns, normal_id
from partywall.marks import Marks, bare
from partywall.program import SAFE_METHODS, Account, Answered
from partywall.reporting.relations import INDEX, issued_at, relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange
    from partywall.policy import Policy, Resource
    from partywall.program import Program, Step
    from partywall.reduction.reduce import Witness


def sought(witness: Witness, policy: Policy) -> dict[str, Any]:
    """What to look for in the answers to a witness' steps, as JSON."""
    finding = witness.shown or witness.finding
    found: dict[str, Any] = {
        "kind": finding.kind,
        "operation": finding.operation,
        "names": False,
        "planted": [],
        "assigned": [],
        "drawn": [],
        "pieces": [],
        "made": [],
        "shown_at": [],
        "named_at": [],
        "looks": [],
        "more_at": "",
        "relation": relation(witness, policy),
        "makers": sorted({operation for resource in policy.resources for operation in resource.made}),
    }
    match finding.kind:
        case "content":
            found["names"] = any(finding.value in tenant.name for tenant in witness.history.tenants)
            found |= _content(witness, policy)
        case "identifier":
            concerned = [r for r in policy.resources if r.unique and any(id_patterns(r, finding.operation))]
            found["made"] = [each for resource in concerned for each in _made(witness, resource)]
            found["shown_at"] = [pattern for r in concerned for pattern in id_patterns(r, finding.operation)]
        case "partial":
            found["pieces"] = [_piece(witness, policy)]
        case "influence":
            found["made"] = [each for resource in policy.resources for each in _made(witness, resource)]
        case "missing":
            found |= _missing(witness, policy)
        case "wrong-name":
            found["named_at"] = [[operation, pattern] for operation, pattern in policy.caller]
            found |= _content(witness, policy)
    return found


def must_succeed(step: Step, program: Program, answer: Exchange | None, marks: Marks) -> bool:
    """Is it a write that concerns its sender alone, and that went through? Then it does so in every service, unless it
    went through because a race mixed up who sent it."""
    if any(each.racing and each.number <= step.number for each in program.steps):
        return False
    own = {role.tenant for role in program.roles if role.name == step.role}
    foreign = any(mark.tenant not in own for mark in marks.find(step.literal.encode()))
    foreign |= any(_role(bound.source, program) != step.role for bound in step.bound)
    return answer is not None and answer.succeeded and step.method not in SAFE_METHODS and not foreign


def _role(source: Answered | Account, program: Program) -> str:
    return source.role if isinstance(source, Account) else program.step(source.step).role


def planted_words(witness: Witness) -> list[str]:
    """The marks that a replay may exchange for others, so that it can make again what its name lets be made but once.
    A part of one that is looked for would be lost."""
    if (witness.shown or witness.finding).kind == "partial":
        return []
    return sorted({each["value"] for each in _planted(witness.program, Marks(witness.history.key))})


def _content(witness: Witness, policy: Policy) -> dict[str, Any]:
    planted = _planted(witness.program, Marks(witness.history.key))
    assigned = _assigned(witness, policy)
    return {"planted": list(planted), "assigned": list(assigned), "drawn": list(_drawn(witness, policy))}


def _planted(program: Program, marks: Marks) -> Iterator[dict[str, str]]:
    owners = {role.tenant: role.name for role in program.roles}
    found = {
        (mark.text, owners[mark.tenant])
        for step in program.steps
        for mark in marks.find(step.literal.encode())
        if owners.get(mark.tenant) == step.role
    }
    return ({"owner": owner, "value": value} for value, owner in sorted(found))


def _assigned(witness: Witness, policy: Policy) -> Iterator[dict[str, Any]]:
    ledger = Ledger.of(witness.history, policy)
    log_ins = {log_in.operation for log_in in policy.log_ins}
    finding = witness.shown or witness.finding
    for number, exchange in witness.answers.items():
        for place, value in places.leaves(places.parse(exchange.body)):
            owned = ledger.owner_of_token(value) if isinstance(value, str) else None
            if owned and owned.tenant == exchange.tenant and str(value).lower() not in witness.common:
                yield {"owner": witness.program.step(number).role, "step": number, "place": place}
        # Where it showed, it was issued once more.
        issues = exchange.operation in log_ins and exchange.number != finding.exchange
        for place in issued_at(policy) if issues else ():
            yield {"owner": witness.program.step(number).role, "step": number, "place": place}


def _drawn(witness: Witness, policy: Policy) -> Iterator[dict[str, str]]:
    """The drawn value that showed, by the name of its place."""
    finding = witness.shown or witness.finding
    shown = canonical(finding.value)
    for number, exchange in witness.answers.items():
        for place, value in places.leaves(places.parse(exchange.request_body)):
            name = places.name(place)
            if name in Ledger.of(witness.history, policy).spaces and canonical(value) == shown:
                yield {"owner": witness.program.step(number).role, "name": name, "value": shown}


def _piece(witness: Witness, policy: Policy) -> dict[str, Any]:
    """A piece of a value, and where the value is to be had from if the service assigned it."""
    finding = witness.shown or witness.finding
    written = finding.value.lower()
    owner = next((role.name for role in witness.program.roles if role.label == finding.owner), "")
    told: dict[str, Any] = {"owner": owner, "value": written, "at": "", "cut_from": None}
    if finding.surface == "body" and finding.chain == ("json",):
        told["at"] = INDEX.sub("/*", finding.place)
    ends = re.fullmatch(r"([a-z0-9]*)([^a-z0-9].*[^a-z0-9]|[^a-z0-9])([a-z0-9]*)", written)
    if ends is None:
        return told
    front, between, back = ends.groups()
    for each in _assigned(witness, policy):
        answer = witness.answers[each["step"]]
        whole = bare(str(places.find(places.parse(answer.body), each["place"])[0][1])).decode()
        if each["owner"] == owner and whole.startswith(front) and whole.endswith(back):
            cut_from = {"step": each["step"], "place": each["place"]}
            told |= {"cut_from": cut_from, "front": len(front), "back": len(back), "between": between}
    return told


def _made(witness: Witness, resource: Resource) -> Iterator[dict[str, Any]]:
    for number, exchange in witness.answers.items():
        pattern = resource.made.get(exchange.operation)
        if pattern and exchange.succeeded:
            for place, value in places.find(places.parse(exchange.body), pattern):
                if value not in (None, ""):
                    yield {"owner": witness.program.step(number).role, "step": number, "place": place}


def _missing(witness: Witness, policy: Policy) -> dict[str, Any]:
    """The object that has to be there, the answers that have to show it, and where."""
    finding = witness.shown or witness.finding
    shown_by = witness.history.numbered[finding.exchange]
    made: list[dict[str, Any]] = []
    patterns: list[str] = []
    more_at = ""
    for resource in policy.resources:
        listings = [listing for listing in resource.listed if listing.operation == finding.operation]
        if not listings and finding.operation not in resource.shown:
            continue
        patterns += id_patterns(resource, finding.operation)
        # A file shows no id, and stands for the one that was asked for.
        patterns += [at for at in [resource.shown.get(finding.operation, "")] if at.startswith(("path:", "header:"))]
        more_at = next((listing.token for listing in listings), more_at)
        for each in _made(witness, resource):
            answer = witness.answers[each["step"]]
            value = places.find(places.parse(answer.body), each["place"])[0][1]
            if answer.tenant == shown_by.tenant and normal_id(value) == finding.value:
                made.append(each)
    last = next((n for n, e in witness.answers.items() if e.number == finding.exchange), None)
    return {
        "made": made[:1],
        "shown_at": patterns,
        "looks": [] if last is None else _pages(witness.program, last, finding.operation),
        "more_at": more_at,
    }


def _pages(program: Program, last: int, operation: str) -> list[int]:
    """The steps of a walk that ends with this one: each takes its page token from the one before."""
    pages = [last]
    while before := [n for n in program.step(pages[0]).needs if program.step(n).operation == operation]:
        pages.insert(0, before[0])
    return pages
