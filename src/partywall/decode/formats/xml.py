"""XML, XHTML, SVG, RSS, SOAP and the parts of Office documents: by expat, which streams, so that no tree is built.

Entities that a document declares are not expanded: that is how a billion laughs and reads of files begin. What such a
document says is told as unseen, since an entity's text can be put together from several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from partywall.decode import charsets
from partywall.decode.escapes import joined
from partywall.decode.formats.html import is_page
from partywall.decode.limits import BoundHitError
from partywall.decode.parts import Format, NotThisFormatError, Shown, Unseen, media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.limits import Budget
    from partywall.decode.parts import Body, Part

_ANCESTORS = 6


class _EntityError(Exception):
    """The document declares entities."""


class _Collector:
    def __init__(self, texts_max: int) -> None:
        self.parts: list[Part] = []
        self.run: list[str] = []
        self._texts_max = texts_max
        self._open: list[str] = []
        self._names: set[str] = set()
        self._text: list[str] = []

    def start(self, tag: str, attributes: list[str]) -> None:
        self.flush()
        if len(self.parts) > self._texts_max:
            raise BoundHitError(f"over {self._texts_max} texts")
        self._open.append(tag)
        place = self._place()
        for name in (tag, *attributes[::2]):
            if name not in self._names:
                self._names.add(name)
                self.parts.append(Shown(place, name, ("key",)))
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            self.parts.append(Shown(f"{place}@{name}", value))

    def end(self, _tag: str) -> None:
        self.flush()
        self._open.pop()

    def text(self, data: str) -> None:
        self._text.append(data)

    def comment(self, data: str) -> None:
        self.parts.append(Shown(f"{self._place()}/comment", data))

    def instruction(self, target: str, data: str) -> None:
        self.parts.append(Shown(f"{self._place()}/?{target}", f"{target} {data}"))

    def declaration(self, *said: str | int | None) -> None:
        """Of the document and of its type: version and charset, or name, system id and public id."""
        self.parts.append(Shown("/declaration", " ".join(word for word in said if isinstance(word, str))))

    def flush(self) -> None:
        """Text that comments or CDATA sections part belongs together."""
        if self._text:
            whole = "".join(self._text)
            self._text.clear()
            if whole.strip():
                self.parts.append(Shown(self._place(), whole))
                self.run.append(whole)

    def _place(self) -> str:
        return "/" + "/".join(self._open[-_ANCESTORS:])


def _entity(*_declaration: object) -> None:
    raise _EntityError


def _fits(body: Body, head: bytes) -> bool:
    if media(body).endswith(("/xml", "+xml")) or head.startswith(b"<?xml"):
        return True
    return head[:1] == b"<" and head[1:2].isalpha() and not is_page(head)


def _read(body: Body, budget: Budget) -> Iterator[Part]:
    """Texts, attributes, comments, processing instructions, every distinct name once; then all texts joined, since runs
    of one word may be parted over elements."""
    data = charsets.text(body.data, body.kind).lstrip("\ufeff \t\r\n").encode("utf-8", "replace")
    if len(data) > budget.limits.tree_bytes:
        raise BoundHitError(f"a document of over {budget.limits.tree_bytes} bytes")
    collector = _Collector(budget.texts)
    # By now it is UTF-8, whatever its declaration says.
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.CommentHandler = collector.comment
    parser.ProcessingInstructionHandler = collector.instruction
    parser.EntityDeclHandler = _entity
    parser.XmlDeclHandler = parser.StartDoctypeDeclHandler = collector.declaration
    failure = ""
    try:
        parser.Parse(data, True)  # noqa: FBT003
    except _EntityError:
        failure = "it declares entities"
        collector.parts.append(Unseen("", "XML that declares entities: they are not expanded"))
    except expat.ExpatError as error:
        failure = str(error)
    collector.flush()
    yield from collector.parts
    if len(collector.run) > 1:
        yield Shown("", joined("".join(collector.run)), ("joined",), source=True)
    if failure:
        raise NotThisFormatError(failure)


XML = Format("xml", _fits, _read)
