"""An answer of the service, and what its document has where."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Answer:
    """A request and what came of it.

    Attributes:
        sent: URL and body of the request. cookies: those that it was sent with, by name.
        status: None if its client hung up. headers: with names in lower case.
    """

    step: dict[str, Any]
    sent: str = field(repr=False)
    cookies: dict[str, str] = field(repr=False)
    status: int | None
    reason: str
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """A 2xx came."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def carried_out(self) -> bool:
        """It succeeded, or a page's form led on."""
        return self.succeeded or (self.status == 303 and bool(self.step["page"]) and self.step["method"] == "POST")


def document(body: bytes) -> Any:
    """The JSON document of a body, of server-sent events the list of those that they carry; None if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _carried(body) if re.match(rb"(data|event|id|retry)?:", body) else None


def _carried(stream: bytes) -> list[Any] | None:
    *events, _ = stream.replace(b"\r\n", b"\n").split(b"\n\n")
    found = []
    for event in events:
        data = [line.removeprefix(b"data:") for line in event.split(b"\n") if line.startswith(b"data:")]
        with contextlib.suppress(ValueError, RecursionError):
            found.append(json.loads(b"\n".join(data)))
    return found or None


def found_at(body: bytes, patterns: list[str]) -> list[str]:
    """The scalars at places that fit a pattern: "/orders/*/id"."""
    return [value for place, value in _scalars(body) if any(_fits(place, pattern) for pattern in patterns)]


def shown_at(answer: Answer, place: str) -> list[str]:
    """What an answer shows as its "status", in "header:NAME", in "cookie:NAME", or at places of its document."""
    where, _, name = place.partition(":")
    match where:
        case "status":
            return [str(answer.status)]
        case "header":
            return [value for header, value in answer.headers if header == name]
        case "cookie":
            set_cookies = [value for header, value in answer.headers if header == "set-cookie"]
            pairs = [value.partition(";")[0].partition("=") for value in set_cookies]
            return [content for cookie, _, content in pairs if cookie.strip() == name]
    return found_at(answer.body, [place])


def ids_at(answer: Answer, patterns: list[str]) -> list[str]:
    """The ids that an answer shows at places of its document. One with success stands for what its own path names
    ("path:2", counted from the end), or for the last part of an address in a header ("header:location")."""
    found = []
    for where, _, which in (pattern.partition(":") for pattern in patterns):
        if where == "path":
            parts = answer.sent.partition(" ")[0].partition("?")[0].rstrip("/").split("/")
            found += re.split("[;,]", parts[-int(which)]) if answer.succeeded and int(which) <= len(parts) else []
        elif where == "header":
            addresses = shown_at(answer, f"header:{which.lower()}") if answer.succeeded else []
            found += [address.partition("?")[0].rstrip("/").rpartition("/")[2] for address in addresses]
        else:
            found += found_at(answer.body, [where])
    return found


def placed_at(body: bytes, pattern: str) -> list[tuple[str, str]]:
    """The scalars at places that fit a pattern, with their places."""
    return [(place, value) for place, value in _scalars(body) if _fits(place, pattern)]


def named(body: bytes, name: str) -> list[str]:
    """The scalars at places whose last part that is no index has this name, in lower case."""
    return [v for place, v in _scalars(body) if re.sub(r"(/\d+)+$", "", place).rpartition("/")[2].lower() == name]


def leaves(document: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar with its place, in document order. Depth costs no stack."""
    waiting = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict | list):
            children = value.items() if isinstance(value, dict) else enumerate(value)
            keys = [(str(key).replace("~", "~0").replace("/", "~1"), child) for key, child in children]
            waiting += reversed([(f"{place}/{key}", child) for key, child in keys])
        else:
            yield place, value


def _scalars(body: bytes) -> list[tuple[str, str]]:
    return [(place, _plain(value)) for place, value in leaves(document(body)) if value not in (None, "")]


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _fits(place: str, pattern: str) -> bool:
    deep = pattern.endswith("/**")
    parts = pattern.removesuffix("/**").split("/")[1:]
    expression = "".join("/" + ("[^/]*" if part == "*" else re.escape(part)) for part in parts)
    return re.fullmatch(expression + ("(/.*)?" if deep else ""), place, re.DOTALL) is not None
