"""The walk through everything that nests in a response."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from partywall.decode import charsets
from partywall.decode.base64s import RUN_CHARS_MIN, base64s
from partywall.decode.escapes import joined, unescaped
from partywall.decode.formats import FORMATS
from partywall.decode.limits import BoundHitError, Budget
from partywall.decode.parts import Body, Format, Nested, NotThisFormatError, Shown
from partywall.decode.texts import Decoded, Text

if TYPE_CHECKING:
    from partywall.decode.limits import Limits
    from partywall.decode.parts import Part

# What a text must have for anything but base64 to nest in it.
_SPECIAL = re.compile(r"[%&\\=<{\[\r\n]|[^\x00-\x7f]")
_DOCUMENT = re.compile(r"\s*[{\[<]|[\w.-]{1,40}:")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPAQUE_BYTES_MIN = 256
_TEXT_OVERHEAD = 200
_UNSEEN_MAX = 100


class Reader:
    """Collects the texts of one response. Every bound that is hit, and all that can't be read, is in ``unseen``."""

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.texts: list[Text] = []
        self.unseen: dict[str, None] = {}
        self._derived: set[tuple[str, str]] = set()

    def decoded(self) -> Decoded:
        """What was collected."""
        return Decoded(tuple(self.texts), tuple(self.unseen))

    def show(self, text: str, surface: str, place: str, chain: tuple[str, ...]) -> bool:
        """Add a text as it is. False if there is no room for it."""
        ascii_only = text.isascii()
        if not ascii_only:
            # Whoever encodes the text must not fall over half a surrogate pair.
            text = _SURROGATE.sub("\ufffd", text)
        budget = self.budget
        budget.text_bytes -= (len(text) if ascii_only else 4 * len(text)) + len(place) + _TEXT_OVERHEAD
        if budget.text_bytes < 0:
            self.miss(place, f"texts of over {budget.limits.text_bytes} bytes")
            return False
        self.texts.append(Text(surface, place, chain, text))
        return True

    def miss(self, place: str, why: str) -> None:
        """Say what was not looked at."""
        if len(self.unseen) >= _UNSEEN_MAX:
            place, why = "", "and more that could not be looked at"
        place = place if place.isascii() else _SURROGATE.sub("\ufffd", place)
        self.unseen[f"{place[:200] or 'body'}: {why}"] = None

    def string(self, text: str, surface: str, place: str, chain: tuple[str, ...], *, source: bool = False) -> None:
        """A text and all that nests in it. ``source``: it is what no format could read as a whole."""
        if not self.show(text, surface, place, chain):
            return
        length = len(text)
        special = not text.isalnum() and _SPECIAL.search(text)
        if not special and length < RUN_CHARS_MIN:
            return
        if len(chain) >= self.budget.limits.depth:
            self.miss(place, f"nested deeper than {self.budget.limits.depth}")
            return
        if special or not text.isascii():
            self._unwrapped(text, surface, place, chain, source=source)
        if length >= RUN_CHARS_MIN:
            for name, data in base64s(text):
                self.body(Body(data, declared=False), surface, place, (*chain, name))

    def _unwrapped(self, text: str, surface: str, place: str, chain: tuple[str, ...], *, source: bool) -> None:
        for name, plain in unescaped(text):
            if self._is_new(plain, surface):
                self.string(plain, surface, place, (*chain, name))
        if ("\n" in text or "\r" in text) and (whole := joined(text)) and self._is_new(whole, surface):
            self.show(whole, surface, place, (*chain, "joined"))
        if not source and _DOCUMENT.match(text) and self._is_new(text, "document"):
            self._documents(Body(text.encode("utf-8", "replace"), declared=False), surface, place, chain)

    def body(self, body: Body, surface: str, place: str, chain: tuple[str, ...]) -> None:
        """A body and all that nests in it."""
        limits = self.budget.limits
        if len(chain) >= limits.depth:
            self.miss(place, f"nested deeper than {limits.depth}")
            return
        if len(body.data) > limits.body_bytes:
            self.miss(place, f"all beyond the first {limits.body_bytes} bytes")
            body = Body(body.data[: limits.body_bytes], body.kind, body.encoding, body.declared)
        self.budget.all_bytes -= len(body.data)
        if self.budget.all_bytes < 0:
            self.miss(place, f"over {limits.all_bytes} bytes in all")
            return
        if not self._documents(body, surface, place, chain):
            self._plain(body, surface, place, chain)

    def _documents(self, body: Body, surface: str, place: str, chain: tuple[str, ...]) -> bool:
        """Read a body in every format that fits. True if no plain reading of it could show more."""
        head = charsets.head(body.data, body.kind)
        whole = False
        for form in FORMATS:
            if form.fits(body, head) and self._read(form, body, surface, place, chain):
                # What is legible before, between and behind all that the format has a place for, or in another charset.
                if form.textual:
                    beside = charsets.others(body.data, body.kind)
                else:
                    beside = [charsets.printable_runs(body.data)]
                for text in beside:
                    self.string(text, form.surface or surface, place, (*chain, form.name, "source"), source=True)
                if form.textual:
                    return True
                whole = True
        return whole

    def _read(self, form: Format, body: Body, surface: str, place: str, chain: tuple[str, ...]) -> bool:
        surface, chain, budget = form.surface or surface, (*chain, form.name), self.budget
        try:
            for part in form.read(body, budget):
                budget.texts -= 1
                if budget.texts < 0:
                    budget.raise_for_texts()
                if type(part) is Shown and not part.chain:
                    self.string(part.text, part.surface or surface, place + part.place, chain, source=part.source)
                else:
                    self._part(part, surface, place, chain)
        except NotThisFormatError:
            return False
        except BoundHitError as bound:
            if not form.textual:
                self.miss(place, str(bound))
                return True
        except Exception as error:
            # Hostile input against a dozen libraries: whatever breaks, breaks this one reading, and is told.
            self.miss(place, f"{form.name} that can't be read: {type(error).__name__}")
        else:
            return True
        return False

    def _part(self, part: Part, surface: str, place: str, chain: tuple[str, ...]) -> None:
        if isinstance(part, Shown):
            inner = (*chain, *part.chain)
            if part.chain[-1:] == ("joined",) and not self._is_new(part.text, part.surface or surface):
                return
            self.string(part.text, part.surface or surface, place + part.place, inner, source=part.source)
        elif isinstance(part, Nested):
            self.body(part.body, part.surface or surface, place + part.place, (*chain, *part.chain))
        else:
            self.miss(place + part.place, part.why)

    def _plain(self, body: Body, surface: str, place: str, chain: tuple[str, ...]) -> None:
        if charsets.is_mostly_text(body.data, body.kind):
            for text in (charsets.text(body.data, body.kind), *charsets.others(body.data, body.kind)):
                self.string(text, surface, place, chain, source=True)
        else:
            self.string(charsets.printable_runs(body.data), surface, place, chain, source=True)
            if body.declared and _is_opaque(body.data):
                begin = body.data[:4].hex(" ")
                self.miss(place, f"compressed or encrypted bytes of no known format, beginning {begin}")

    def _is_new(self, text: str, surface: str) -> bool:
        """Wrappings undone in another order lead to the same texts; each is looked at once."""
        key = (surface, text)
        if key in self._derived:
            return False
        self._derived.add(key)
        return True


def _is_opaque(data: bytes) -> bool:
    """Does it look compressed or encrypted, so that values in it could not be recognised?"""
    sample = data[: 1 << 16]
    return len(sample) >= _OPAQUE_BYTES_MIN and len(zlib.compress(sample, 1)) > 0.97 * len(sample)
