"""From a response to the texts in it, wherever they show."""

from partywall.decode.response import Decoded, Text, decode

__all__ = ["Decoded", "Text", "decode"]
