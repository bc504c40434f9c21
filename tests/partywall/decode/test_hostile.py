"""No hostile body hangs, crashes or fills what reads it, and what was not looked at is told."""

from __future__ import annotations

import pytest

from benchmarks.hostile_bodies import MEMORY_MB_MAX, decode_one
from partywall.decode import decode
from tests.partywall.decode.bodies import response
from tests.partywall.decode.hostile import ENCODINGS, HOSTILE, KINDS, TEXTUAL, UNSEEN
from tests.partywall.histories import A, mark

M = mark(A)
CPU_S_MAX = 60


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_body(name: str) -> None:
    """The body is decoded in bounds of time and memory; what nobody could read in them is unseen."""
    row = decode_one(name)
    assert row["peak_mb"] < MEMORY_MB_MAX
    assert row["cpu_s"] < CPU_S_MAX
    assert row["unseen"] or name not in UNSEEN


@pytest.mark.parametrize("name", TEXTUAL)
def test_value_behind_hostility(name: str) -> None:
    """A value at the end of a hostile body is found, or something is told as unseen."""
    body = HOSTILE[name]() + b"\n" + M.encode()
    headers = (("Content-Encoding", ENCODINGS[name]),) if name in ENCODINGS else ()
    decoded = decode(response(body, KINDS.get(name, ""), headers=headers))
    assert decoded.unseen or any(M in text.text for text in decoded.texts)
