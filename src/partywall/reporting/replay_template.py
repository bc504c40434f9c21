#!/usr/bin/env python3
"""Replays one finding of a Partywall run. Needs Python 3.11 and httpx, nothing else.

<story>

Start the service with a fresh account for each of the roles above, then one of:

    python replay.py --ready FILE    FILE, or - for stdin, holds the one JSON line that the service printed when it
                                     started: "url", "api_keys" in the order of the roles, perhaps "account_ids"
                                     and "names", "operator_url", "operator_key"
    python replay.py --url URL       credentials come from PARTYWALL_KEY_A, PARTYWALL_KEY_B, ...; perhaps
                                     PARTYWALL_ACCOUNT_A, ... and PARTYWALL_NAME_A, ..., PARTYWALL_OPERATOR_URL
                                     and PARTYWALL_OPERATOR_KEY

Exit status: 1 it showed again, 0 it did not, 2 misuse, 3 the steps could not be run.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import html
import itertools
import json
import os
import re
import socket
import sys
import threading
import time
import urllib.parse
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: dict[str, Any] = {}

RACE_ATTEMPTS, SEQUENTIAL_ATTEMPTS = 200, 2
WHOLE_EVERY = 10
FURTHER_ATTEMPTS, FURTHER_S, IDLE_MAX = 20, 2.0, 20
HANG_UPS_MS = (None, 1.0, 2.0, 4.0, 8.0)
DEPTH_MAX, BYTES_MAX = 8, 16 * 1024 * 1024
BUSY_TRIES, BUSY_S_MAX = 5, 5.0
_TOLD = ("KEY", "ACCOUNT", "NAME")
OPERATOR = "operator"


class NotRunError(Exception):
    """The steps could not be run, so that nothing was shown either way."""


class EndedError(Exception):
    """A value that a later step needs did not come: this attempt shows nothing more."""


@dataclass
class Caller:
    """Who plays a role."""

    role: str
    key: str = field(repr=False)
    account: str = ""
    name: str = ""
    url: str = ""


def credential(caller: Caller) -> dict[str, str]:
    """The headers that prove who a caller is."""
    return {"Authorization": f"Bearer {caller.key}"}


@dataclass
class Answer:
    """A request and what came of it; ``status`` is None if its client hung up."""

    step: dict[str, Any]
    sent: str
    status: int | None
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def succeeded(self) -> bool:
        """A 2xx came."""
        return self.status is not None and 200 <= self.status < 300


class Service:
    """The service, and the callers' connections to it: one client for each session of each role."""

    def __init__(self, url: str, callers: dict[str, Caller], timeout_s: float) -> None:
        self.callers = callers
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = httpx.create_ssl_context()
        self._clients: dict[tuple[str, int | None], httpx.Client] = {}

    def send(self, requests: list[tuple[dict[str, Any], httpx.Request]]) -> list[Answer]:
        """Send one request, or several at the same moment; all of them again if the service was too busy."""
        for _ in range(BUSY_TRIES):
            answers = self._together(requests)
            waits = [dict(answer.headers).get("retry-after", "") for answer in answers if answer.status == 429]
            if not waits:
                break
            time.sleep(max(min(float(wait), BUSY_S_MAX) if wait.isdigit() else 1.0 for wait in waits))
        return answers

    def _together(self, requests: list[tuple[dict[str, Any], httpx.Request]]) -> list[Answer]:
        """A session's own requests go one after another."""
        queues: dict[tuple[str, int | None], list[int]] = {}
        for place, (step, _) in enumerate(requests):
            queues.setdefault((step["role"], step["session"]), []).append(place)
        barrier = threading.Barrier(len(queues))

        def run(queue: list[int]) -> list[tuple[int, Answer]]:
            barrier.wait()
            return [(place, self._one(*requests[place])) for place in queue]

        with ThreadPoolExecutor(len(queues)) as pool:
            done = [pair for pairs in list(pool.map(run, queues.values())) for pair in pairs]
        return [answer for _, answer in sorted(done, key=lambda pair: pair[0])]

    def request(self, step: dict[str, Any], url: str, headers: list[tuple[str, str]], body: bytes) -> httpx.Request:
        """A step's request, with its caller's credential."""
        client = self._client(step["role"], step["session"])
        base = self._url if step["session"] is not None else self.callers[OPERATOR].url.rstrip("/")
        return client.build_request(step["method"], base + url, headers=headers, content=body or None)

    def hang_up(self, step: dict[str, Any], request: httpx.Request, after_ms: float) -> Answer:
        """Send a request whole and close the socket after so long, answered or not."""
        address = (request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80))
        received = bytearray()
        with socket.create_connection(address, self._timeout_s) as plain:
            link = self._tls.wrap_socket(plain, server_hostname=address[0]) if request.url.scheme == "https" else plain
            head = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
            head += b"".join(b"%s: %s\r\n" % pair for pair in request.headers.raw) + b"\r\n"
            link.sendall(head + request.read())
            until = time.monotonic() + after_ms / 1e3
            with contextlib.suppress(OSError):
                while (left := until - time.monotonic()) > 0:
                    link.settimeout(left)
                    received += (data := link.recv(65536))
                    if not data:
                        break
        return Answer(step, _sent(request), None, "", [], bytes(received))

    def _one(self, step: dict[str, Any], request: httpx.Request) -> Answer:
        got = self._client(step["role"], step["session"]).send(request)
        headers = [(name.lower(), value) for name, value in got.headers.multi_items()]
        for token in _found(got.content, [step["opens"]["token"]]) if step["opens"] and got.is_success else []:
            client = self._client(step["role"], step["opens"]["session"])
            client.headers[step["opens"]["header"]] = step["opens"]["prefix"] + token
        return Answer(step, _sent(request), got.status_code, got.reason_phrase, headers, got.content)

    def close(self) -> None:
        """Close its connections."""
        for client in self._clients.values():
            client.close()

    def _client(self, role: str, session: int | None) -> httpx.Client:
        if (role, session) not in self._clients:
            caller = self.callers.get(role if session is not None else OPERATOR)
            if caller is None:
                raise NotRunError("expected operator_url and operator_key, since the operator takes part; came none")
            self._clients[role, session] = httpx.Client(
                headers=credential(caller), timeout=self._timeout_s, verify=self._tls, trust_env=False
            )
        return self._clients[role, session]


