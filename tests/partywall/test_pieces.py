"""Pieces of values: masked, shortened and drawn ones, weighed together."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from partywall.ledger import Ledger, canonical
from partywall.oracle.ownership import ownership
from tests.partywall.histories import CONTROL, NOTES, A, B, did, history

if TYPE_CHECKING:
    from partywall.model import Finding, Tenant

POLICY = replace(NOTES, drawn=(("phone", 10**12), ("total", 9_000_000), ("postcode", 10**8), ("due", 30_000_000)))
RANDOM = random.Random(3)


def note(randoms: random.Random) -> dict[str, Any]:
    """What a tenant sends when it makes an object: all of it drawn."""
    return {
        "phone": f"+999{randoms.randrange(10**12):012}",
        "total": randoms.randrange(1_000_000, 10_000_000) / 100,
        "postcode": f"{''.join(randoms.choices('ABDEFGH', k=2))}{randoms.randrange(99)} {randoms.randrange(10)}AB",
        "due": f"2025-{randoms.randrange(1, 13):02}-{randoms.randrange(1, 29):02}T10:{randoms.randrange(60):02}:00Z",
    }


NOTES_OF = {A: [note(RANDOM) for _ in range(8)], B: [note(RANDOM) for _ in range(8)]}
CODES = {
    A: [f"TN{RANDOM.randrange(10**9):09}GB" for _ in range(8)],
    B: [f"TN{RANDOM.randrange(10**9):09}GB" for _ in range(8)],
}


def found(*later: dict[str, Any]) -> list[Finding]:
    made = [
        did(tenant, "create", sent=sent, came={"id": 10 * tenant.number + index, "tracking": code})
        for tenant in (A, B)
        for index, (sent, code) in enumerate(zip(NOTES_OF[tenant], CODES[tenant], strict=True))
    ]
    return list(ownership(Ledger.of(history(*made, *later), POLICY)))


def shows(tenant: Tenant, *notes: dict[str, Any]) -> dict[str, Any]:
    return did(tenant, "list", came={"notes": list(notes)})


def masked(sent: dict[str, Any]) -> dict[str, Any]:
    return {"phone": f"****{sent['phone'][-4:]}"}


def test_drawn_value_anywhere() -> None:
    """A phone number out of a million million is its owner's wherever it shows, however it is written."""
    phone = NOTES_OF[A][0]["phone"]
    for text in (phone, f"call {phone}", f"call {phone[:4]} {phone[4:8]} {phone[8:12]} {phone[12:]}", phone.strip("+")):
        [finding] = found(did(B, "version", came={"message": text}))
        assert (finding.kind, finding.owner, finding.viewer) == ("content", "A", "B"), text
        assert "alone sent this value, as phone" in finding.rule
        assert 0 < finding.chance < 1e-9


def test_drawn_values_at_their_places() -> None:
    """Values that others could have count at places of the same name only, and together."""
    some = {name: NOTES_OF[A][0][name] for name in ("total", "postcode", "due")}
    [finding] = found(shows(B, some))
    assert (finding.kind, finding.owner, finding.exchange) == ("content", "A", 16)
    assert 0 < finding.chance < 1e-9
    assert "fit A's alone" in finding.rule
    assert found(shows(B, {f"other{name}": value for name, value in some.items()})) == []
    assert found(shows(B, {"total": some["total"]})) == []


def test_masked_values() -> None:
    """The last four digits of one number are chance; of four numbers they are a weaker finding with its chance."""
    assert found(shows(B, masked(NOTES_OF[A][0]))) == []
    [finding] = found(shows(B, *(masked(sent) for sent in NOTES_OF[A])))
    assert (finding.kind, finding.owner, finding.surface) == ("partial", "A", "body")
    assert 0 < finding.chance < 1e-9
    assert finding.value.startswith("****")


@pytest.mark.parametrize("shorten", ["{0:.8}", "{0:.8}…", "{0:.8}***", "{0:.6}...{1}"])
def test_shortened_values(shorten: str) -> None:
    """The beginnings of two tracking numbers that the service assigned to one tenant are a weaker finding."""
    [finding] = found(shows(B, *({"ref": shorten.format(code, code[-4:])} for code in CODES[A])))
    assert (finding.kind, finding.owner) == ("partial", "A")


def test_endings_and_initials() -> None:
    """A place called last4 or initials shows pieces without a mask; few initials say nothing."""
    [finding] = found(shows(B, *({"phoneLast4": sent["phone"][-4:]} for sent in NOTES_OF[A])))
    assert (finding.kind, finding.owner) == ("partial", "A")
    assert found(shows(B, {"initials": "JS"})) == []


def test_own_pieces_are_silent() -> None:
    """The same pieces of the viewer's own values, or a mixture that fits both, are no finding."""
    own = [masked(sent) for sent in NOTES_OF[B]]
    assert found(shows(B, *own, *NOTES_OF[B]), shows(A, *(masked(sent) for sent in NOTES_OF[A]))) == []
    assert found(shows(B, *({"ref": f"{code[:2]}***{code[-2:]}"} for code in CODES[A]))) == []


def test_common_pieces_are_silent() -> None:
    """What the control tenant sees too, and what the request itself said, is no evidence."""
    pieces = [masked(sent) for sent in NOTES_OF[A]]
    assert found(shows(CONTROL, *pieces), shows(B, *pieces)) == []
    asked = did(B, "list", "/notes?q=" + ",".join(each["phone"] for each in pieces), came={"notes": pieces})
    assert found(asked) == []


def test_shared_drawn_value() -> None:
    """A value that two tenants sent is nobody's."""
    copied = did(B, "create", sent={"phone": NOTES_OF[A][0]["phone"]}, came={"id": 99})
    assert found(copied, shows(B, {"phone": NOTES_OF[A][0]["phone"]})) == []


def test_clean_histories_are_silent() -> None:
    """A service that shows masked, shortened and drawn values of its own to everyone, at random, gives no finding."""
    randoms = random.Random(11)
    for _ in range(60):
        strange = [note(randoms) for _ in range(20)]
        looks = [shows(B, *strange[:10], *(masked(each) for each in strange)) for _ in range(3)]
        codes = shows(B, *({"ref": f"TN{randoms.randrange(10**6):06}"} for _ in range(30)))
        assert found(*looks, codes) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12345.6, "12345.6"),
        ("12,345.60", "12345.6"),
        ("£12,345.60", "12345.6"),
        (12345.0, "12345"),
        ("+999 123-456", "999123456"),
        ("2025-01-05T10:00:00Z", "20250105100000"),
        ("2025-01-05T10:00:00.000+00:00", "20250105100000"),
        ("ls41 7qx", "ls417qx"),
    ],
)
def test_canonical(value: object, expected: str) -> None:
    """A value is the same however it is written."""
    assert canonical(value) == expected
