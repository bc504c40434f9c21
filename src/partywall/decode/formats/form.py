"""Form data: application/x-www-form-urlencoded."""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING

from partywall import places
from partywall.decode import charsets
from partywall.decode.parts import Format, NotThisFormatError, Shown, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_PAIR = re.compile(rb"[\w.%+\[\]-]{1,100}=[^\s=&<>{}\"]*(?:&|$)")


def _fits(body: Body, head: bytes) -> bool:
    return media(body) == "application/x-www-form-urlencoded" or _PAIR.match(head) is not None


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Each field's value at its name, and the names."""
    text = charsets.text(body.data, body.kind)
    if "\n" in text.strip():
        raise NotThisFormatError("a form has one line")
    for pair in text.split("&"):
        raw, _, value = pair.partition("=")
        name = urllib.parse.unquote_plus(raw)
        yield Shown(f"/{places.escape(name)}", name, ("key",))
        yield Shown(f"/{places.escape(name)}", urllib.parse.unquote_plus(value))


FORM = Format("form", _fits, _read)
