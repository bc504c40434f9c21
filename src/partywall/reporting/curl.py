"""``witness.sh``: the requests of a witness as commands for curl, to be read and tried one at a time.

`replay.py` is what shows a finding again: here ids stand as the run met them, and nothing happens together.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from partywall.program import Answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.model import Exchange
    from partywall.program import Program, Step

_HEAD = """\
#!/bin/sh
# The requests of one finding, as they were sent. Set BASE_URL, and for each role who plays it:
# PARTYWALL_KEY_A, PARTYWALL_KEY_B, ... Ids are those of the run: put those of your service in their place."""


def curl(program: Program, answers: dict[int, Exchange]) -> str:
    """The script. Steps that were not answered are left out."""
    steps = (step for step in program.steps if step.number in answers)
    return "\n\n".join([_HEAD, *(_command(step, answers[step.number]) for step in steps)]) + "\n"


def _command(step: Step, exchange: Exchange) -> str:
    return "\n".join([*_notes(step), " \\\n  ".join(_words(step, exchange))])


def _notes(step: Step) -> Iterator[str]:
    together = f", together with the others of group {step.group}" if step.group is not None else ""
    gone = f", whose client hangs up after {step.hang_up_ms:g} ms" if step.hang_up_ms is not None else ""
    yield f"# {step.number}. {step.operation} by {step.role}{together}{gone}"
    for bound in step.bound:
        if isinstance(bound.source, Answered):
            yield f"# has {bound.source.place} of the answer to step {bound.source.step}"


def _words(step: Step, exchange: Exchange) -> Iterator[str]:
    url = urlsplit(exchange.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    operator = step.session is None
    yield f'curl -i -X {shlex.quote(exchange.method)} "$BASE_URL"{shlex.quote(path)}'
    yield f'-H "Authorization: Bearer $PARTYWALL_{"OPERATOR_KEY" if operator else f"KEY_{step.role}"}"'
    for name, value in exchange.request_headers:
        if name.lower() not in ("authorization", "cookie", "content-length", "host"):
            yield f"-H {shlex.quote(f'{name}: {value}')}"
    if exchange.request_body:
        yield f"--data-binary {shlex.quote(exchange.request_body.decode('utf-8', 'replace'))}"
    if step.hang_up_ms is not None:
        yield f"--max-time {step.hang_up_ms / 1e3:g}"
