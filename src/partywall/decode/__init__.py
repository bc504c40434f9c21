"""From a response to the texts in it, wherever they show.

``decode`` reads the head (``head``) and the body. A body is sniffed by content first and by its declared type second;
each format that fits reads it (``formats``, one file a format) into texts and further bodies, and each text is looked
at for encodings that nest in strings (``escapes``, ``base64s``). What parses C libraries written for trusted files
runs in a child process with its own limits (``contained``). ``Limits`` bounds all of it; a bound that was hit is in
`Decoded.unseen`.
"""

from partywall.decode.limits import Limits
from partywall.decode.response import decode
from partywall.decode.texts import SURFACES, Decoded, Text

__all__ = ["SURFACES", "Decoded", "Limits", "Text", "decode"]
