"""What a replay without the harness compares, where a finding is no value that shows but a relation of two answers.

Relations: "differs" (the answers differ at some places, or at all but for what their requests named), "same" (both show
one value), "many" (together they show more than one value for a key), "lacks" (the last does not show a key), "status"
(the last was answered so), "kept" (a log-in leaves the session that it was sent with in force), and "influenced" (a
twin was told something else before there was company).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partywall.ledger import id_patterns
from partywall.oracle.explain import headline
from partywall.reduction.twinned import TWIN

if TYPE_CHECKING:
    from partywall.model import Finding
    from partywall.policy import Policy
    from partywall.program import Step
    from partywall.reduction.reduce import Witness

INDEX = re.compile(r"/\d+(?=/|$)")


def relation(witness: Witness, policy: Policy) -> dict[str, Any] | None:
    """The relation that a witness' finding is about, as JSON; None where a value shows."""
    finding = witness.shown or witness.finding
    steps = {exchange.number: step for step, exchange in witness.answers.items()}
    last = steps[finding.exchange]
    since = steps.get(finding.since) if finding.since is not None else None
    told: dict[str, Any] = {"first": since, "last": last, "at_first": [], "at_last": [], "key": "", "value": ""}
    match finding.kind:
        case "changed" | "removed":
            at = [INDEX.sub("/*", finding.place)] if finding.place else _ids(policy, finding, witness)
            told |= {"name": "differs", "first": _twin(witness, last, same=True), "at_first": at, "at_last": at}
        case "existence":
            at = [f"header:{finding.place}"] if finding.surface == "header" else []
            told |= {"name": "differs", "first": _twin(witness, last, same=False), "at_first": at, "at_last": at}
        case "foreign" | "kept":
            at = issued_at(policy)
            first = since if finding.kind == "kept" else _issued_first(witness, policy, last)
            told |= {"name": "same" if finding.kind == "foreign" else "kept", "first": first}
            told |= {"at_first": at, "at_last": at}
        case "survives" | "revoked":
            told |= {"name": "status", "value": "2xx"}
        case "not-modified":
            told |= {"name": "status", "value": "304"}
        case "deleted":
            removed = [at for resource in policy.resources for at in resource.removed.values()]
            told |= {"name": "same", "at_first": removed, "at_last": _ids(policy, finding, witness)}
        case "influence":
            at = told_at(finding)
            first = _of_twin(witness, last) if at else None
            told |= {"name": "influenced", "first": first, "at_first": at, "at_last": at}
        case "twice" | "uneven":
            told |= _once(witness, policy, finding, since, last)
        case _:
            return None
    return told | {"words": headline(finding)}


def issued_at(policy: Policy) -> list[str]:
    """Where answers have credentials."""
    tokens = [log_in.token for log_in in policy.log_ins if log_in.token]
    return tokens + [f"cookie:{log_in.cookie}" for log_in in policy.log_ins if log_in.cookie]


def _issued_first(witness: Witness, policy: Policy, last: int) -> int | None:
    """The step in which the owner got a credential, before another tenant got it in the last."""
    role = witness.program.step(last).role
    log_ins = {log_in.operation for log_in in policy.log_ins}
    steps = (step for step in witness.program.steps if step.number < last and step.role != role)
    return next((step.number for step in steps if step.operation in log_ins), None)


def _once(witness: Witness, policy: Policy, finding: Finding, since: int | None, last: int) -> dict[str, Any]:
    of = finding.value.partition(" ")[0]
    if finding.kind == "uneven":
        of = next((b if of == a else a for a, b in policy.paired if of in (a, b)), of)
    operations = [witness.program.step(step).operation for step in (since, last) if step is not None]
    effects = [effect for effect in policy.once if effect.of == of and effect.operation in operations]
    keys = {e.operation: e.key if e.key.startswith("/") else "" for e in effects}
    ats = {e.operation: e.at for e in effects}
    # The programme's text is the run's, not that of the tenants in whom a replay showed it.
    quoted = re.search(r"key,? '((?:[^'\\]|\\.)*)'", witness.finding.rule)
    return {
        "name": "many" if finding.kind == "twice" else "lacks",
        "at_first": [[keys[op], ats[op]] for op in operations[:1] if op in ats],
        "at_last": [[keys[op], ats[op]] for op in operations[-1:] if op in ats],
        "key": quoted.group(1) if quoted else "",
    }


def told_at(finding: Finding) -> list[str]:
    """Where a twin was told something else; nothing where a replay could not tell it from what differs by nature."""
    if finding.surface == "reason" and finding.place == "status":
        return ["status"]
    if finding.surface == "header" and not finding.chain:
        return [f"header:{finding.place}"]
    return [finding.place] if finding.surface == "body" and finding.chain == ("json",) else []


def _of_twin(witness: Witness, last: int) -> int | None:
    """The step in which the twin asked the same, before anybody else came."""
    program = witness.program
    twin = next((role.name for role in program.roles if role.label == TWIN), None)
    if twin is None:
        return None
    asked = program.step(last)
    own = [s.number for s in program.steps if (s.role, s.session) == (asked.role, asked.session)]
    return dict(zip(own, (s.number for s in program.steps if s.role == twin), strict=False)).get(last)


def _ids(policy: Policy, finding: Finding, witness: Witness) -> list[str]:
    operation = witness.history.numbered[finding.exchange].operation
    return [pattern for resource in policy.resources for pattern in id_patterns(resource, operation)]


def _twin(witness: Witness, last: int, *, same: bool) -> int | None:
    """The step nearest before or after that asked the same, or asked the same for something else."""
    shown = witness.program.step(last)
    alike = [
        step.number
        for step in witness.program.steps
        if step.number != last
        and (step.role, step.operation, step.method) == (shown.role, shown.operation, shown.method)
        if (_asked(witness, step) == _asked(witness, shown)) is same
    ]
    return min(alike, key=lambda number: abs(number - last), default=None)


def _asked(witness: Witness, step: Step) -> tuple[object, ...]:
    """What a step asked for, as recorded: what one binds may stand in another as it is."""
    answer = witness.answers.get(step.number)
    return (answer.url, answer.request_body) if answer else (step.url, step.body)