def _sent(request: httpx.Request) -> str:
    """What a request says, with its percent-escapes resolved as often as they nest."""
    url, before = request.url.raw_path.decode("ascii"), ""
    while url != before:
        before, url = url, urllib.parse.unquote(url)
    return f"{url} {request.read().decode('utf-8', 'replace')}".lower()


class Run:
    """The programme in a service. Values that responses assign are kept over all attempts.

    Attributes:
        answers: number of a step -> its latest answer. fresh: the answers of this attempt.
    """

    def __init__(self, program: dict[str, Any], service: Service) -> None:
        self.program = program
        self.service = service
        self.answers: dict[int, Answer] = {}
        self.fresh: list[Answer] = []

    def attempt(self, first: int, hang_up_ms: float | None) -> str:
        """Run the steps from an index on. Returns what kept it from running, "" if nothing did."""
        self.fresh = []
        steps = self.program["steps"][first:]
        try:
            for _, group in itertools.groupby(steps, key=lambda s: (s["group"], s["group"] is None and s["number"])):
                for answer in self._send(list(group), hang_up_ms):
                    self.answers[answer.step["number"]] = answer
                    self.fresh.append(answer)
                    self._refused(answer)
        except EndedError:
            pass
        except NotRunError as error:
            return str(error)
        except (httpx.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def _send(self, together: list[dict[str, Any]], hang_up_ms: float | None) -> list[Answer]:
        prepared = [(step, self._request(step)) for step in together]
        if (after_ms := together[0]["hang_up_ms"]) is None:
            return self.service.send(prepared)
        return [self.service.hang_up(*prepared[0], hang_up_ms or after_ms)]

    def value(self, step: int, place: str) -> str:
        """What the latest answer to a step has at a place, "" if nothing."""
        answer = self.answers.get(step)
        return next(iter(_found(answer.body, [place]) if answer else []), "")

    def _request(self, step: dict[str, Any]) -> httpx.Request:
        headers = [(name, self._text(value)) for name, value in step["headers"]]
        body = base64.b64decode(step["binary"]) if step["binary"] else self._text(step["body"]).encode()
        return self.service.request(step, self._text(step["url"]), headers, body)

    def _text(self, template: list[str | dict[str, Any]]) -> str:
        return "".join(part if isinstance(part, str) else self._bound(part) for part in template)

    def _refused(self, answer: Answer) -> None:
        """A step that any service should let through, and that failed, proves nothing about isolation."""
        step, status = answer.step, answer.status
        if status is None or answer.succeeded or status == step["status"]:
            return
        known = any(a.succeeded and a.step["role"] == step["role"] for a in self.answers.values())
        if step["must_succeed"] or status >= 500 or status == 429 or (status == 401 and not known):
            who = f"step {step['number']} ({step['operation']} by {step['role']})"
            raise NotRunError(f"{who} was answered {status}; expected {step['status']}")

    def _bound(self, part: dict[str, Any]) -> str:
        if "account" in part:
            value, due = self.service.callers[part["account"]].account, True
            trouble = f"expected the account id of {part['account']} with the credentials, came none"
        else:
            value, source = self.value(part["step"], part["place"]), self.answers.get(part["step"])
            due = bool(source and source.step["must_succeed"])
            trouble = f"the answer to step {part['step']} has nothing at {part['place']}"
        if not value:
            raise NotRunError(trouble) if due else EndedError(trouble)
        for _ in range(part["percent"]):
            value = urllib.parse.quote(value, safe=part["safe"])
        return value


class Check:
    """Does a response show what it must not?"""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sought = run.program["look_for"]
        self._assigned: dict[str, set[str]] = {}
        self._made: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}

    def showed(self) -> str:
        """What this attempt showed, in words; "" if nothing."""
        for name, values in (("assigned", self._assigned), ("made", self._made)):
            for each in self._sought[name]:
                if value := self._run.value(each["step"], each["place"]):
                    values.setdefault(value.lower(), set()).add(each["owner"])
        if self._sought["relation"]:
            return self._relation(self._sought["relation"])
        if self._sought["kind"] == "missing":
            return self._missing()
        looks = {"content": self._content, "identifier": self._identifier, "wrong-name": self._wrong_name}
        shown = [(answer.step["operation"], looks[self._sought["kind"]](answer)) for answer in self._run.fresh]
        return next((words for operation, words in shown if words and operation == self._sought["operation"]), "")

    def _content(self, answer: Answer) -> str:
        viewer = answer.step["role"]
        stored = [a for a in self._run.answers.values() if a.step["operation"] in self._sought["makers"]]
        own = " ".join([answer.sent, *(a.sent for a in stored if a.step["role"] == viewer)])
        foreign = {v: owners for v, owners in self._owners().items() if viewer not in owners and v not in own}
        keys = {caller.key: role for role, caller in self._run.service.callers.items() if role != viewer}
        for text in _texts(answer):
            for value, owners in foreign.items():
                if value in text.lower():
                    return _words(answer, min(owners), value)
            for key in keys.keys() & set(re.split(r"[\s;=,]+", text)):
                return _words(answer, keys[key], "its API key")
        return ""

    def _owners(self) -> dict[str, set[str]]:
        found = {value: set(owners) for value, owners in self._assigned.items()}
        for each in self._sought["planted"]:
            found.setdefault(each["value"], set()).add(each["owner"])
        for role, caller in self._run.service.callers.items():
            if caller.name and self._sought["names"]:
                found.setdefault(caller.name.lower(), set()).add(role)
        return found

    def _identifier(self, answer: Answer) -> str:
        for value in _found(answer.body, self._sought["shown_at"]) if answer.succeeded else []:
            owners = self._made.get(value.lower(), set())
            if owners and answer.step["role"] not in owners:
                return _words(answer, min(owners), value)
        return ""

    def _wrong_name(self, answer: Answer) -> str:
        """Wrong is a name that is not the caller's; where names are not known, one that another is called by,
        or a second one, or whichever stands beside another's values."""
        viewer, callers = answer.step["role"], self._run.service.callers
        at = [place for operation, place in self._sought["named_at"] if operation == answer.step["operation"]]
        for value in _found(answer.body, at) if answer.succeeded else []:
            others = {role for role, names in self._names.items() if role != viewer and value in names}
            others |= {role for role, caller in callers.items() if role != viewer and value == caller.name}
            own = {callers[viewer].name} - {""} or self._names.setdefault(viewer, set())
            if (own and value not in own) or (others and not callers[viewer].name):
                return _words(answer, min(others, default="another"), value)
            self._names.setdefault(viewer, set()).add(value)
        return "" if callers[viewer].name else self._content(answer)

    def _relation(self, told: dict[str, Any]) -> str:
        """Does the relation of two answers hold that should not?"""
        first, last = self._run.answers.get(told["first"]), self._run.answers.get(told["last"])
        if last is None or last not in self._run.fresh or (first is None and told["name"] != "status"):
            return ""
        one, other = (_at(a, told[at], told["key"]) if a else [] for a, at in ((first, "at_first"), (last, "at_last")))
        shown = {
            "status": last.succeeded if told["value"] == "2xx" else str(last.status) == told["value"],
            "differs": sorted(one) != sorted(other) if told["at_last"] else _said(first) != _said(last),
            "same": bool(set(one) & set(other)),
            "many": len({*one, *other}) > 1,
            "lacks": last.succeeded and not other,
        }
        return str(told["words"]) if shown[told["name"]] else ""

    def _missing(self) -> str:
        fresh = {answer.step["number"]: answer for answer in self._run.fresh}
        looks = [fresh.get(number) for number in self._sought["looks"]]
        if not all(answer and (answer.succeeded or answer.status == 404) for answer in looks):
            return ""
        pages = [answer for answer in looks if answer]
        shown = {value for page in pages for value in _found(page.body, self._sought["shown_at"])}
        more = _found(pages[-1].body, [self._sought["more_at"]]) if self._sought["more_at"] else []
        for each in self._sought["made"]:
            value = self._run.value(each["step"], each["place"])
            if value and value not in shown and not more:
                return f"{self._sought['operation']} did not show {each['owner']} its own: {value}"
        return ""


