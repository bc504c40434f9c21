"""Leads: what of a history says that the service broke, and what does not."""

from __future__ import annotations

import pytest

from partywall.model import Exchange, History
from partywall.oracle.leads import PLAIN, Lead, broke, leads


def exchange(number: int, status: int | None, fault: str = "", *provocations: str) -> Exchange:
    return Exchange(
        number, "list", 1, "A/0", "", "GET", "/", (), b"", 10 * number, 10 * number + 5, status, fault=fault,
        provocations=provocations,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "fault", "expected"),
    [
        (200, "", ""),
        (404, "", ""),
        (503, "", "5xx"),
        (None, "ReadTimeout: no whole answer in 10 s", "time-out"),
        (None, "ReadTimeout: timed out", "time-out"),
        (None, "ReadError: [Errno 104] Connection reset by peer", "reset"),
        (None, "RemoteProtocolError: closed before the answer was whole", "reset"),
        (None, "ConnectError: [Errno 111]", "refused"),
        (None, "LocalProtocolError: a head of more than 1 bytes", "other"),
        (None, "hung up after 5 ms", ""),
        (None, "hung up: cut:first-byte", ""),
    ],
)
def test_what_broke(status: int | None, fault: str, expected: str) -> None:
    """A status of 5xx and a fault that the client did not bring about itself mean that the service broke."""
    assert broke(exchange(0, status, fault)) == expected


def test_by_operation_and_provocation() -> None:
    """Leads are counted by operation and provocation, whatever the provocation's number."""
    history = History(
        b"key",
        (),
        (
            exchange(0, 200),
            exchange(1, 500, "", "together:1", "held:lifo"),
            exchange(2, 500, "", "together:2"),
            exchange(3, 200, "", "together:3"),
            exchange(4, None, "ReadError: x", "hang-up:1.5", "cut:after-write:3"),
            exchange(5, 502),
        ),
    )
    assert leads(history) == (
        Lead("list", "together", "5xx", 2, 3, 1),
        Lead("list", "held:lifo", "5xx", 1, 1, 1),
        Lead("list", "hang-up", "reset", 1, 1, 4),
        Lead("list", "cut:after-write", "reset", 1, 1, 4),
        Lead("list", PLAIN, "5xx", 1, 2, 5),
    )
