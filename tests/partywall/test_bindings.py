"""From a history to a programme: what earlier responses decided is bound, all else stands as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partywall.drive.replay import Replay, remint
from partywall.drive.trial import Trial
from partywall.marks import Marks
from partywall.program import Account, Answered, Bound, Program, Source, fill
from partywall.reduction.bindings import program_of
from tests.partywall import leaky
from tests.partywall.histories import MARKS, NOTES, A, B, did, history, mark
from tests.partywall.notation import POLICY, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywall.model import Request
    from partywall.program import Step

OTHER = "another-value-0001"

ids = st.integers(1, 10**9).map(str)
uuids = st.uuids().map(str)
# A token without a character that needs escaping does not say how often it would be escaped.
tokens = st.text("abcXYZ019+/=;", min_size=6, max_size=24).map(lambda text: f"{text}=")
words = st.text("abcdefgh", max_size=6)


def written(step: Step, value: str) -> tuple[str, str]:
    """URL and body of a step whose bound values are all this one."""
    return fill(step.url, lambda _: value), fill(step.body, lambda _: value)


def bound(step: Step) -> list[Source]:
    return [part.source for part in step.bound]


def asked(made: Any, url: str, sent: Any = None, operation: str = "create") -> Step:
    """The step of a request by B, after A was given a document."""
    recorded = history(did(A, operation, "/v1/notes", came=made), did(B, "get", f"/v1{url}", sent=sent))
    return program_of(recorded, NOTES, "/v1").steps[1]


@given(ids | uuids, words, st.sampled_from([";", ",", "%3B", "%253B", "/"]), st.integers(0, 2))
def test_in_a_path(value: str, word: str, separator: str, times: int) -> None:
    """An id in a path is bound wherever it stands alone, and is written as it was."""

    def url(value: str) -> str:
        for _ in range(times):
            value = quote(value, safe="")
        return f"/notes/{word}x{separator}{value}{separator}{value}/full?x={word}"

    step = asked({"id": value}, url(value))
    assert bound(step) == [Answered(0, "/id")] * 2
    assert written(step, value)[0] == url(value)
    assert written(step, OTHER)[0] == url(OTHER)


@given(tokens, st.integers(1, 2))
def test_page_token(token: str, times: int) -> None:
    """A page token in a query is bound as a whole, whatever is in it."""

    def url(value: str) -> str:
        for _ in range(times):
            value = quote(value, safe="")
        return f"/notes?size=7&after={value}"

    step = asked({"notes": [], "next": token}, url(token), operation="list")
    assert bound(step) == [Answered(0, "/next")]
    assert written(step, token)[0] == url(token)
    assert written(step, "x+y/z==")[0] == url("x+y/z==")


@given(st.integers(1, 10**9), st.integers(0, 99))
def test_in_a_body(number: int, other: int) -> None:
    """In JSON an id is bound under a key that names an id, as a number or as text; the rest stays as it is written."""
    body = (
        '{ "items": [{"id": %s}, {"noteId":"%s"},\n {"ids": [%s, 12%d]}], "quantity": %d, "price": %d.50, "text": "%d"}'
    )
    rest = (number, number, number, other)
    recorded = history(
        did(A, "create", came={"id": number}),
        did(B, "get", request_body=(body % (number, number, number, *rest)).encode()),
    )
    step = program_of(recorded, NOTES, "").steps[1]
    assert bound(step) == [Answered(0, "/id")] * 3
    assert written(step, str(number))[1] == body % (number, number, number, *rest)
    assert written(step, OTHER)[1] == body % (OTHER, OTHER, OTHER, *rest)


@pytest.mark.parametrize("text", ["/notes?size=12", "/notes/112", "/notes/a12", "/notes/1.12x"])
def test_numbers_that_are_no_ids(text: str) -> None:
    """A number inside another word, or under a key that names no id, is not an id."""
    assert bound(asked({"id": 12}, text)) == []


def test_assigned_value() -> None:
    """A distinctive value that the service assigned is bound inside a longer text."""
    code = "TRK12345678GB"
    step = asked({"id": 1, "code": code}, f"/track?q=of:{code}.pdf", {"text": f"where is {code}?"})
    assert bound(step) == [Answered(0, "/code")] * 2
    assert written(step, "X")[0] == "/track?q=of:X.pdf"


def test_sent_values_stay() -> None:
    """What a request itself had sent is no assigned value: it is sent again as it was."""
    value = "chosen-by-client-1234"
    recorded = history(
        did(A, "create", sent={"code": value}, came={"id": 1, "code": value}), did(B, "get", f"/notes?q={value}")
    )
    assert bound(program_of(recorded, NOTES, "").steps[1]) == []


def test_account() -> None:
    """A tenant's account id in a header, a path or a body names the role that plays the tenant."""
    from dataclasses import replace

    recorded = replace(
        history(
            did(B, "get", "/accounts/acct-1", sent={"account": "acct-1"}, request_headers=(("X-Tenant", "acct-1"),))
        ),
        accounts=((A.number, "acct-1"), (B.number, "")),
    )
    assert bound(program_of(recorded, NOTES, "").steps[0]) == [Account("A")] * 3


def test_earlier_only() -> None:
    """A value is never taken from a response that came after the request was called."""
    recorded = history(
        did(A, "create", came={"id": 3}, at=(0, 50)),
        did(B, "get", "/notes/3", at=(40, 60)),
        did(B, "get", "/notes/3", at=(70, 80)),
    )
    early, late = program_of(recorded, NOTES, "").steps[1:]
    assert bound(early) == []
    assert bound(late) == [Answered(0, "/id")]


