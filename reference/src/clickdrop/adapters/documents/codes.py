"""Codes that machines read: the modules of Code 128, Data Matrix and QR codes, and a QR code as an image.

A code is a list of rows, top row first; a row is a list of modules, True for a dark one.
"""

from __future__ import annotations

import re
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final

from PIL import Image
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.ecc200datamatrix import ECC200DataMatrix
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

_BARS: Final = "ABCD"
_MISENCODED: Final = re.compile("[:-@]")
_ONE_VALUE: Final = re.compile("[ 0-9A-Z]")
_QR_PIXELS_A_MODULE: Final = 6
_QR_QUIET_MODULES: Final = 4


def code128(text: str) -> list[bool]:
    """Encode an ASCII text as the one row of a Code 128 barcode, without quiet zones.

    Raises `ValueError` for characters that the code does not have.
    """
    code = Code128(_ascii(text))
    code.validate()
    code.encode()
    return [element in _BARS for element in code.decompose() for _ in range(_BARS.index(element.upper()) + 1)]


def data_matrix(text: str) -> list[list[bool]]:
    """Encode an ASCII text as a Data Matrix of 44 by 44 modules, as posts do, without a quiet zone.

    The code says the text and up to two spaces after it. Raises `ValueError` for what it cannot say.
    """
    if _MISENCODED.search(text):
        raise ValueError(f"the Data Matrix encoder gets the characters from ':' to '@' wrong: {text!r}")
    # The encoder fills its last triple with nulls, which scanners report; spaces take one value each, too.
    values = sum(1 if _ONE_VALUE.match(character) else 2 for character in text)
    code = ECC200DataMatrix(_ascii(text) + " " * (-values % 3))
    code.validate()
    return [[bool(module) for module in row] for row in reversed(code.encode())]


def qr_png(text: str) -> bytes:
    """Draw a QR code of error correction level M, quiet zone included, as a black and white PNG image."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    side = code.getModuleCount()
    symbol = Image.new("1", (side, side))
    symbol.putdata([255 * (not module) for row in code.modules for module in row])
    whole = Image.new("1", (side + 2 * _QR_QUIET_MODULES,) * 2, color=1)
    whole.paste(symbol, (_QR_QUIET_MODULES, _QR_QUIET_MODULES))
    png = BytesIO()
    whole.resize((whole.width * _QR_PIXELS_A_MODULE,) * 2).save(png, "PNG")
    return png.getvalue()


def dark_runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Give start and length, in modules, of each unbroken run of dark modules."""
    start = 0
    for dark, run in groupby(row):
        length = sum(1 for _ in run)
        if dark:
            yield start, length
        start += length


def _ascii(text: str) -> str:
    if not text or not text.isascii():
        raise ValueError(f"a barcode holds ASCII characters only, and at least one: {text!r}")
    return text
