"""``witness.sh``: the requests of a witness as commands for curl, to be read and tried one at a time.

`replay.py` is what shows a finding again: here ids stand as the run met them, and nothing happens together.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from partywall.program import LISTENED_S, SAFE_METHODS, Answered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from partywall.model import Exchange
    from partywall.program import Program, Step

_HEAD = """\
#!/bin/sh
# The requests of one finding, as they were sent. Set BASE_URL, and for each role who plays it:
# PARTYWALL_KEY_A, PARTYWALL_KEY_B, ... Ids are those of the run: put those of your service in their place."""


def curl(program: Program, answers: dict[int, Exchange], pages: Collection[str] = ()) -> str:
    """The script. Steps that were not answered are left out. ``pages``: operations that cookies alone open."""
    steps = (step for step in program.steps if step.number in answers)
    commands = (_command(step, answers[step.number], page=step.operation in pages) for step in steps)
    return "\n\n".join([_HEAD, *commands]) + "\n"


def _command(step: Step, exchange: Exchange, *, page: bool) -> str:
    return "\n".join([*_notes(step, page=page), " \\\n  ".join(_words(step, exchange, page=page))])


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


def _words(step: Step, exchange: Exchange, *, page: bool) -> Iterator[str]:
    url = urlsplit(exchange.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    operator = step.session is None
    yield f'curl -i -X {shlex.quote(exchange.method)} "$BASE_URL"{shlex.quote(path)}'
    if page:
        jar = f"cookies-{step.role}-{step.session}"
        yield f"-b {jar} -c {jar}"
    else:
        yield f'-H "Authorization: Bearer $PARTYWALL_{"OPERATOR_KEY" if operator else f"KEY_{step.role}"}"'
    for name, value in exchange.request_headers:
        if name.lower() not in ("authorization", "cookie", "content-length", "host"):
            yield f"-H {shlex.quote(f'{name}: {value}')}"
    if exchange.request_body:
        yield f"--data-binary {shlex.quote(exchange.request_body.decode('utf-8', 'replace'))}"
    if step.listens:
        yield f"--no-buffer --max-time {LISTENED_S:g}"
    if step.hang_up_ms is not None:
        yield f"--max-time {step.hang_up_ms / 1e3:g}"
