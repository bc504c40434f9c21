"""One response: status line, headers, body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywall.decode.head import head_texts
from partywall.decode.limits import Limits
from partywall.decode.parts import Body
from partywall.decode.reader import Reader

if TYPE_CHECKING:
    from partywall.decode.texts import Decoded
    from partywall.model import Exchange

DEFAULT = Limits()


def decode(exchange: Exchange, limits: Limits = DEFAULT) -> Decoded:
    """All texts that a response shows, and what could not be looked at. Bounded by ``limits``; never raises."""
    reader = Reader(limits)
    if exchange.reason:
        reader.string(exchange.reason, "reason", "", ())
    for surface, place, text in head_texts(exchange.headers):
        reader.string(text, surface, place, ())
    if exchange.body:
        kind = exchange.header("content-type")
        reader.body(Body(exchange.body, kind, exchange.header("content-encoding")), "body", "", ())
    return reader.decoded()
