"""A folder for each finding: its witness for machines, and a stand-alone programme that shows it again."""

from __future__ import annotations

import base64
import json
import os
import time
from collections import deque
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from partywall.drive.replay import Trials
from partywall.events import Explained
from partywall.marks import Marks
from partywall.model import UNKNOWN
from partywall.oracle.explain import headline
from partywall.oracle.judge import judge
from partywall.program import Account, Bound
from partywall.record import exchange_to_json
from partywall.reduction.cause import enough
from partywall.reduction.reduce import SPENT, Budget, reduce, unreduced
from partywall.reporting.curl import curl
from partywall.reporting.har import har
from partywall.reporting.relations import told_at
from partywall.reporting.replay.answers import Answer
from partywall.reporting.replay.texts import bare, texts_of
from partywall.reporting.script import script
from partywall.reporting.sought import must_succeed, planted_words, sought

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from partywall.events import Subscriber
    from partywall.model import Finding, History
    from partywall.policy import Policy
    from partywall.program import Program, Step, Template
    from partywall.reduction.reduce import Witness
    from partywall.target import Target

VERSION = 1
NOT_REACHED = "not replayed: the run ended, or its budget for replays was spent, before its turn"
BESIDE = "replays do not show it by itself; in the run it was in answers in which finding"
UNREAD = "replay.py can't read the form in which it showed, so that it may say that it did not show"
SLOWED = "it showed while what the service leans on was slow, which replay.py can't bring about: slow it yourself"
RACE_ATTEMPTS, SEQUENTIAL_ATTEMPTS = 200, 2
SHARES = 3
"""Until something is shown, a finding may take this part of what is left. From then on that is shared out evenly, and
what has spent its share in vain is tried once more with what the others leave."""
BODY_BYTES_MAX = 64 * 1024


