"""Forms in pages, as far as whoever sends them has to know them."""

from __future__ import annotations

import functools
from html.parser import HTMLParser


@functools.lru_cache(maxsize=64)
def hidden(body: bytes, name: str) -> str:
    """What a page has in its hidden field of this name, "" if it has none. Remembered by content."""
    return Forms(body.decode("utf-8", "replace")).hidden.get(name, "") if name.encode() in body else ""


class Forms(HTMLParser):
    """The hidden fields of a page, and where its form goes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.action = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of each element."""
        told = dict(attrs)
        if tag == "form" and not self.action:
            self.action = told.get("action") or ""
        if tag == "input" and (told.get("type") or "").lower() == "hidden" and told.get("name"):
            self.hidden[str(told["name"])] = told.get("value") or ""
        if tag == "meta" and "csrf" in (told.get("name") or "").lower() and told.get("content"):
            self.hidden.setdefault(str(told["name"]).replace("-", "_"), str(told["content"]))
