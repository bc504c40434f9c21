"""The ownership oracle: a foreign value is found wherever it shows, and nothing else is."""

import base64
import json

import pytest

from partywall.ledger import Ledger, distinctive
from partywall.marks import Marks
from partywall.model import Finding, History
from partywall.oracle.ownership import own_values, ownership
from tests.partywall.histories import CONTROL, MARKS, NOTES, A, B, did, history, mark

MINE, THEIRS = mark(B), mark(A)
MADE = did(A, "create", sent={"text": THEIRS}, came={"id": 11, "tracking": "TN123456789GB"})
MADE_B = did(B, "create", sent={"text": MINE}, came={"id": 12, "tracking": "TN987654321GB"})


def found(*exchanges: dict[str, object]) -> list[Finding]:
    return list(ownership(Ledger.of(history(*(dict(each) for each in exchanges)), NOTES)))


@pytest.mark.parametrize("status", [200, 304, 403, 404, 500])
def test_any_status(status: int) -> None:
    """A foreign mark is found in a response of any status, with owner, viewer, place and first exchange."""
    [finding] = found(MADE, did(B, "get", status=status, came={"error": f"not {THEIRS}"}))
    assert (finding.owner, finding.viewer, finding.operation, finding.value) == ("A", "B", "get", THEIRS)
    assert (finding.kind, finding.surface, finding.place, finding.since, finding.exchange) == (
        "content",
        "body",
        "/error",
        0,
        1,
    )


def test_partial_response() -> None:
    """What had come before a client hung up is judged like anything else."""
    raw = f'HTTP/1.1 200 OK\r\n\r\n{{"text": "{THEIRS}"'.encode()
    assert [f.owner for f in found(MADE, did(B, "get", status=None, came=raw, fault="hung up"))] == ["A"]


def test_own_is_silent() -> None:
    """A tenant's own marks, ids and assigned values are no finding."""
    assert found(MADE, did(A, "get", "/notes/11", came={"id": 11, "text": THEIRS, "tracking": "TN123456789GB"})) == []


def test_echo_of_the_request_is_silent() -> None:
    """An answer may repeat a foreign value that its own request carried; the next answer may not."""
    asked = did(B, "get", f"/notes/%22{THEIRS}%22", status=404, came={"message": f"no {THEIRS}"})
    assert found(MADE, asked) == []
    assert len(found(MADE, asked, did(B, "list", came={"notes": [{"text": THEIRS}]}))) == 1


def test_stored_by_the_viewer_is_silent() -> None:
    """A value that a tenant itself had stored is its own too, though another had it first."""
    copied = did(B, "create", sent={"text": THEIRS}, came={"id": 12})
    assert found(MADE, copied, did(B, "list", came={"notes": [{"text": THEIRS}]})) == []


def test_object_reached_by_id() -> None:
    """An answer that shows a foreign object at the place of objects is found, though it was asked for by id."""
    [finding] = found(MADE, did(B, "get", "/notes/11", came={"id": 11}))
    assert (finding.kind, finding.value, finding.owner, finding.place) == ("identifier", "11", "A", "/id")
    assert found(MADE, did(B, "get", "/notes/11", status=404, came={"id": 11})) == []


def test_assigned_value() -> None:
    """A distinctive value that the service assigned to one tenant is found when another sees it."""
    [finding] = found(MADE, MADE_B, did(B, "version", came={"log": "sent TN123456789GB today"}))
    assert (finding.kind, finding.value, finding.owner) == ("content", "tn123456789gb", "A")


def test_counter_of_each_tenant() -> None:
    """Ids that two tenants both were given are a counter of each one's own: no evidence."""
    both = [did(A, "create", came={"id": 1}), did(B, "create", came={"id": 1})]
    assert found(*both, did(B, "get", "/notes/1", came={"id": 1})) == []


