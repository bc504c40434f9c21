"""Text of a PDF's pages, through PDFium (fonts' own encodings are resolved; scanning streams is not enough)."""

from __future__ import annotations

import functools
import threading

import pypdfium2

PAGES_MAX = 200

# PDFium is not thread-safe: https://pypdfium2.readthedocs.io/en/stable/python_api.html
_lock = threading.Lock()


class UnreadablePdfError(ValueError):
    """The bytes begin like a PDF and are none that can be read."""


@functools.lru_cache(maxsize=512)
def pdf_texts(document: bytes) -> tuple[tuple[str, ...], bool]:
    """The text of each page, and whether there were more than `PAGES_MAX`. Raises `UnreadablePdfError`."""
    with _lock:
        try:
            pdf = pypdfium2.PdfDocument(document)
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdfError(str(error)) from error
        try:
            pages = []
            for index in range(min(len(pdf), PAGES_MAX)):
                page = pdf[index]
                text_page = page.get_textpage()
                # PDFium writes U+0002 for a hyphen at the end of a line and joins the lines.
                pages.append(text_page.get_text_bounded().replace("\x02", "-"))
                text_page.close()
                page.close()
            return tuple(pages), len(pdf) > PAGES_MAX
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdfError(str(error)) from error
        finally:
            pdf.close()
