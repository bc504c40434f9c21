"""The formats, in the order in which they are tried: one place to add another.

Several may read the same body. A textual one that read it to its end is the last; JSON comes first, since nearly
every body is JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from partywall.decode.formats.compressed import COMPRESSED
from partywall.decode.formats.csv import CSV
from partywall.decode.formats.events import EVENTS
from partywall.decode.formats.form import FORM
from partywall.decode.formats.html import HTML
from partywall.decode.formats.image import IMAGE
from partywall.decode.formats.json import JSON, NDJSON
from partywall.decode.formats.mail import MESSAGE, MULTIPART
from partywall.decode.formats.pdf import PDF
from partywall.decode.formats.tar import TAR
from partywall.decode.formats.xml import XML
from partywall.decode.formats.zip import ZIP

if TYPE_CHECKING:
    from partywall.decode.parts import Format

FORMATS: Final[tuple[Format, ...]] = (
    JSON,
    NDJSON,
    *COMPRESSED,
    PDF,
    IMAGE,
    ZIP,
    TAR,
    MULTIPART,
    EVENTS,
    MESSAGE,
    XML,
    HTML,
    CSV,
    FORM,
)
