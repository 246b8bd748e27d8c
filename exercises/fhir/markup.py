"""Formatted text as plain text: what it says stays, tags, styles and scripts go."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any


class _Words(HTMLParser):
    """Text without tags; blocks become lines of their own, scripts and styles nothing."""

    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.silent += tag in ("script", "style")
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") and self.silent:
            self.silent -= 1
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def without_tags(markup: str) -> str:
    """The words of a piece of XHTML, a line for each block."""
    reader = _Words()
    try:
        reader.feed(markup)
        reader.close()
    except (ValueError, AssertionError):
        return ""
    return re.sub(r"\n\s*\n+", "\n\n", "".join(reader.parts)).strip()
