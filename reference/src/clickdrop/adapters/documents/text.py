"""Texts for the standard Helvetica faces: what can be printed of them, how wide it is, where its lines end.

No text is ever cut and no word is ever broken: what does not fit is set smaller, and a word that is still too
long for its line is condensed. So a search for a word in a document finds it wherever it was printed. Mind
that PDFium reads a hyphen between a letter and a line's end as a division, and gives it as U+0002.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from reportlab.pdfbase.pdfmetrics import getFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REGULAR: Final = "Helvetica"
BOLD: Final = "Helvetica-Bold"
LEADING: Final = 1.16
"""Height of a line, as a multiple of its font size."""

_CHARSET: Final = "cp1252"
_READABLE_SIZE: Final = 5.0
_WIDTHS: Final[dict[str, Sequence[int]]] = {face: getFont(face).widths for face in (REGULAR, BOLD)}
_SPACE: Final = 0.278
_LATIN_NAME: Final = re.compile(r"LATIN (CAPITAL|SMALL) (?:LETTER|LIGATURE) (?:DOTLESS )?([A-Z]{1,2})(?: |$)")


class Paragraph(NamedTuple):
    """A text that starts on a line of its own."""

    text: str
    face: str = REGULAR


class Line(NamedTuple):
    """A line as it is drawn: `width` in points; `condensed` is its horizontal scale, 1.0 when natural."""

    text: str
    face: str
    width: float
    condensed: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one font size, in points, that fill a width."""

    lines: tuple[Line, ...]
    size: float

    @property
    def height(self) -> float:
        """Height in points."""
        return len(self.lines) * self.size * LEADING


def printable(text: str) -> str:
    """Spell `text` in the characters of the standard fonts; `?` stands for what has no Latin spelling."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelling, unicodedata.normalize("NFC", text)))


def width(text: str, face: str, size: float) -> float:
    """Width in points of a printable text."""
    widths = _WIDTHS[face]
    return sum(widths[byte] for byte in text.encode(_CHARSET)) * size / 1000


def fit(paragraphs: Iterable[Paragraph], width_max: float, size_max: float, height_max: float | None = None) -> Block:
    """Set paragraphs in the largest size up to `size_max` at which they fit; measures are in points."""
    measured = [
        (
            paragraph.face,
            [(word, width(word, paragraph.face, 1)) for word in printable(paragraph.text).split()],
        )
        for paragraph in paragraphs
    ]
    widest = max((word_width for _, words in measured for _, word_width in words), default=0.0)
    size = size_max
    while size > _READABLE_SIZE and widest * size > width_max:
        size = max(size * 0.92, _READABLE_SIZE)
    while True:
        block = Block(tuple(line for face, words in measured for line in _wrapped(words, face, size, width_max)), size)
        if height_max is None or block.height <= height_max:
            return block
        size *= 0.92


def _wrapped(words: list[tuple[str, float]], face: str, size: float, width_max: float) -> Iterable[Line]:
    limit = width_max / size
    held: list[str] = []
    held_width = 0.0
    for word, word_width in words:
        if held and held_width + _SPACE + word_width > limit:
            yield _line(held, face, held_width * size, width_max)
            held, held_width = [word], word_width
        else:
            held_width += (_SPACE if held else 0.0) + word_width
            held.append(word)
    if held:
        yield _line(held, face, held_width * size, width_max)


def _line(words: list[str], face: str, natural_width: float, width_max: float) -> Line:
    return Line(" ".join(words), face, min(natural_width, width_max), min(1.0, width_max / natural_width))


def _spelling(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Mn", "Mc", "Me"}:
        return ""
    if _has_glyph(character):
        return character
    decomposed = "".join(filter(_has_glyph, unicodedata.normalize("NFKD", character)))
    if decomposed:
        return decomposed
    if latin := _LATIN_NAME.match(unicodedata.name(character, "")):
        return latin[2] if latin[1] == "CAPITAL" else latin[2].lower()
    return "?"


def _has_glyph(character: str) -> bool:
    try:
        character.encode(_CHARSET)
    except UnicodeEncodeError:
        return False
    return True
