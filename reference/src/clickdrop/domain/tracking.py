"""Numbers that the platform assigns to items in the post."""

from __future__ import annotations

import re

TRACKING_NUMBER = r"[A-Z]{2}[0-9]{9}GB"
"""What a tracking number looks like."""
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def tracking_number(service_indicator: str, serial: int) -> str:
    """Write a serial number as an item identifier of UPU standard S10, such as `TT473124829GB`.

    `service_indicator` has two letters; the serial number is taken modulo 10^8.
    """
    digits = f"{serial % 10**8:08d}"
    remainder = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    check = {10: 0, 11: 5}.get(remainder, remainder)
    return f"{service_indicator}{digits}{check}GB"


def is_tracking_number(text: str) -> bool:
    """Tell whether a text could be a tracking number."""
    return re.fullmatch(TRACKING_NUMBER, text) is not None


def unique_item_id(serial: int) -> str:
    """Write a serial number as the identifier that a return's barcode carries."""
    return f"0B{serial:018d}"