def test_maker_before_shower() -> None:
    """An id is taken from the response that made its object, not from one that shows it; of two makers with the
    same id, from the one that is more like its place."""
    recorded = history(
        did(B, "list", "/notes", came={"notes": [{"id": 3}]}),
        did(A, "create", "/notes", came={"id": 3}),
        did(B, "create", "/other/things", came={"id": 3}),
        did(B, "get", "/notes/3"),
    )
    assert bound(program_of(recorded, NOTES, "").steps[3]) == [Answered(1, "/id")]


def test_body_that_is_not_text() -> None:
    """A body that is not UTF-8 is kept byte by byte."""
    recorded = history(did(A, "get", request_body=b"\xff\x00binary"))
    assert program_of(recorded, NOTES, "").steps[0].binary == b"\xff\x00binary"


def test_form() -> None:
    """A form's fields are looked at like a query's."""
    recorded = history(
        did(A, "create", came={"id": 41}),
        did(
            B,
            "get",
            request_body=b"note_id=41&count=41",
            request_headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        ),
    )
    assert program_of(recorded, NOTES, "").steps[1].body == ("note_id=", Bound(Answered(0, "/id"), 1), "&count=41")


def test_provocations() -> None:
    """What was sent together stays together, and who hung up hangs up."""
    recorded = history(
        did(A, "list", provocations=("together:4",), session="A/0"),
        did(B, "list", provocations=("together:4",), session="B/2"),
        did(A, "get", provocations=("hang-up:2.5",)),
        did(A, "get", provocations=("together:5", "slow-upstream:7.5")),
    )
    steps = program_of(recorded, NOTES, "").steps
    assert [step.group for step in steps] == [4, 4, None, None]
    assert [step.hang_up_ms for step in steps] == [None, None, 2.5, None]
    assert [step.session for step in steps] == [0, 2, 0, 0]
    assert [step.slow_upstream_ms for step in steps] == [0, 0, 0, 7.5]


@given(st.text(max_size=8), st.integers(2, 9), st.booleans())
def test_marks_anew(text: str, serial: int, upper: bool) -> None:
    """A text keeps all but the marks of the tenants that are replaced, and their case."""
    ours, theirs = mark(A, serial), mark(B, serial)
    new = MARKS.mint(77, serial)
    if upper:
        ours, new = ours.upper(), new.upper()
    assert remint(f"{text} {ours}-{theirs}{ours}", {A.number: 77}, MARKS) == f"{text} {new}-{theirs}{new}"


actions = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["create", "get", "list", "next", "delete", "me"])), max_size=12
)


@settings(max_examples=20, deadline=None)
@given(actions)
def test_round_trip(acts: list[tuple[int, str]]) -> None:
    """The programme of a history, run in an identical service by other tenants, makes a history of the same
    programme, with the same answers up to what the service assigns."""
    key = b"round trips"
    with leaky.running(first_id=100) as service:
        trial = Trial(service.target(), key, 10, 2)
        known: list[int] = []
        after = ""
        do: dict[str, Callable[[], Request]] = {
            "create": lambda: leaky.create(f"of {trial.mark(tenant)}"),
            "get": lambda: leaky.get(*known[-2:]),
            "delete": lambda: leaky.delete(known[0]),
            "list": leaky.listing,
            "next": lambda: leaky.listing(after),
            "me": leaky.me,
        }
        for who, what in [(0, "create"), *acts]:
            tenant = trial.tenants[who]
            document = json.loads(trial.send(tenant, do[what]()).body)
            known += [order["id"] for order in document.get("made", ())] if isinstance(document, dict) else []
            after = document.get("next", after) if isinstance(document, dict) else after
        trial.close()
    program = program_of(trial.history, leaky.POLICY, service.base)
    with leaky.running(first_id=7_000) as service:
        other = Trial(service.target(), key, 500, len(program.roles))
        Replay(program, other).attempt()
        other.close()
    again = program_of(other.history, leaky.POLICY, service.base)
    back = {tenant.number: role.tenant for role, tenant in zip(program.roles, other.tenants, strict=True)}
    assert [e.status for e in other.history.exchanges] == [e.status for e in trial.history.exchanges]
    assert named(again, back, Marks(key)) == named(program, {}, Marks(key))


def named(program: Program, numbers: dict[int, int], marks: Marks) -> list[tuple[object, ...]]:
    """The steps, by tenants' marks instead of roles."""
    roles = {role.name: numbers.get(role.tenant, role.tenant) for role in program.roles}
    steps = [step.edited(text=lambda text: remint(text, numbers, marks), bound=lambda b: b) for step in program.steps]
    return [(roles[step.role], step.operation, step.method, step.url, step.headers, step.body) for step in steps]


def test_credential_that_is_revoked() -> None:
    """The id that a revocation names its credential by is taken from the answer that issued it, though it is a mere
    number."""
    written = read("""# A key is issued and revoked.
A POST /keys -> 200 {"key":"k-1-of-no-account","key_id":7}
A DELETE /keys/7 -> 200 {}
""")
    revoke = program_of(written.history, POLICY, "").step(1)
    assert [bound.source for bound in revoke.bound] == [Answered(0, "/key_id")]
