"""A perfect service in memory: several kinds of objects, many tenants, every surface, and never a leak.

It makes histories without a socket, from nothing but a source of random choices, for tests of the oracles and for
judging a great many clean responses. It also says what each response shows of its viewer's own, which is what an
oracle has to see when the response reaches somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.parse
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from partywall.marks import Marks
from partywall.model import Exchange, History, Tenant
from partywall.policy import Listing, Policy, Resource, Shared

if TYPE_CHECKING:
    from random import Random

KEY = b"a key of the model"
MARKS = Marks(KEY)
PAGE = 5
NAMES = ("SO-2001", "SO-2002", "Ada", "Order 3%")  # equal in all tenants

POLICY = Policy(
    operations=(
        "make-note",
        "list-notes",
        "get-note",
        "change-note",
        "drop-note",
        "make-file",
        "get-file",
        "list-files",
        "label",
        "page",
        "me",
        "version",
        "search",
    ),
    shared=(Shared("version", "one release serves everyone"),),
    resources=(
        Resource(
            kind="note",
            made={"make-note": "/id"},
            removed={"drop-note": "/id"},
            changed={"change-note": "/id"},
            shown={"get-note": "/id"},
            listed=(Listing("list-notes", "/notes/*/id", token="/next", cursor="after"),),
        ),
        Resource(
            kind="file",
            made={"make-file": "/file"},
            removed={},
            shown={"get-file": "/file"},
            listed=(Listing("list-files", "/files/*/file"),),
        ),
    ),
    caller=(("me", "/name"),),
    assigned=(("me", "/key"),),
)
DECLARED = replace(POLICY, assigned=(*POLICY.assigned, ("make-note", "/tracking"), ("make-file", "/file")))
"""The same, and all that the service assigns is said to be nobody else's."""


@dataclass
class _Thing:
    id: str
    name: str
    text: str
    tracking: str = ""


@dataclass
class _World:
    tenant: Tenant
    notes: dict[int, _Thing] = field(default_factory=dict)
    files: dict[str, _Thing] = field(default_factory=dict)
    key: str = ""
    serial: int = 1