def _at(answer: Answer, places: list[Any], key: str) -> list[str]:
    """What an answer has at places, in cookies ("cookie:NAME"), or beside a key ([place of keys, place of values])."""
    found: list[str] = []
    for place in places:
        if isinstance(place, list):
            keys = dict(_placed(answer.body, place[0])) if place[0] else {}
            values = _placed(answer.body, place[1])
            parents = {where.rpartition("/")[0] for where, value in keys.items() if value == key}
            found += [value for where, value in values if not place[0] or where.rpartition("/")[0] in parents]
        elif place.startswith("cookie:"):
            start = place.removeprefix("cookie:") + "="
            cookies = [value for name, value in answer.headers if name == "set-cookie" and value.startswith(start)]
            found += [cookie.removeprefix(start).partition(";")[0] for cookie in cookies]
        else:
            found += _found(answer.body, [place])
    return found


def _placed(body: bytes, pattern: str) -> list[tuple[str, str]]:
    return [
        (place, _plain(v)) for place, v in _leaves(_document(body)) if v not in (None, "") and _fits(place, pattern)
    ]


def _said(answer: Answer | None) -> tuple[object, ...]:
    """Status and words of an answer, but for what its request named and what looks freely chosen."""
    if answer is None:
        return ()
    own = set(re.findall(r"[^\W_]+", answer.sent))
    words = re.findall(r"[^\W_]+", answer.body.decode("utf-8", "replace").lower())
    return (answer.status, *(word for word in words if word not in own and not re.search(r"\d", word)))


