"""The paper: pages of one PDF file on which texts, rules and codes are drawn at a place."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from reportlab import rl_config
from reportlab.lib.units import inch, mm
from reportlab.pdfgen.canvas import Canvas

from clickdrop.adapters.documents.codes import code128, dark_runs, data_matrix
from clickdrop.adapters.documents.text import BOLD, LEADING, REGULAR, Block, Paragraph, fit

if TYPE_CHECKING:
    from collections.abc import Iterable

# For the whole process, since reportlab has no option of one file: base 85 would make each a quarter longer.
rl_config.useA85 = 0

LABEL: Final = (4 * inch, 6 * inch)
A4: Final = (210 * mm, 297 * mm)

_ASCENT: Final = 0.93
"""How high an accented capital stands; with the descenders it fills a line, so no line touches the next."""
_GREY: Final = 0.35
_CAPTION_SIZE: Final = 5.5
_BAR_MODULE: Final = 0.96
_QUIET_MODULES: Final = 10


class Box(NamedTuple):
    """A rectangle of a page, in points from the page's lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width


class Sheet:
    """A PDF file in the making. The same drawing gives the same bytes: no clock, no random identifier."""

    def __init__(self, title: str) -> None:
        """Open an empty file whose metadata has this title."""
        self._file = BytesIO()
        self._canvas = Canvas(self._file, pageCompression=1, invariant=1)
        self._canvas.setTitle(title)
        self._pages = 0

    def page(self, size: tuple[float, float]) -> None:
        """Start a page of this width and height in points."""
        if self._pages:
            self._canvas.showPage()
        self._canvas.setPageSize(size)
        self._canvas.setLineWidth(0.6)
        self._pages += 1

    def finish(self) -> bytes:
        """Close the file and give its bytes. Raises `ValueError` when no page was started."""
        if not self._pages:
            raise ValueError("expected at least one document to print, got none")
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    def write(
        self,
        box: Box,
        paragraphs: Iterable[Paragraph],
        size_max: float,
        *,
        right: bool = False,
        grey: bool = False,
    ) -> Block:
        """Write paragraphs from the top of a box, in the largest size that fits; give what was written."""
        block = fit(paragraphs, box.width, size_max, box.height)
        self.put(box, block, right=right, grey=grey)
        return block

    def put(self, box: Box, block: Block, *, right: bool = False, grey: bool = False) -> None:
        """Draw a block of text from the top of a box."""
        text = self._canvas.beginText()
        text.setFillGray(_GREY if grey else 0)
        baseline = box.top - block.size * _ASCENT
        face, condensed = "", 1.0
        for line in block.lines:
            if line.face != face:
                face = line.face
                text.setFont(face, block.size)
            if line.condensed != condensed:
                condensed = line.condensed
                text.setHorizScale(condensed * 100)
            text.setTextOrigin(box.right - line.width if right else box.left, baseline)
            text.textLine(line.text)
            baseline -= block.size * LEADING
        if condensed != 1.0:
            text.setHorizScale(100)
        self._canvas.drawText(text)

    def field(self, box: Box, caption: str, value: str | None, size_max: float = 9, face: str = REGULAR) -> None:
        """Write a value under its small grey caption; a field without a value leaves its box empty."""
        if value:
            self.captioned(box, caption, [Paragraph(value, face)], size_max)

    def captioned(self, box: Box, caption: str, paragraphs: Iterable[Paragraph], size_max: float) -> None:
        """Write paragraphs under a small grey caption."""
        used = self.write(box, [Paragraph(caption)], _CAPTION_SIZE, grey=True).height
        self.write(box._replace(height=box.height - used), paragraphs, size_max)

    def rule(self, left: float, right: float, y: float) -> None:
        """Draw a horizontal line."""
        self._canvas.line(left, y, right, y)

    def frame(self, box: Box) -> None:
        """Draw the edges of a box."""
        self._canvas.rect(*box)

    def barcode(self, box: Box, text: str, size_max: float = 11) -> None:
        """Draw a Code 128 barcode in the middle of a box, and its text below the bars, within the box.

        The box's width includes the quiet zones.
        """
        row = code128(text)
        module = min(_BAR_MODULE, box.width / (len(row) + 2 * _QUIET_MODULES))
        block = fit([Paragraph(text, BOLD)], box.width, size_max)
        left = box.left + (box.width - len(row) * module) / 2
        self._modules([row], left, box.top, module, box.height - block.height - 1)
        line_width = max(line.width for line in block.lines)
        inset = (box.width - line_width) / 2
        self.put(Box(box.left + inset, box.bottom, line_width, block.height), block)

    def matrix(self, left: float, top: float, module: float, text: str) -> None:
        """Draw a Data Matrix code, whose upper left corner and whose width of a module are in points."""
        self._modules(data_matrix(text), left, top, module, module)

    def _modules(self, rows: list[list[bool]], left: float, top: float, module: float, row_height: float) -> None:
        self._canvas.saveState()
        self._canvas.transform(module, 0, 0, -row_height, left, top)
        self._canvas.drawPath(_DarkModules(rows), stroke=0, fill=1)
        self._canvas.restoreState()


class _DarkModules:
    """A path of one rectangle for each run of dark modules, written in one go.

    reportlab's own path takes longer for the rectangles of one Data Matrix than all the rest of a label.
    """

    def __init__(self, rows: list[list[bool]]) -> None:
        """Hold the rows of a code, one unit high, from 0 downwards."""
        self._rows = rows

    def getCode(self) -> str:  # noqa: N802 - the name by which a canvas asks for a path's operators
        """Give the PDF operators of the path."""
        return "n " + " ".join(
            f"{x} {y} {length} 1 re" for y, row in enumerate(self._rows) for x, length in dark_runs(row)
        )
