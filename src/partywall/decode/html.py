"""Text, attributes, comments and scripts of an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.found += [(f"{tag}@{name}", value) for name, value in attrs if value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        # Void and unclosed elements stay open; drop back to the matching start, if there is one.
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((self._open[-1] if self._open else "text", data))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


def html_texts(page: str) -> list[tuple[str, str]]:
    """(where, text) pairs: element name, "element@attribute" or "comment". Never raises on bad markup."""
    collector = _Collector()
    collector.feed(page)
    collector.close()
    return collector.found
