"""``witness.sh``: the requests of a witness as commands for curl, to be read and tried one at a time.

`replay.py` is what shows a finding again: here ids stand as the run met them, and nothing happens together.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from partywall.program import LISTENED_S, SAFE_METHODS, Answered
from partywall.target import BEARER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange
    from partywall.program import Program, Step
    from partywall.target import Party, Target

_HEAD = """\
#!/bin/sh
# The requests of one finding, as they were sent. Set BASE_URL, and for each role who plays it:
# PARTYWALL_KEY_A, PARTYWALL_KEY_B, ... (PARTYWALL_KEY_A_2 if it proves itself by two). Ids are those of the run: put
# those of your service in their place."""


def curl(program: Program, answers: dict[int, Exchange], target: Target) -> str:
    """The script. Steps that were not answered are left out."""
    parties = {role.name: target.party(role.label) for role in program.roles}
    commands = []
    for step in (step for step in program.steps if step.number in answers):
        page = step.operation in target.policy.pages
        words = _words(step, answers[step.number], parties[step.role], page=page)
        commands.append("\n".join([*_notes(step, page=page), " \\\n  ".join(words)]))
    names = dict(target.policy.names)
    told = [f"# {role.name} is {' '.join(names[role.label].split())}." for role in program.roles if role.label in names]
    told += [f"# {name}: {party.note}." for name, party in parties.items() if party.note]
    return "\n\n".join(["\n".join([_HEAD, *told]), *commands]) + "\n"


def _notes(step: Step, *, page: bool) -> Iterator[str]:
    together = f", together with the others of group {step.group}" if step.group is not None else ""
    gone = f", whose client hangs up after {step.hang_up_ms:g} ms" if step.hang_up_ms is not None else ""
    slow = ", with what the service leans on slow" if step.slow_upstream_ms else ""
    yield f"# {step.number}. {step.operation} by {step.role}{together}{gone}{slow}"
    if page and step.method not in SAFE_METHODS:
        yield "# is sent with the hidden field that the page before has in its form"
    for bound in step.bound:
        if isinstance(bound.source, Answered):
            yield f"# has {bound.source.place} of the answer to step {bound.source.step}"


def _words(step: Step, exchange: Exchange, party: Party, *, page: bool) -> Iterator[str]:
    url = urlsplit(exchange.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    shown = BEARER if step.session is None else party.shown
    key = "OPERATOR_KEY" if step.session is None else f"KEY_{step.role}"
    keys = [f"$PARTYWALL_{key}" + (f"_{number}" if number > 1 else "") for number in range(1, len(shown) + 1)]
    asked = "".join(
        f"{'&' if index or url.query else '?'}{quote(each.name)}={value}"
        for index, (each, value) in enumerate((e, v) for e, v in zip(shown, keys, strict=True) if e.place == "query")
    )
    yield f'curl -i -X {shlex.quote(exchange.method)} "$BASE_URL"{shlex.quote(path)}' + (f'"{asked}"' if asked else "")
    if page:
        jar = f"cookies-{step.role}-{step.session}"
        yield f"-b {jar} -c {jar}"
    else:
        for each, value in zip(shown, keys, strict=True):
            if each.prefix == "Basic ":
                yield f'-u "{value}"'
            elif each.place == "header":
                yield f'-H "{_escaped(each.name)}: {each.prefix}{value}"'
        if cookies := [f"{_escaped(e.name)}={v}" for e, v in zip(shown, keys, strict=True) if e.place == "cookie"]:
            yield f'-b "{"; ".join(cookies)}"'
    given = {each.name.lower() for each in shown if each.place == "header"}
    for name, value in exchange.request_headers:
        if name.lower() not in {"authorization", "cookie", "content-length", "host", *given}:
            yield f"-H {shlex.quote(f'{name}: {value}')}"
    if exchange.request_body:
        yield f"--data-binary {shlex.quote(exchange.request_body.decode('utf-8', 'replace'))}"
    if step.listens:
        yield f"--no-buffer --max-time {LISTENED_S:g}"
    if step.hang_up_ms is not None:
        yield f"--max-time {step.hang_up_ms / 1e3:g}"


def _escaped(text: str) -> str:
    """A name, which a service may have chosen, within double quotes of a shell."""
    return re.sub(r'([\\"$`])', r"\\\1", text)
