"""Where each property looked: only where something was compared."""

from pathlib import Path

import pytest

from partywall.ledger import Ledger
from partywall.oracle.coverage import LOOKS
from partywall.oracle.judge import PROPERTIES
from tests.partywall.notation import POLICY, read

FILES = sorted((Path(__file__).parent / "histories").glob("*/*/*.history"))

MADE = 'A POST /notes {"text":"<A7>"} -> 200 {"id":11}\n'
GET = 'A GET /notes/11 -> 200 {"id":11,"text":"<A7>"}\n'
TRIED = "B PUT /notes/11 -> 404\n"
IN = "A/1 () POST /login -> 200 |Set-Cookie: sid=<A50>|\n"
KEY = 'A POST /keys -> 200 {"key":"<A60>","key_id":"k-1"}\n'
PAID = 'A POST /payments |Idempotency-Key: k1| -> 200 {"charge":"c1"}\n'
LABELS = 'A GET /labels -> 200 {"labels":[{"key":"k1","label":"l1"}]}\n'
TAG = 'GET /me -> 200 |ETag: "x"|\n'
SAME = '|If-None-Match: "x"|'


def looked(name: str, text: str) -> dict[tuple[str, str], int]:
    """Where a property looked in a history."""
    return dict(LOOKS[name](Ledger.of(read(f"# {name}\n{text}").history, POLICY)))


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("integrity", MADE + GET + TRIED + GET, {("change", "body"): 1}),
        (
            "integrity",
            MADE + GET + TRIED + TRIED + "B DELETE /notes/11 -> 404\n" + GET,
            {("change", "body"): 1, ("delete", "body"): 1},
        ),
        ("integrity", MADE + GET + "B PUT /notes/11 -> 429\nB DELETE /notes/11 -> 500\n" + GET, {}),
        ("integrity", MADE + GET + "B PUT /notes/11 -> 429\n" + TRIED + GET, {("change", "body"): 1}),
        ("integrity", MADE + GET + GET, {}),
        ("integrity", MADE + GET + TRIED, {}),
        ("integrity", MADE + GET + TRIED + "A PUT /notes/11 -> 404\n" + GET, {}),
        (
            "existence",
            MADE + 'B GET /notes/11 -> 404 {"m":"no"}\nB GET /notes/99 -> 404 {"m":"no"}\n',
            {("get", "status"): 1, ("get", "header"): 1, ("get", "body"): 1},
        ),
        ("existence", MADE + "B GET /notes/11 -> 404\nB DELETE /notes/99 -> 404\n", {}),
        ("existence", MADE + "B GET /notes/11 -> 503\nB GET /notes/99 -> 503\n", {}),
        ("session", IN, {("log-in", "cookie"): 2}),
        ("session", "A/1 () POST /login -> 401\n", {}),
        (
            "session",
            IN + "A/1 (cookie <A50>) POST /logout -> 200\nA/1 (cookie <A50>) GET /notes/11 -> 401\n",
            {("log-in", "cookie"): 2, ("get", "status"): 1},
        ),
        (
            "session",
            IN + "A/1 (cookie <A50>) POST /logout -> 200\nA/1 (cookie <A50>) GET /notes/11 -> !lost\n",
            {("log-in", "cookie"): 2},
        ),
        (
            "staleness",
            KEY + "A DELETE /keys/k-1 -> 200\n@9000-9001 A (authorization <A60>) GET /notes/11 -> 401\n",
            {("get", "status"): 1},
        ),
        ("staleness", KEY + "A DELETE /keys/k-1 -> 200\nA (authorization <A60>) GET /notes/11 -> 401\n", {}),
        (
            "staleness",
            MADE + 'A DELETE /notes/11 -> 200 {"id":11}\nA GET /notes/11 -> 404\nA GET /notes -> 200 {"notes":[]}\n',
            {("get", "body"): 1, ("list", "body"): 1},
        ),
        ("staleness", MADE + 'A DELETE /notes/11 -> 200 {"id":11}\nA GET /notes/12 -> 404\n', {}),
        ("exactly-once", PAID + PAID, {("pay", "body"): 1}),
        ("exactly-once", PAID + 'A POST /payments |Idempotency-Key: k2| -> 200 {"charge":"c2"}\n', {}),
        ("exactly-once", PAID + "A POST /payments |Idempotency-Key: k1| -> 409\n", {("pay", "body"): 1}),
        ("exactly-once", PAID + "A POST /payments |Idempotency-Key: k1| -> !lost\n", {}),
        ("exactly-once", PAID + LABELS, {("labels", "body"): 1, ("pay", "body"): 1}),
        ("cache-discipline", f"A {TAG}", {("me", "header"): 1}),
        ("cache-discipline", f"A {TAG}B GET /me {SAME} -> 304\n", {("me", "header"): 3}),
        ("cache-discipline", "A POST /notes -> 200\nA GET /me -> !lost\n", {}),
    ],
)
def test_looks(name: str, text: str, where: dict[tuple[str, str], int]) -> None:
    """A look is counted where two things were held against each other, and not where one of them is missing."""
    assert looked(name, text) == where


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.with_suffix("").parts[-3:]))
def test_findings_are_looked_for(path: Path) -> None:
    """Where there is a finding, the property has looked: on that surface of that operation."""
    ledger = Ledger.of(read(path.read_text()).history, POLICY)
    for name, oracle in PROPERTIES.items():
        seen = LOOKS[name](ledger)
        assert all(seen[finding.operation, finding.surface] for finding in oracle(ledger))


def test_every_property_says_where() -> None:
    """No property is proven without a look."""
    assert LOOKS.keys() == PROPERTIES.keys()