def _words(answer: Answer, owner: str, value: str) -> str:
    return f"{answer.step['operation']} showed {answer.step['role']} a value of {owner}: {value}"


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _found(body: bytes, patterns: list[str]) -> list[str]:
    """The scalars at places that fit a pattern: "/orders/*/id"."""
    return [
        _plain(value)
        for place, value in _leaves(_document(body))
        if value not in (None, "") and any(_fits(place, pattern) for pattern in patterns)
    ]


def _fits(place: str, pattern: str) -> bool:
    deep = pattern.endswith("/**")
    parts = pattern.removesuffix("/**").split("/")[1:]
    expression = "".join("/" + ("[^/]*" if part == "*" else re.escape(part)) for part in parts)
    return re.fullmatch(expression + ("(/.*)?" if deep else ""), place, re.DOTALL) is not None


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar with its place, in document order. Depth costs no stack."""
    waiting = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict | list):
            named = value.items() if isinstance(value, dict) else enumerate(value)
            keys = [(str(key).replace("~", "~0").replace("/", "~1"), child) for key, child in named]
            waiting += reversed([(f"{place}/{key}", child) for key, child in keys])
        else:
            yield place, value


def _texts(answer: Answer) -> Iterator[str]:
    """Every text of a response, through the encodings that nest in it."""
    yield answer.reason
    for _, value in answer.headers:
        yield from _string(value, 0)
    yield from _body(answer.body, 0)


def _body(data: bytes, depth: int) -> Iterator[str]:
    if data.startswith(b"%PDF-"):
        yield from _pdf(data)
        return
    document = _document(data) if data[:64].lstrip()[:1] in (b"{", b"[", b'"') else None
    if document is None:
        yield from _string(data.decode("utf-8", "replace"), depth)
    for place, value in _leaves(document) if document is not None else ():
        yield place
        yield from _string(str(value), depth)


def _string(text: str, depth: int) -> Iterator[str]:
    yield text
    if depth > DEPTH_MAX:
        return
    for decode in (urllib.parse.unquote, html.unescape):
        if (decoded := decode(text)) != text:
            yield from _string(decoded, depth + 1)
    for match in re.finditer(r"[A-Za-z0-9+/_-]{24,}={0,2}", text):
        run = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            data = base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
        except ValueError:
            continue
        if data.startswith(b"%PDF-") or "\ufffd" not in data.decode("utf-8", "replace"):
            yield from _body(data, depth + 1)


def _pdf(data: bytes) -> Iterator[str]:
    """The strings in a PDF's streams, each alone and all in a row, since a line may be broken anywhere."""
    for match in re.finditer(rb"stream\r?\n(.*?)\s*endstream", data, re.DOTALL):
        stream = match.group(1)
        with contextlib.suppress(ValueError):
            stream = base64.a85decode(stream, adobe=True)
        with contextlib.suppress(zlib.error):
            stream = zlib.decompressobj().decompress(stream, BYTES_MAX)
        strings = [
            re.sub(rb"\\(.)", rb"\1", literal) if literal else bytes.fromhex(digits.decode() + "0" * (len(digits) % 2))
            for literal, digits in re.findall(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f]+)>", stream, re.DOTALL)
        ]
        yield stream.decode("latin-1")
        yield b"".join(strings).decode("latin-1")


