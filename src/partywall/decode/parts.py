"""The protocol between a format and the reader: a body goes in, parts come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywall.decode.limits import Budget


class NotThisFormatError(ValueError):
    """The body looked like a format and is none; what was given of it until then stands."""


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to look at, and what their sender says of them.

    Attributes:
        kind: media type with its parameters, "" if none was declared; a file name's extension counts as one.
        encoding: name of the compression that they are said to have, "" for none.
        declared: somebody says that these are a document: bytes that nothing can read are then told. Otherwise they
            are a guess of ours (any long word can be taken for base64).
    """

    data: bytes
    kind: str = ""
    encoding: str = ""
    declared: bool = True


class Shown(NamedTuple):
    """A text at a place within the body.

    Attributes:
        surface: "" for the body's own.
        source: running text of the format itself, in which no document is looked for.
    """

    place: str
    text: str
    chain: tuple[str, ...] = ()
    surface: str = ""
    source: bool = False


class Nested(NamedTuple):
    """A body within the body."""

    place: str
    body: Body
    chain: tuple[str, ...] = ()
    surface: str = ""


class Unseen(NamedTuple):
    """Something that could not be looked at."""

    place: str
    why: str


Part = Shown | Nested | Unseen


@dataclass(frozen=True, slots=True)
class Format:
    """One way to read a body.

    Attributes:
        name: its word in a chain.
        fits: may the body be read so? Cheap; by content first, by declared type second. Given the body and the first
            bytes of its text in UTF-8, without leading white space.
        read: the body's parts. Raises `NotThisFormatError` when the body is none of its kind after all, and
            `BoundHitError`; any other error is our own or a library's, and is told as something unseen.
        textual: the source is text: where the format's own reading fails, plain text shows no less.
        surface: of the parts; "" for that of what the body was found in.
    """

    name: str
    fits: Callable[[Body, bytes], bool]
    read: Callable[[Body, Budget], Iterator[Part]]
    textual: bool = True
    surface: str = ""


def media(body: Body) -> str:
    """The declared media type, in lower case, without parameters."""
    return body.kind.partition(";")[0].strip().lower()
