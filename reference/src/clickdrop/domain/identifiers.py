"""The semicolon list by which orders are asked for: `1001;"INV%201";1002`.

A bare integer is an order identifier. Text in double quotes is an order reference of the account's own; it is
percent-encoded once more inside its quotes, because a reference may hold quotes and semicolons itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from clickdrop.domain.errors import Fault, InvalidRequest

MAX_IDENTIFIERS = 100
MAX_INTEGER = 2**63 - 1
_REFERENCE = re.compile(r'"[^"]+"')
_INTEGER = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OrderIdentifiers:
    """What was asked for, without repetitions; at least one and at most `MAX_IDENTIFIERS` in all."""

    identifiers: tuple[int, ...]
    references: tuple[str, ...]


def integer_of(text: str) -> int | None:
    """Answer the integer that a text is in plain digits; `None` for any other text, and for one over `MAX_INTEGER`."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and number <= MAX_INTEGER else None


def parse_order_identifiers(text: str) -> OrderIdentifiers:
    """Parse a semicolon list, already percent-decoded once by the server; one trailing slash is let pass.

    Raises `InvalidRequest` with one fault for each element that is neither an integer nor a quoted reference,
    or with one for the list when it is too long.
    """
    elements = text.removesuffix("/").split(";")
    if len(elements) > MAX_IDENTIFIERS:
        message = f"Expected at most {MAX_IDENTIFIERS} order identifiers, got {len(elements)}: ask in parts."
        raise InvalidRequest(Fault("TooManyIdentifiers", message))
    identifiers: dict[int, None] = {}
    references: dict[str, None] = {}
    faults = []
    for position, element in enumerate(elements, start=1):
        identifier = integer_of(element)
        if identifier is not None:
            identifiers[identifier] = None
        elif _REFERENCE.fullmatch(element):
            references[unquote(element[1:-1])] = None
        else:
            faults.append(
                Fault(
                    "InvalidIdentifier",
                    f"Element {position} must be an integer order identifier, or an order reference that is "
                    'percent-encoded and in double quotes, such as 1001;"INV%201".',
                )
            )
    if faults:
        raise InvalidRequest(*faults)
    return OrderIdentifiers(tuple(identifiers), tuple(references))
