"""The oracles that need no foreign value: who is named, and what of one's own is there."""

from partywall.ledger import Ledger
from partywall.model import CLAIMS, Finding
from partywall.oracle.completeness import completeness
from partywall.oracle.echo import echo
from tests.partywall.histories import NOTES, A, B, did, history

MADE = did(A, "create", came={"id": 11})


def missing(*exchanges: dict[str, object]) -> list[Finding]:
    return list(completeness(Ledger.of(history(*(dict(each) for each in exchanges)), NOTES)))


def misnamed(*exchanges: dict[str, object]) -> list[Finding]:
    return list(echo(Ledger.of(history(*(dict(each) for each in exchanges)), NOTES)))


def test_wrong_name() -> None:
    """A response that names somebody else as its caller is found, and the other is named if it is known."""
    [finding] = misnamed(did(B, "me", came={"name": A.name}))
    assert (finding.owner, finding.viewer, finding.kind, finding.place) == ("A", "B", "wrong-name", "/name")
    [finding] = misnamed(did(B, "me", came={"name": "Somebody Ltd"}))
    assert finding.owner == "unknown"


def test_right_name() -> None:
    """One's own name, no name, and other operations are silent."""
    assert (
        misnamed(
            did(B, "me", came={"name": B.name}),
            did(B, "me", came={"name": None}),
            did(B, "me", came={}),
            did(B, "me", status=401, came={"name": "nobody"}),
            did(B, "get", came={"name": A.name}),
        )
        == []
    )


def test_missing_from_list() -> None:
    """What a tenant made and did not remove is missed when its list lacks it."""
    [finding] = missing(MADE, did(A, "list", "/notes", came={"notes": []}))
    assert (finding.kind, finding.value, finding.owner, finding.since, finding.exchange) == ("missing", "11", "A", 0, 1)
    assert missing(MADE, did(A, "list", "/notes", came={"notes": [{"id": 11}]})) == []


def test_pages() -> None:
    """A list is whole when its pages together are; an unfinished walk says nothing."""
    first = did(A, "list", "/notes?limit=1", came={"notes": [{"id": 10}], "next": "t1"})
    last = did(A, "list", "/notes?limit=1&after=t1", came={"notes": [{"id": 11}]})
    empty = did(A, "list", "/notes?limit=1&after=t1", came={"notes": []})
    assert missing(MADE, first, last) == []
    assert missing(MADE, first) == []
    assert [f.exchange for f in missing(MADE, first, empty)] == [2]


def test_narrowed_lists_say_nothing() -> None:
    """A list that the request narrowed may leave objects out."""
    assert missing(MADE, did(A, "list", "/notes?since=2026", came={"notes": []})) == []


def test_removed() -> None:
    """What its owner removed is not missed; what another tenant removed is."""
    look = did(A, "list", "/notes", came={"notes": []})
    assert missing(MADE, did(A, "delete", "/notes/11", came={"id": 11}), look) == []
    assert len(missing(MADE, did(B, "delete", "/notes/11", came={"id": 11}), look)) == 1


def test_unanswered_removal() -> None:
    """A removal without an answer may have happened."""
    assert missing(MADE, did(A, "delete", "/notes/11", status=None), did(A, "list", came={"notes": []})) == []
    assert missing(MADE, did(A, "delete", "/notes/11", status=500), did(A, "list", came={"notes": []})) == []


def test_overlap_excuses() -> None:
    """A look that was called before the making was answered, or returned after the removal was called, may
    miss the object."""
    early = did(A, "create", came={"id": 11}, at=(0, 20))
    assert missing(early, did(A, "list", came={"notes": []}, at=(10, 30))) == []
    removal = did(A, "delete", came={"id": 11}, at=(40, 60))
    look = did(A, "list", came={"notes": []}, at=(30, 50))
    assert missing(early, look, removal) == []
    too_early = did(A, "list", came={"notes": []}, at=(30, 39))
    assert len(missing(early, too_early, removal)) == 1


def test_shown_by_id() -> None:
    """A tenant that asks for its own object by id gets it; 404 is missing, 500 and 429 say nothing."""
    assert [f.kind for f in missing(MADE, did(A, "get", "/notes/11", status=404))] == ["missing"]
    assert [f.kind for f in missing(MADE, did(A, "get", "/notes/9%3B11", came=[]))] == ["missing"]
    assert missing(MADE, did(A, "get", "/notes/11", came={"id": 11})) == []
    assert missing(MADE, did(A, "get", "/notes/11", status=500)) == []
    assert missing(MADE, did(A, "get", "/notes/11", status=429)) == []
    assert missing(MADE, did(A, "get", "/notes/111", status=404)) == []
    assert missing(MADE, did(A, "get", '/notes/"11"', status=404)) == []
    assert missing(MADE, did(B, "get", "/notes/11", status=404)) == []


def test_removed_between_pages() -> None:
    """What the owner itself removes between two pages may hide another object, where pages begin at an offset."""
    made = [did(A, "create", came={"id": number}) for number in (1, 2, 3)]
    first = did(A, "list", "/notes", came={"notes": [{"id": 1}, {"id": 2}], "next": "2"})
    rest = did(A, "list", "/notes?after=2", came={"notes": []})
    gone = did(A, "delete", "/notes/1", came={"id": 1})
    copies = [[dict(each) for each in steps] for steps in ([*made, first, gone, rest], [*made, gone, first, rest])]
    between, before = (history(*steps) for steps in copies)
    assert list(completeness(Ledger.of(between, NOTES))) == []
    assert [finding.value for finding in completeness(Ledger.of(before, NOTES))] == ["3"]


def test_claims_may_narrow() -> None:
    """A request with another's name in a parameter, which may be a filter, need not be shown what is its sender's."""
    for look in (did(A, "list", came={"notes": []}), did(A, "get", "/notes/11", status=404)):
        assert missing(MADE, look)
        assert not missing(MADE, look | {"provocations": ("foreign-header", CLAIMS)})
