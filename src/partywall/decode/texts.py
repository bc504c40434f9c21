"""What decoding gives: texts, each with the surface it shows on, its place and the decodings on the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

SURFACES: Final = (
    "reason",  # the status line's words
    "header",  # any header not named below, and the headers' names; headers of a multipart body's parts
    "cookie",  # Set-Cookie: name, value, attributes
    "redirect",  # Location, Content-Location, Refresh
    "filename",  # Content-Disposition, of the response or of a part
    "body",  # the body, through any compression, escape or textual format
    "pdf",  # a PDF: pages, metadata, annotations, form fields, bookmarks, and its streams as they lie in the file
    "barcode",  # what a bar code or QR code says, in a page or an image
    "image",  # an image's metadata and comments
    "archive",  # a ZIP or tar: names, comments, members; Office documents too, which are ZIP
)
"""Where a text can show. What nests takes the innermost document's: JSON in a ZIP is "archive", a PDF in it "pdf"."""


class Text(NamedTuple):
    """A text that a response shows.

    Attributes:
        surface: one of `SURFACES`.
        place: where in it: a header's name, or the place in the document.
        chain: decodings between the body and the text, outermost first ("json", "base64", "pdf").
        text: never with a lone surrogate: it can be encoded.
    """

    surface: str
    place: str
    chain: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The texts of a response, and what could not be looked at (never to be taken for clean)."""

    texts: tuple[Text, ...]
    unseen: tuple[str, ...]
