"""Histories in a notation of one exchange a line, for files that show what an oracle has to find and what it must not.

::

    # The sentence that the file shows.
    finds: integrity changed change 3           property, kind, operation, exchange; warns: for warnings
    sound: 3 -> 200 {"id":11}                   what a sound service answers an exchange instead
    A GET /notes/11 -> 200 {"id":11}
    @30-45 B/1 (cookie <B5>) PUT /notes/11 {"text":"x"} -> 404
    A GET /notes |If-None-Match: "x"| -> 304 |ETag: "x";; Vary: Cookie|
    A POST /notes {"text":"<A7>"} -> !hung up

Lines that begin with "alone" and "again" are what two twins of A did where nobody else was.

A line has: times of call and return in milliseconds, else 10 for each line; tenant and session, else the first;
(header pseudonym) of the credential, else the tenant's key in Authorization, () for none; method and URL, whose
operation ROUTES names; headers between bars, parted by two semicolons; the body; what came, or what broke. Responses
without headers say that they are private. <A7> is A's mark with the serial 7, <A7:9> its first 9 characters, <A> the
name of A. C, who keeps the books of A, is there where it does something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from partywall.model import Exchange, History, Twins
from partywall.policy import Effect, Excluded, Grant, Lag, Listing, LogIn, Resource, Shared, Volatile
from tests.partywall.histories import CONTROL, KEY, MARKS, NOTES, A, B, C

if TYPE_CHECKING:
    from partywall.model import Finding

ROUTES = (
    ("create", "POST", r"/notes"),
    ("list", "GET", r"/notes"),
    ("get", "GET", r"/notes/[^/]+"),
    ("change", "PUT", r"/notes/[^/]+"),
    ("delete", "DELETE", r"/notes/[^/]+"),
    ("me", "GET", r"/me"),
    ("version", "GET", r"/version"),
    ("print", "GET", r"/notes/[^/]+/print"),
    ("log-in", "POST", r"/login"),
    ("log-out", "POST", r"/logout"),
    ("sign-in", "POST", r"/sign-in"),
    ("sign-out", "POST", r"/sign-out"),
    ("issue", "POST", r"/keys"),
    ("revoke", "DELETE", r"/keys/[^/]+"),
    ("pay", "POST", r"/payments"),
    ("payments", "GET", r"/payments"),
    ("labels", "GET", r"/labels"),
    ("retry", "POST", r"/retry/[^/]+"),
    ("add-page", "POST", r"/books/[^/]+/pages"),
    ("page", "GET", r"/books/[^/]+/pages/[^/]+"),
    ("tear-out", "DELETE", r"/books/[^/]+/pages/[^/]+"),
)

POLICY = replace(
    NOTES,
    shared=(*NOTES.shared, Shared("get", "what people say of a note is for all", "/said/**")),
    granted=(Grant("A", "C", "C keeps the books of A"),),
    excluded=(Excluded("reset", "it takes away what all stand on"),),
    names=(("A", "north shop"),),
    operations=tuple(name for name, _, _ in ROUTES),
    resources=(
        *NOTES.resources,
        Resource("payment", {}, {}, {}, listed=(Listing("payments", "/payments/*/charge"),)),
        Resource("label", {}, {}, {}, listed=(Listing("labels", "/labels/*/label"),)),
        Resource(
            kind="page",
            made={"add-page": "/page"},
            removed={"tear-out": "/page"},
            shown={"page": "/page"},
            unique=False,
            within={"add-page": 1, "page": 2, "tear-out": 2},
        ),
    ),
    volatile=(Volatile("get", "/read_at", "the time of reading"),),
    writes=("print",),
    log_ins=(LogIn("log-in", cookie="sid"), LogIn("issue", token="/key", id="/key_id"), LogIn("sign-in", cookie="sid")),
    log_outs=("log-out", "sign-out"),
    pages=("sign-in", "sign-out"),
    form_field="token",
    revocations=("revoke",),
    lags=(Lag("revoke", 2.0, "keys are looked up every other second"),),
    once=(
        Effect("pay", "charge", "header:Idempotency-Key", "/charge"),
        Effect("payments", "charge", "/payments/*/key", "/payments/*/charge"),
        Effect("labels", "label", "/labels/*/key", "/labels/*/label"),
        Effect("create", "note", "sent:/ref", "/id"),
        Effect("list", "note", "/notes/*/ref", "/notes/*/id"),
        Effect("retry", "retry", "path", "/number"),
    ),
    paired=(("charge", "label"),),
    drawn=(("phone", 10**9),),
)

PRIVATE = (("Cache-Control", "private, no-store"),)

_TENANTS = {tenant.label: tenant for tenant in (A, B, C, CONTROL)}
_EXPECTED = re.compile(r"(finds|warns): (\S+) (\S+) (\S+) (\d+)")
_SOUND = re.compile(r"sound: (\d+) -> (.*)")
_MARK = re.compile(r"<(A|B|C|control)(\d*)(?::(\d+))?>")
_LINE = re.compile(
    r"(?:@(?P<called>\d+)-(?P<returned>\d+) )?"
    r"(?P<who>A|B|C|control)(?:/(?P<session>\d+))?(?: \((?P<credential>[^)]*)\))? "
    r"(?P<method>[A-Z]+) (?P<url>\S+)(?: \|(?P<sent>[^|]*)\|)?(?: (?P<request>.*?))? -> "
    r"(?:(?P<status>\d{3})|!(?P<fault>[^|]*?))(?: \|(?P<came>[^|]*)\|)?(?: (?P<body>[^|]*))?"
)


@dataclass(frozen=True)
class Written:
    """A file's history, and what has to be found in it."""

    sentence: str
    history: History
    finds: list[tuple[str, str, str, int]]
    warns: list[tuple[str, str, str, int]]
    sound: dict[int, Exchange]