def test_vocabulary() -> None:
    """A distinctive value in what both were given, or that the control sees, is the service's vocabulary."""
    word = {"service": "SERVICE-24-7-365"}
    made = [did(A, "create", came={"id": 1, **word}), did(B, "create", came={"id": 2, **word})]
    assert found(*made, did(B, "version", came=word)) == []
    shared = [did(A, "create", came={"id": 1, **word}), did(CONTROL, "version", came=word)]
    assert found(*shared, did(B, "version", came=word)) == []


def test_control_is_a_viewer() -> None:
    """The control tenant owns nothing and may see nothing of anyone's; a leak to it makes nothing common."""
    leaked = did(CONTROL, "list", came={"notes": [{"text": THEIRS, "tracking": "TN123456789GB"}]})
    assert {f.viewer for f in found(MADE, leaked)} == {"control"}
    after = found(MADE, leaked, did(B, "version", came={"x": "TN123456789GB"}))
    assert "B" in {f.viewer for f in after}


def test_declared_places() -> None:
    """A value at a place that the policy declares as assigned to the caller is the caller's."""
    mine = did(A, "me", came={"name": A.name, "key_id": "KEY-0001-ABCD"})
    [finding] = found(mine, did(B, "list", came={"by": "KEY-0001-ABCD"}))
    assert (finding.owner, finding.since) == ("A", 0)
    [cached] = found(mine, did(B, "me", came={"key_id": "KEY-0001-ABCD"}))
    assert (cached.owner, cached.viewer) == ("A", "B")
    [cached] = found(mine, did(CONTROL, "me", came={"key_id": "KEY-0001-ABCD"}))
    assert (cached.owner, cached.viewer) == ("A", "control")


def test_look_alikes_are_silent() -> None:
    """A mark of another key is taken for chance, and so is a damaged one that begins like nobody's."""
    other = Marks(b"another key").mint(A.number, 7)
    assert found(MADE, did(B, "list", came={"x": other})) == []
    assert found(MADE, did(B, "list", came={"x": f"{THEIRS[:6]}0000{THEIRS[10:15]}"})) == []


def test_other_trial() -> None:
    """A mark of the run whose owner is in another trial is found, and the owner is named as such."""
    [finding] = found(did(B, "list", came={"x": MARKS.mint(9_999, 1)}))
    assert finding.owner == "tenant 9999 of another trial"


def test_one_finding_for_a_surface() -> None:
    """A list of a hundred foreign values is one finding."""
    notes = [{"text": mark(A, serial)} for serial in range(100)]
    assert len(found(MADE, did(B, "list", came={"notes": notes}))) == 1


def test_through_encodings() -> None:
    """The chain of decodings is part of the finding."""
    inner = base64.b64encode(json.dumps({"t": THEIRS}).encode()).decode()
    [finding] = found(MADE, did(B, "get", came={"file": inner}))
    assert (finding.place, finding.chain) == ("/file/t", ("json", "base64", "json"))


def test_positive_control() -> None:
    """An owner's answer counts as a control only if something in it is provably the owner's."""
    steps = [
        MADE,
        did(A, "get", came={"text": THEIRS}),
        did(A, "list", came={"notes": []}),
        did(A, "get", came={"id": 11}),
    ]
    made = history(*(dict(each) for each in steps))
    ledger = Ledger.of(made, NOTES)
    assert [own_values(ledger, exchange) for exchange in made.exchanges] == [True, True, False, True]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("TN123456789GB", True),
        ("0b0e7e0c-8f6a-4b62-9a43-0a4f1c2d3e4f", True),
        ("2026-11-24T10:00:00Z", False),
        ("2026-11-24", False),
        ("1234567890", False),
        ("Harbour-Street", False),
        ("AB12", False),
    ],
)
def test_distinctive(value: str, expected: bool) -> None:
    """Dates, numbers and words are not distinctive; ids with letters and digits are."""
    assert distinctive(value) is expected


def test_empty_history() -> None:
    """No exchanges, no findings."""
    assert list(ownership(Ledger.of(History(b"k", (A, B)), NOTES))) == []
