"""Noninterference: twins in company and alone, compared."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from partywall.decode.base64s import base64s
from partywall.ledger import Ledger
from partywall.model import Exchange, History, Tenant, Twins
from partywall.oracle.explain import headline
from partywall.oracle.judge import judge
from partywall.oracle.noninterference import compare
from partywall.policy import Policy, Resource
from tests.partywall.decode import bodies
from tests.partywall.histories import KEY, MARKS, NOTES, did

Answer = tuple[int, Any]


def twin(number: int, *answers: Answer, sent: str = "", **more: Any) -> History:
    """A tenant that makes a note, then lists, then asks for one that is not there; each answer is status and body."""
    tenant = Tenant(number, "A", f"Shop {MARKS.mint(number, 0)}")
    operations = ("create", "list", "get", "me", "change")
    exchanges = []
    for index, (status, came) in enumerate(answers):
        body = {"text": MARKS.mint(number, 7), **more}
        one = did(tenant, operations[index], f"/{sent}", sent=body, status=status, came=came)
        one.pop("at")
        exchanges.append(Exchange(number=index, called_ns=index * 10, returned_ns=index * 10 + 5, **one))
    control = Tenant(number + 50, "control", "", control=True)
    return History(KEY, (tenant, control), tuple(exchanges))


def told(number: int, id_: int, **more: Any) -> tuple[Answer, ...]:
    """What a sound service answers a twin whose note has that id."""
    text, code = MARKS.mint(number, 7), f"TT{id_ * 7919 % 10**9:09d}GB"
    file = base64.b64encode(f"about note {id_}, code {code}".encode()).decode()
    values = {"total": 1, "at": f"10:00:{number:02d}", "token": None, "said": "no such note", "more": [], **more}
    listed = {"notes": [{"id": id_, "text": text.upper()}], "total": values["total"], "next": values["token"]}
    return (
        (200, {"id": id_, "text": text, "at": values["at"], "code": code}),
        (200, listed | {"file": file}),
        (values.get("status", 404), {"message": values["said"]}),
        *values["more"],
    )  # fmt: skip


def in_company(**more: Any) -> History:
    """A twin in company, whose answers differ from its twins' by what is given."""
    company = twin(12, *told(12, 4711, **more))
    alone = (twin(11, *told(11, 1, **_alone(more))), twin(13, *told(13, 1, **_alone(more))))
    return replace(company, twins=Twins(12, alone))


def _alone(more: dict[str, Any]) -> dict[str, Any]:
    return {"token": "bmV4dDox"} if "token" in more else {}


def influences(history: History, policy: Policy = NOTES) -> list[tuple[str, str, str]]:
    return [(f.operation, f.place, f.value) for f in compare(Ledger.of(history, policy)).findings]


def test_equal_up_to_ids_and_times() -> None:
    """Own marks, ids wherever they show, assigned codes and times differ between twins, and that is no influence."""
    compared = compare(Ledger.of(in_company(), NOTES))
    assert compared.findings == ()
    assert compared.reason == ""
    assert {slot.place for slot in compared.left_out} == {"/at"}
    assert {operation for operation, _ in compared.seen} == {"create", "list", "get"}


def test_dates_and_amounts_in_the_services_way() -> None:
    """A date and an amount that a twin has sent are its own doing, however the service writes them; another amount is
    not, though the twins that were alone happened to send the same."""

    def bought(number: int, amount: float, day: str, shown: str = "") -> History:
        year, month, of_month = day.split("-")
        said = f"{shown or f'{amount:.2f}'} on {of_month}/{month}/{year}"
        return twin(number, *told(number, number, said=said, at="10:00"), amount=amount, at=f"{day}T12:05:09Z")

    alone = tuple(bought(number, 12345.31, "2025-03-07") for number in (11, 13))
    for shown, found in (("", []), ("50001.00", [("get", "/message", "50001")])):
        company = bought(12, 50000.0, "2025-11-21", shown)
        assert influences(replace(company, twins=Twins(12, (alone[0], alone[1])))) == found


