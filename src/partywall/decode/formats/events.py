"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from partywall.decode import charsets
from partywall.decode.parts import Body, Format, Nested, Shown, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Part

_FIELD = re.compile(rb"(?:data|event|id|retry)?:")
_KNOWN = ("", "event", "id", "retry")
_LINE = re.compile(r"\r\n|\r|\n")


def _fits(body: Body, head: bytes) -> bool:
    return media(body) == "text/event-stream" or _FIELD.match(head) is not None


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Each event's data, its lines put together, as a body; names, ids, comments, lines of no known field as texts."""
    number, data = 0, list[str]()
    for line in (*_LINE.split(charsets.text(body.data, body.kind)), ""):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line and data:
            yield Nested(f"/{number}/data", Body("\n".join(data).encode("utf-8", "replace")))
            number, data = number + 1, []
        elif field == "data":
            data.append(value)
        elif line:
            shown = value if field in _KNOWN else line
            yield Shown(f"/{number}/{field[:40] or 'comment'}", shown, source=True)


EVENTS = Format("sse", _fits, _read)