def read(text: str) -> Written:
    """Read a file. Raises `ValueError` with the line that can't be read."""
    sentence, *lines = text.strip().splitlines()
    exchanges: list[Exchange] = []
    requests: list[str] = []
    sound: dict[int, str] = {}
    alone: dict[str, list[Exchange]] = {"alone": [], "again": []}
    expected: dict[str, list[tuple[str, str, str, int]]] = {"finds": [], "warns": []}
    for line in filter(None, lines):
        if found := _EXPECTED.fullmatch(line):
            expected[found[1]].append((found[2], found[3], found[4], int(found[5])))
        elif (which := line.partition(" "))[0] in alone:
            alone[which[0]].append(_exchange(which[2], len(alone[which[0]])))
        elif found := _SOUND.fullmatch(line):
            sound[int(found[1])] = found[2]
        elif not line.startswith("#"):
            requests.append(line.partition(" -> ")[0])
            exchanges.append(_exchange(line, len(exchanges)))
    twins = [History(KEY, (A, CONTROL), tuple(each)) for each in alone.values()]
    third = (C,) if any(exchange.tenant == C.number for exchange in exchanges) else ()
    history = History(
        KEY,
        (A, B, *third, CONTROL),
        tuple(exchanges),
        ((A.number, "acct-a-1001"), (B.number, "acct-b-1002")),
        Twins(A.number, (twins[0], twins[1])) if alone["alone"] else None,
    )
    instead = {number: _exchange(f"{requests[number]} -> {answer}", number) for number, answer in sound.items()}
    return Written(sentence.removeprefix("# "), history, expected["finds"], expected["warns"], instead)


def told(finding: Finding) -> tuple[str, str, str, int]:
    """A finding as a file names it."""
    return finding.property, finding.kind, finding.operation, finding.exchange


def _exchange(line: str, number: int) -> Exchange:
    found = _LINE.fullmatch(_MARK.sub(_named, line))
    if found is None:
        raise ValueError(f"expected an exchange, came {line!r}")
    part = found.groupdict()
    tenant = _TENANTS[part["who"]]
    path = part["url"].partition("?")[0]
    operations = [name for name, verb, route in ROUTES if verb == part["method"] and re.fullmatch(route, path)]
    if len(operations) != 1:
        raise ValueError(f"expected one operation for {part['method']} {path}, came {operations}")
    called = int(part["called"]) if part["called"] else number * 10
    returned = int(part["returned"]) if part["returned"] else called + 5
    credential = part["credential"]
    own = ("authorization", MARKS.mint(tenant.number, 1))
    header, _, value = (credential or "").partition(" ")
    return Exchange(
        number=number,
        operation=operations[0],
        tenant=tenant.number,
        session=f"{tenant.label}/{part['session'] or 0}",
        connection="",
        method=part["method"],
        url=part["url"],
        request_headers=_headers(part["sent"]),
        request_body=(part["request"] or "").encode(),
        called_ns=called * 1_000_000,
        returned_ns=returned * 1_000_000,
        status=int(part["status"]) if part["status"] else None,
        headers=PRIVATE if part["came"] is None else _headers(part["came"]),
        body=(part["body"] or "").encode(),
        fault=part["fault"] or "",
        credentials=(own,) if credential is None else ((header, value),) if credential else (),
    )


def _headers(text: str | None) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition(":") for pair in re.split(r";; ?", text or "") if pair.strip())
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def _named(found: re.Match[str]) -> str:
    tenant = _TENANTS[found[1]]
    return MARKS.mint(tenant.number, int(found[2]))[: int(found[3] or 99)] if found[2] else tenant.name