def test_value_that_decodes_by_chance() -> None:
    """A twin's mark that happens to be base64 of something is held against the others' marks as it was written."""
    number = 54_433
    assert list(base64s(MARKS.mint(number, 7)))
    alone = (twin(11, *told(11, 1)), twin(13, *told(13, 1)))
    assert influences(replace(twin(number, *told(number, 4711, at="10:00:11")), twins=Twins(number, alone))) == []


def test_unreadable_is_no_influence() -> None:
    """An answer that could not be read to its end is not held against one that was: what it lacks is not known."""
    readable = in_company()
    [(_, made), (_, listed), *_] = told(12, 4711)
    torn = base64.b64encode(b"%PDF-1.4 torn").decode()
    answers = ((200, made), (200, {**listed, "total": 37, "file": torn}), *told(12, 4711)[2:])
    unreadable = replace(readable, exchanges=twin(12, *answers).exchanges)
    compared = compare(Ledger.of(unreadable, NOTES))
    assert compared.findings == ()
    assert {operation for operation, _ in compared.seen} == {"create", "get"}
    assert any("PDF" in reason for reason in judge(unreadable, NOTES).verdict.reasons)


def test_what_a_pdf_is_made_of_is_no_influence() -> None:
    """A bar code that is read in one twin's document and not in another's, and how a document lies in its file, follow
    from what is printed on it: they are nobody's influence. What its pages say is compared."""
    coded, blank, printed = (
        {"more": [(200, {"label": base64.b64encode(document).decode()})]}
        for document in (
            bodies.barcode_pdf("TT12345678901GB"),
            bodies.page_pdf(b"0 0 1 1 re f"),
            bodies.text_pdf("37 notes"),
        )
    )
    alone = (twin(11, *told(11, 1, **coded)), twin(13, *told(13, 1, **coded)))
    assert influences(replace(twin(12, *told(12, 4711, **blank)), twins=Twins(12, alone))) == []
    [(operation, place, _)] = influences(replace(twin(12, *told(12, 4711, **printed)), twins=Twins(12, alone)))
    assert (operation, place) == ("me", "/label/page 1")


def label(number: int, *lines: str) -> dict[str, Any]:
    """A further answer: a label with a bar code, the twin's mark and its name, which a line's end breaks."""
    said = (MARKS.mint(number, 7), "from Shop", MARKS.mint(number, 0), *lines)
    document = bodies.barcode_pdf("TT12345678901GB", lines=said)
    return {"more": [(200, {"label": base64.b64encode(document).decode()})]}


@pytest.mark.parametrize("number", [12, 54_433], ids=["plain", "mark-is-base64"])
def test_page_with_a_bar_code(number: int) -> None:
    """What a page says is compared though there is a bar code on it, which is no reading of the page's words."""
    alone = (twin(11, *told(11, 1, **label(11))), twin(13, *told(13, 1, **label(13))))
    for lines, found in (((), []), (("37 notes",), [("me", "/label/page 1")])):
        company = twin(number, *told(number, 4711, at="10:00:11", **label(number, *lines)))
        history = replace(company, twins=Twins(number, alone))
        assert [(operation, place) for operation, place, _ in influences(history)] == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"total": 37}, ("list", "/total", "37")),
        ({"said": "none of 37 notes"}, ("get", "/message", "none of 37 notes")),
        ({"said": "no such client"}, ("get", "/message", "client")),
        ({"status": 403}, ("get", "status", "403")),
        ({"token": "bmV4dDoxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTA="}, ("list", "/next", "48 characters")),
    ],
    ids=lambda each: str(each)[:24],
)
def test_influence(changed: dict[str, Any], found: tuple[str, str, str]) -> None:
    """A count, a message, a status or a token's size that company changes is found, with its place."""
    assert influences(in_company(**changed)) == [found]
    [finding] = judge(in_company(**changed), NOTES).verdict.findings
    assert (finding.kind, finding.owner, finding.viewer) == ("influence", "others", "A")
    assert found[2] in headline(finding)
    assert "without company" in finding.rule