@dataclass(frozen=True)
class Response:
    """What the service answers; ``shows``: values in it that are provably the caller's, by surface."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    shows: frozenset[tuple[str, str]] = frozenset()


class Model:
    """The service and its tenants' sessions, driven by a source of choices."""

    def __init__(self, random: Random, tenants: int = 3, first: int = 1) -> None:
        self.random = random
        self.tenants = tuple(
            Tenant(first + i, f"T{i}", f"Shop {MARKS.mint(first + i, 0)}", control=i == tenants)
            for i in range(tenants + 1)
        )
        self.shows: list[frozenset[tuple[str, str]]] = []
        self._worlds = {tenant.number: _World(tenant, key=f"KEYID-{tenant.number:06d}-AZ") for tenant in self.tenants}
        self._exchanges: list[Exchange] = []
        self._numbers = random.randrange(1, 100_000)
        self._now = 0
        self._made = 0

    @property
    def history(self) -> History:
        """What has happened."""
        return History(KEY, self.tenants, tuple(self._exchanges))

    def step(self) -> None:
        """One request of a tenant, or several that are in flight together."""
        together = self.random.choice((1, 1, 2, 3))
        called = self._now
        for _ in range(together):
            self._act(self.random.choice(self.tenants), called)
        self._now += 100

    def settle(self) -> None:
        """Every tenant but the control makes something of every kind and looks at all of it."""
        for tenant in self.tenants[:-1]:
            for operation in POLICY.operations:
                self._do(tenant, operation, self._now)
                self._now += 100

    def _act(self, tenant: Tenant, called: int) -> None:
        self._do(tenant, self.random.choice(_LOOKS if tenant.control else POLICY.operations), called)

    def _do(self, tenant: Tenant, operation: str, called: int) -> None:
        did: _Did = getattr(self, "_" + operation.replace("-", "_"))(self._worlds[tenant.number])
        method, url, sent, response = did
        self._now = max(self._now, called) + 1
        self._exchanges.append(
            Exchange(
                number=len(self._exchanges),
                operation=operation,
                tenant=tenant.number,
                session=f"{tenant.label}/0",
                connection="",
                method=method,
                url=url,
                request_headers=(),
                request_body=b"" if sent is None else json.dumps(sent).encode(),
                called_ns=called,
                returned_ns=self._now,
                status=response.status,
                reason={200: "OK", 201: "Created", 404: "Not Found"}.get(response.status, ""),
                headers=(*_ALWAYS, *response.headers),
                body=response.body,
            )
        )
        self.shows.append(response.shows)

    def _mark(self, world: _World) -> str:
        world.serial += 1
        mark = MARKS.mint(world.tenant.number, world.serial)
        return mark.upper() if self.random.random() < 0.2 else mark

    def _unique(self) -> int:
        """128 bits that no other object has, whatever the choices."""
        self._made += 1
        return int.from_bytes(
            hashlib.blake2s(f"{self.tenants[0].number} {self._made}".encode(), digest_size=16).digest()
        )

    def _own(self, known: dict[Any, _Thing]) -> Any:
        """One of the tenant's own ids, or sometimes an id that nobody has."""
        return self.random.choice(list(known)) if known and self.random.random() < 0.9 else None

    def _make_note(self, world: _World) -> _Did:
        self._numbers += self.random.choice((1, 1, 7))
        thing = _Thing(str(self._numbers), self.random.choice(NAMES), f"for {self._mark(world)}")
        thing.tracking = f"TT{self._unique() % 10**9:09d}GB"
        world.notes[self._numbers] = thing
        body = _json(self._note(self._numbers, thing))
        shows = frozenset({("body", thing.text), ("body", thing.tracking)})
        response = Response(201, (_JSON, ("location", f"/notes/{thing.id}")), body, shows)
        return "POST", "/notes", {"name": thing.name, "text": thing.text}, response

    def _note(self, number: int, thing: _Thing) -> dict[str, Any]:
        return {"id": number, "name": thing.name, "text": thing.text, "tracking": thing.tracking, "open": True, "n": 7}

    def _get_note(self, world: _World) -> _Did:
        number = self._own(world.notes)
        if number is None:
            return self._missing("GET", "/notes/2000000000")
        thing = world.notes[number]
        shows = frozenset({("body", thing.text), ("body", thing.tracking)})
        return "GET", f"/notes/{number}", None, Response(200, (_JSON,), _json(self._note(number, thing)), shows)

    def _change_note(self, world: _World) -> _Did:
        number = self._own(world.notes)
        if number is None:
            return self._missing("PUT", "/notes/2000000000", {"text": "none"})
        thing = world.notes[number]
        thing.text = f"now {self._mark(world)}"
        shows = frozenset({("body", thing.text), ("body", thing.tracking)})
        return (
            "PUT",
            f"/notes/{number}",
            {"text": thing.text},
            Response(200, (_JSON,), _json(self._note(number, thing)), shows),
        )

    def _drop_note(self, world: _World) -> _Did:
        number = self._own(world.notes)
        if number is None or len(world.notes) < 2:
            return self._missing("DELETE", "/notes/2000000000")
        del world.notes[number]
        return (
            "DELETE",
            f"/notes/{number}",
            None,
            Response(200, (_JSON,), _json({"id": number}), frozenset({("body", str(number))})),
        )

    def _list_notes(self, world: _World) -> _Did:
        """The first page; its successors are asked for by token."""
        numbers = sorted(world.notes, reverse=True)
        start = self.random.choice((0, 0, PAGE)) if len(numbers) > PAGE else 0
        page = numbers[start : start + PAGE]
        more = len(numbers) > start + PAGE
        document = {"notes": [self._note(number, world.notes[number]) for number in page], "total": len(numbers)}
        document["next"] = base64.urlsafe_b64encode(f"after {start + PAGE}".encode()).decode() if more else None
        shows = frozenset(("body", world.notes[number].text) for number in page)
        cursor = base64.urlsafe_b64encode(f"after {start}".encode()).decode()
        url = "/notes" if not start else f"/notes?after={urllib.parse.quote(cursor)}"
        return "GET", url, None, Response(200, (_JSON, ("x-total", str(len(numbers)))), _json(document), shows)

    def _make_file(self, world: _World) -> _Did:
        file = str(UUID(int=self._unique(), version=4))
        thing = _Thing(file, f"{self._mark(world)}.txt", f"content {self._mark(world)}")
        world.files[file] = thing
        shows = frozenset({("body", file), ("body", thing.name)})
        return (
            "POST",
            "/files",
            {"name": thing.name},
            Response(201, (_JSON,), _json({"file": file, "name": thing.name}), shows),
        )

    def _get_file(self, world: _World) -> _Did:
        file = self._own(world.files)
        if file is None:
            return self._missing("GET", "/files/none")
        thing = world.files[file]
        packed = base64.b64encode(thing.text.encode()).decode()
        body = _json({"file": file, "content": packed, "size": len(thing.text)})
        headers = (_JSON, ("content-disposition", f'attachment; filename="{thing.name}"'))
        shows = frozenset({("body", file), ("body", thing.text), ("filename", thing.name)})
        return "GET", f"/files/{file}", None, Response(200, headers, body, shows)

    def _list_files(self, world: _World) -> _Did:
        document = {"files": [{"file": each.id, "name": each.name} for each in world.files.values()]}
        shows = frozenset(("body", each.id) for each in world.files.values())
        return "GET", "/files", None, Response(200, (_JSON,), _json(document), shows)

    def _label(self, world: _World) -> _Did:
        number = self._own(world.notes)
        if number is None:
            return self._missing("GET", "/notes/2000000000/label")
        thing = world.notes[number]
        shows = frozenset({("pdf", thing.text), ("pdf", thing.tracking)})
        headers = (
            ("content-type", "application/pdf"),
            ("content-disposition", f'inline; filename="label-{number}.pdf"'),
        )
        return "GET", f"/notes/{number}/label", None, Response(200, headers, pdf(thing.text, thing.tracking), shows)

    def _page(self, world: _World) -> _Did:
        rows = "".join(f"<li title='{each.name}'>{each.text}</li>" for each in world.notes.values())
        html = f"<!doctype html><body><h1>{world.tenant.name} &amp; Co</h1><ul>{rows}</ul></body>"
        headers = (
            ("content-type", "text/html; charset=utf-8"),
            ("set-cookie", f"last={MARKS.mint(world.tenant.number, 0)}; Path=/"),
        )
        shows = frozenset({("body", world.tenant.name), ("cookie", world.tenant.name)})
        return "GET", "/", None, Response(200, headers, html.encode(), shows)

    def _me(self, world: _World) -> _Did:
        shows = frozenset({("body", world.tenant.name), ("body", world.key)})
        return (
            "GET",
            "/me",
            None,
            Response(200, (_JSON,), _json({"name": world.tenant.name, "key": world.key, "plan": "basic"}), shows),
        )

    def _version(self, _world: _World) -> _Did:
        return (
            "GET",
            "/version",
            None,
            Response(200, (_JSON,), _json({"version": "1.7", "commit": "0123456789abcdef0123"})),
        )

    def _search(self, world: _World) -> _Did:
        """By a name that other tenants use too."""
        name = self.random.choice(NAMES)
        found = [each for each in world.notes.values() if each.name == name]
        body = _json({"query": name, "found": [{"text": each.text} for each in found], "count": len(found)})
        shows = frozenset(("body", each.text) for each in found)
        return "GET", f"/search?q={urllib.parse.quote(name)}", None, Response(200, (_JSON,), body, shows)

    def _missing(self, method: str, url: str, sent: Any = None) -> _Did:
        return method, url, sent, Response(404, (_JSON,), _json({"message": f"There is nothing at {url}."}))


_Did = tuple[str, str, Any, Response]
_JSON = ("content-type", "application/json")
_ALWAYS = (("date", "Tue, 24 Nov 2026 10:00:00 GMT"), ("cache-control", "private, no-store"))
_LOOKS = ("list-notes", "list-files", "me", "version", "search")


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def pdf(*lines: str) -> bytes:
    """A page with these lines, as small as PDFs come."""
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    stream = f"BT /F1 9 Tf 10 TL 20 180 Td {shown} ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, part)
    start = len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    return bytes(data)