def write_evidence(
    folder: Path,
    found: Sequence[tuple[Finding, History]],
    target: Target,
    key: bytes,
    budget: Budget | None = None,
    *,
    first_number: int,
    heard: Subscriber | None = None,
    witnesses: list[Witness] | None = None,
) -> int:
    """Write ``findings/<id>/`` of each finding, unless that is there: as recorded, so that whatever ends the run loses
    nothing, and then as small as replays make it.

    Args:
        budget: for all of them together. What it does not reach stays as recorded.
        first_number: the tenants of the replays are numbered from here on.
        heard: is told the cause of each, as far as experiments say it, and whose symptom it is.
        witnesses: of what the run has found before, whose symptoms these may be; those of these are added.

    Returns:
        The number that the next call may begin with: within a run, none may come twice.
    """
    ours: list[tuple[Finding, History]] = []
    latest: dict[str, Witness] = {}

    def write(witness: Witness) -> None:
        latest[witness.finding.id] = witness
        write_witness(folder / "findings" / witness.finding.id, witness, target)
        cause = witness.finding.cause
        if heard and (witness.experiments or witness.symptom_of or cause != UNKNOWN):
            heard(Explained(witness.finding.id, cause, witness.experiments, witness.symptom_of))

    for finding, history in found:
        try:
            (folder / "findings" / finding.id).mkdir(parents=True)
        except FileExistsError:
            continue  # another worker has found the same, and explains it
        ours.append((finding, history))
        write(unreduced(history, finding, target, NOT_REACHED))
    left = budget or Budget()
    witnesses = [] if witnesses is None else witnesses
    with Trials(target, key, first_number) as trials:
        waiting, again = deque(ours), set[str]()
        while waiting and left.seconds > 0 and left.requests > 0:
            began, sent = time.monotonic(), trials.requests
            finding, history = waiting.popleft()
            share = 1 + len(waiting)
            if not any(witness.shown for witness in witnesses):
                share = min(share, SHARES)
            part = Budget(left.seconds / share, left.requests // share)
            witness = reduce(history, finding, trials, part, witnesses)
            if witness.shown or finding.id not in again:
                witnesses.append(witness)
                write(witness)
                if not witness.shown and witness.note.startswith(SPENT):
                    again.add(finding.id)
                    waiting.append((finding, history))
            left = Budget(left.seconds - (time.monotonic() - began), left.requests - (trials.requests - sent))
    judged: dict[int, tuple[Finding, ...]] = {}
    for finding, history in ours:
        witness = latest[finding.id]
        if witness.shown:
            continue
        if id(history) not in judged:  # a trial's findings share its history
            judged[id(history)] = judge(history, target.policy).verdict.findings
        if leak := _beside(finding, judged[id(history)], witnesses):
            of = leak.symptom_of or leak.finding.id
            note = "; ".join(filter(None, [witness.note, f"{BESIDE} {of} was too"]))
            write(replace(witness.explained(leak.finding.cause, ()), note=note, symptom_of=of))
    return trials.next_number


def _beside(finding: Finding, found: Sequence[Finding], witnesses: Sequence[Witness]) -> Witness | None:
    """The witness, which replays show, of what else is wrong with the answer, if there is one for each answer that is
    wrong so: an answer that is somebody else's has more than one symptom."""
    shown = {witness.finding.id: witness for witness in witnesses if witness.shown}
    answers = dict.fromkeys(each.exchange for each in found if each.id == finding.id)
    beside = [next((shown[f.id] for f in found if f.exchange == number and f.id in shown), None) for number in answers]
    return beside[0] if beside and all(beside) else None


def write_witness(folder: Path, witness: Witness, target: Target) -> None:
    """Write ``witness.json``, ``witness.har``, ``witness.sh`` and ``replay.py``, each in place whole."""
    folder.mkdir(parents=True, exist_ok=True)
    slowed = any(step.slow_upstream_ms for step in witness.program.steps)
    notes = [witness.note, "" if _replay_reads(witness) else UNREAD, SLOWED if slowed else ""]
    witness = replace(witness, note="; ".join(filter(None, notes)))
    program = program_to_json(witness, target)
    text = json.dumps(witness_to_json(witness, program), indent=1) + "\n"
    _put(folder / "witness.json", text, 0o644)
    exchanges = [exchange for _, exchange in sorted(witness.answers.items())]
    archive = har(exchanges, target.base_url, datetime.now(UTC), time.monotonic_ns())
    _put(folder / "witness.har", json.dumps(archive, indent=1) + "\n", 0o644)
    _put(folder / "witness.sh", curl(witness.program, witness.answers, target), 0o644)
    base = urlsplit(target.base_url).path or "/"
    _put(folder / "replay.py", script(program | {"base": base}, _story(witness)), 0o755)


def _replay_reads(witness: Witness) -> bool:
    """Can the stand-alone replay, which has the standard library only, see what was shown?"""
    finding = witness.shown or witness.finding
    if finding.kind == "influence":
        return bool(told_at(finding))
    shown_by = next((e for e in witness.answers.values() if e.number == finding.exchange), None)
    if finding.kind != "content" or shown_by is None:
        return True
    headers = [(name.lower(), value) for name, value in shown_by.headers]
    answer = Answer({}, "", {}, shown_by.status, shown_by.reason, headers, shown_by.body)
    value = bare(finding.value)
    return any(value in bare(text) for text in texts_of(answer))


def _put(path: Path, text: str, mode: int) -> None:
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.chmod(mode)
    draft.replace(path)


def witness_to_json(witness: Witness, program: dict[str, Any]) -> dict[str, Any]:
    """A witness as JSON. Its schema is published as reports/witness.schema.json."""
    return {
        "version": VERSION,
        "finding": _finding_to_json(witness.finding),
        "shown": _finding_to_json(witness.shown) if witness.shown else None,
        "reproduced": witness.reproduced,
        "tries": witness.tries,
        "minimal": witness.minimal,
        "experiments": [asdict(each) for each in witness.experiments],
        "note": witness.note,
        "program": program,
        "tenants": [asdict(tenant) for tenant in witness.history.tenants],
        "exchanges": [
            {"step": number, **exchange_to_json(exchange, BODY_BYTES_MAX)}
            for number, exchange in sorted(witness.answers.items())
        ],
    }


def program_to_json(witness: Witness, target: Target) -> dict[str, Any]:
    """The programme as JSON, with what to look for in its answers."""
    policy, parties = target.policy, [target.party(role.label) for role in witness.program.roles]
    program, marks = witness.program, Marks(witness.history.key)
    return {
        "roles": [
            {
                "name": role.name,
                "label": role.label,
                "tenant": dict(policy.names).get(role.label, ""),
                "shown": [each._asdict() for each in party.shown],
                "note": party.note,
            }
            for role, party in zip(program.roles, parties, strict=True)
        ],
        "racy": program.racy,
        "attempts": _attempts(witness),
        "tail": program.tail or 0,
        "planted": planted_words(witness),
        "steps": [
            {
                **_step_to_json(step),
                "page": _page(step, policy),
                "awaited": program.awaits(step),
                "opens": _opens(step, policy),
                "status": answer.status if (answer := witness.answers.get(step.number)) else None,
                "must_succeed": must_succeed(step, program, answer, marks),
            }
            for step in program.steps
        ],
        "look_for": sought(witness, policy),
    }


def _attempts(witness: Witness) -> int:
    """How often a replay tries unless it is told: what is sent one by one and did not show each time, as often as it
    takes for chance to hide it in 1 of 20 cases."""
    if witness.program.racy:
        return RACE_ATTEMPTS
    certain = witness.reproduced == witness.tries
    return SEQUENTIAL_ATTEMPTS if certain else enough(witness.reproduced / witness.tries)


def _opens(step: Step, policy: Policy) -> dict[str, Any] | None:
    """Where the answer has a credential, how that is sent, and by which session from then on."""
    for log_in in policy.log_ins:
        if log_in.operation == step.operation and log_in.token:
            session = step.session if step.opens is None else step.opens
            return {"session": session, "token": log_in.token, "header": log_in.header, "prefix": log_in.prefix}
    return None


def _page(step: Step, policy: Policy) -> dict[str, Any] | None:
    """How a page is asked for: with which cookies, and by forms that have which field of the page before."""
    cookies = sorted({log_in.cookie for log_in in policy.log_ins if log_in.cookie})
    return {"cookies": cookies, "form_field": policy.form_field} if step.operation in policy.pages else None


def _story(witness: Witness) -> list[str]:
    finding = replace(witness.finding)
    if witness.tries:
        rate = f"Replays showed it {witness.reproduced} times of {witness.tries}."
    else:
        rate = "It was not replayed."
    lines = [headline(finding), f"How that is known: {finding.rule}.", rate]
    if witness.experiments:
        lines.append(f"Cause: {finding.cause} ({'; '.join(map(str, witness.experiments))}).")
    if witness.note:
        lines.append(f"Note: {witness.note}.")
    lines += ["", "Roles, by the tenants' labels in the run: " + _roles(witness.program), ""]
    lines += [_line(step) for step in witness.program.steps]
    return lines


def _roles(program: Program) -> str:
    return ", ".join(f"{role.name} = {role.label}" for role in program.roles)


def _line(step: Step) -> str:
    url = "".join(part if isinstance(part, str) else _name(part) for part in step.url)
    how = f", together ({step.group})" if step.group is not None else ""
    how += ", listens meanwhile" if step.listens else ""
    how += f", hangs up after {step.hang_up_ms:g} ms" if step.hang_up_ms is not None else ""
    how += f", what the service leans on {step.slow_upstream_ms:g} ms late" if step.slow_upstream_ms else ""
    return f"    {step.number}. {step.role}: {step.method} {url}{how}"


def _name(bound: Bound) -> str:
    source = bound.source
    return f"<account of {source.role}>" if isinstance(source, Account) else f"<{source.place} of {source.step}>"


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {"id": finding.id, **asdict(finding)}


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "role": step.role,
        "session": step.session,
        "operation": step.operation,
        "method": step.method,
        "url": _template_to_json(step.url),
        "headers": [[name, _template_to_json(value)] for name, value in step.headers],
        "body": _template_to_json(step.body),
        "binary": base64.b64encode(step.binary).decode("ascii"),
        "group": step.group,
        "hang_up_ms": step.hang_up_ms,
        "slow_upstream_ms": step.slow_upstream_ms,
        "wait_s": step.wait_s,
        "listens": step.listens,
    }


def _template_to_json(template: Template) -> list[str | dict[str, Any]]:
    return [part if isinstance(part, str) else _bound_to_json(part) for part in template]


def _bound_to_json(bound: Bound) -> dict[str, Any]:
    source = bound.source
    where = {"account": source.role} if isinstance(source, Account) else {"step": source.step, "place": source.place}
    return {**where, "percent": bound.percent, "safe": bound.safe}