def test_foreign_values_are_enough() -> None:
    """An answer that shows what is somebody else's is found once, as that."""
    foreign = in_company(said=f"no such note as {MARKS.mint(62, 7)}")
    assert len(influences(foreign)) == 1
    [finding] = judge(foreign, NOTES).verdict.findings
    assert (finding.property, finding.kind) == ("ownership", "content")


def test_next_token_grows_with_the_id() -> None:
    """A sealed token that is a little longer because the id in it is says nothing of others."""
    assert influences(in_company(token="bmV4dDo0NzEx")) == []


@pytest.mark.parametrize("beside", [(), (Resource("file of a note", {"create": "/id"}, {}, {}),)])
def test_order_counts(beside: tuple[Resource, ...]) -> None:
    """Ids are renamed one to one: the same objects in another order are a difference, also where something else is made
    under the same id."""
    policy = replace(NOTES, resources=(*NOTES.resources, *beside))

    def listed(number: int, *ids: int) -> History:
        made = [(200, {"id": id_}) for id_ in sorted(ids)]
        operations = [*("create" for _ in made), "list"]
        history = twin(number, *made, (200, {"notes": [{"id": id_} for id_ in ids]}))
        return replace(
            history,
            exchanges=tuple(replace(e, operation=o) for e, o in zip(history.exchanges, operations, strict=True)),
        )

    alone = (listed(11, 2, 1), listed(13, 2, 1))
    same = replace(listed(12, 80, 70), twins=Twins(12, alone))
    other = replace(listed(12, 70, 80), twins=Twins(12, alone))
    assert influences(same, policy) == []
    assert influences(other, policy) == [("list", "/notes/0/id", "70")]


def test_seconds_may_be_the_same() -> None:
    """A time that differs by nature is left out whole: its seconds may by chance be those of a minute before."""
    history = in_company(at="10:01:30")
    alone = (twin(11, *told(11, 1, at="10:00:11")), twin(13, *told(13, 1, at="10:02:11")))
    assert influences(replace(history, twins=Twins(12, alone))) == []


@pytest.mark.parametrize(("status", "reason"), [(429, "no answer: 429"), (503, "no answer: 503"), (None, "no answer")])
def test_not_comparable(status: int | None, reason: str) -> None:
    """A twin that was put off, or got no answer, proves nothing: inconclusive, with the reason."""
    history = in_company()
    broken = tuple(replace(e, status=status) if e.number == 1 else e for e in history.exchanges)
    compared = compare(Ledger.of(replace(history, exchanges=broken), NOTES))
    assert compared.findings == ()
    assert reason in compared.reason
    assert any(reason in each for each in judge(replace(history, exchanges=broken), NOTES).verdict.reasons)


def test_programme_of_chance() -> None:
    """Twins that were alone and sent different requests can't be compared."""
    history = in_company()
    assert history.twins is not None
    one, other = history.twins.alone
    shorter = replace(other, exchanges=other.exchanges[:-1])
    assert "different requests" in compare(
        Ledger.of(replace(history, twins=Twins(12, (one, shorter))), NOTES)
    ).reason  # fmt: skip


def test_documents_keyed_by_ids() -> None:
    """Ids that are keys of a document are renamed like any other."""

    def keyed(number: int, id_: int, open_: int) -> History:
        return twin(number, (200, {"id": id_}), (200, {"notes": [{"id": id_}], "by": {str(id_): {"open": open_}}}))

    alone = (keyed(11, 1, 5), keyed(13, 1, 5))
    assert influences(replace(keyed(12, 4711, 5), twins=Twins(12, alone))) == []
    assert influences(replace(keyed(12, 4711, 6), twins=Twins(12, alone))) == [("list", "/by/4711/open", "6")]


def test_nobody_has_twins() -> None:
    """Where nobody has twins there is nothing to compare, and nothing is said."""
    assert compare(Ledger.of(replace(in_company(total=3), twins=None), NOTES)) == compare(
        Ledger.of(twin(1, (200, json.loads("{}"))), NOTES)
    )