def replay(program: dict[str, Any], service: Service, attempts: int) -> tuple[str, int, int]:
    """Run the programme until it shows, and a little further: what showed, "" if nothing, and in how many attempts
    of how many. Raises `NotRunError` if it never ran to its end."""
    run = Run(program, service)
    check = Check(run)
    story, shown, made, idle, until = "", 0, 0, 0, float("inf")
    for attempt in range(attempts):
        before = dict(run.answers)
        first = program["tail"] if attempt % WHOLE_EVERY else 0
        trouble = run.attempt(first, HANG_UPS_MS[attempt % len(HANG_UPS_MS)])
        found = check.showed()
        made, idle = (made + 1, 0) if found or not trouble else (made, idle + 1)
        if found:
            story, shown = story or found, shown + 1
            until = min(until, time.monotonic() + FURTHER_S)
        elif trouble and before:
            run.answers = before  # what can be set up only once is still there
        enough = shown and (not program["racy"] or made >= FURTHER_ATTEMPTS or time.monotonic() > until)
        if enough or idle >= IDLE_MAX or not run.fresh:
            break
    if not made:
        raise NotRunError(trouble)
    return story, shown, made


def main(arguments: list[str]) -> int:
    """Run as a command; the exit status."""
    parser = argparse.ArgumentParser(description="Replay one finding of a Partywall run.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--ready", metavar="FILE", help="the JSON line that the service printed; - for stdin")
    where.add_argument("--url", help="base URL of the service; credentials from PARTYWALL_KEY_A, ...")
    parser.add_argument("--attempts", type=int, metavar="N", help="how often to try")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for one response")
    told = parser.parse_args(arguments)
    attempts = told.attempts or (RACE_ATTEMPTS if PROGRAM["racy"] else SEQUENTIAL_ATTEMPTS)
    roles = [role["name"] for role in PROGRAM["roles"]]
    try:
        url, callers = _ready(told.ready, roles) if told.ready else (told.url, _environment(roles))
    except (OSError, ValueError, KeyError) as error:
        parser.error(str(error))
    try:
        with contextlib.closing(Service(url, callers, told.timeout)) as service:
            story, shown, made = replay(PROGRAM, service, attempts)
    except NotRunError as error:
        sys.stderr.write(f"could not be run: {error}\n")
        return 3
    sys.stdout.write(f"reproduced {shown} of {made}: {story}\n" if shown else f"not reproduced: 0 of {made}\n")
    return 1 if shown else 0


