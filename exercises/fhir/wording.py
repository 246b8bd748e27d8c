"""Texts of a file as our forms keep them."""

from __future__ import annotations

import re

from exercises import wording

LABEL = 2000
BODY = 10_000
PREFIX = 20
OPTION = 2000

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKS = re.compile(r"([̀-ͯ])[̀-ͯ]{20,}")


def line(text: str, limit: int = LABEL) -> str:
    """One line of text. Invisible characters of machines are left out."""
    return _tidy(text, lines=False)[:limit].strip()


def lines(text: str, limit: int = BODY) -> str:
    """Text with its line breaks."""
    return _tidy(text, lines=True)[:limit].strip()


def _tidy(text: str, *, lines: bool) -> str:
    try:
        return wording.tidy(_MARKS.sub(r"\1", _CONTROLS.sub(" ", text)), lines=lines)
    except wording.UnkeepableText:
        return text.encode("ascii", "ignore").decode()