def _ready(file: str, roles: list[str]) -> tuple[str, dict[str, Caller]]:
    line = sys.stdin.readline() if file == "-" else Path(file).read_text("utf-8").strip().partition("\n")[0]
    told = json.loads(line)
    lists = [(told.get(name) or [])[: len(roles)] for name in ("api_keys", "account_ids", "names")]
    if len(lists[0]) < len(roles) or "url" not in told:
        raise ValueError(f"expected url and {len(roles)} api_keys in {file}, came {len(lists[0])} keys")
    players = itertools.zip_longest(roles, *lists, fillvalue="")
    callers = {player[0]: Caller(*map(str, player)) for player in players}
    if told.get("operator_key"):
        callers[OPERATOR] = Caller(OPERATOR, told["operator_key"], url=str(told.get("operator_url", "")))
    return told["url"], callers


def _environment(roles: list[str]) -> dict[str, Caller]:
    told = {what: [os.environ.get(f"PARTYWALL_{what}_{role}", "") for role in roles] for what in _TOLD}
    missing = [f"PARTYWALL_KEY_{role}" for role, key in zip(roles, told["KEY"], strict=True) if not key]
    if missing:
        raise ValueError(f"expected credentials in the environment: {', '.join(missing)} not set")
    callers = {player[0]: Caller(*player) for player in zip(roles, *told.values(), strict=True)}
    if key := os.environ.get("PARTYWALL_OPERATOR_KEY"):
        callers[OPERATOR] = Caller(OPERATOR, key, url=os.environ.get("PARTYWALL_OPERATOR_URL", ""))
    return callers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
