"""Other people's words, made fit to be printed.

Escaping is the template's work. Here goes what an escaped text can still do: hide its order with
direction marks, stall the line breaker with one endless word, or stack marks on a letter until a page is black.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import Any, TypeVar

LONGEST = 20_000
"""Characters of one text, twice what an answer may have. Layout costs more than linearly, and nobody reads on."""

MOST_LINES = 200
"""Lines of one text. What comes after runs on as prose, so that no answer fills a hundred pages."""

LONG_WORD = 40
STRIDE = 24
MARKS = 4

_directions = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_long_word = re.compile(rf"\S{{{LONG_WORD + 1},}}")
_spaces = re.compile(r"[ \t\u00a0]{2,}")
_lines = re.compile(r"\n{3,}")
T = TypeVar("T")


def tidy(text: str) -> str:
    """The text without control characters, direction overrides and endless words; at most LONGEST long.

    Line breaks stay. A cut text ends with an ellipsis. Running it twice changes nothing more.
    """
    text = text.replace("\u200b", "")
    cut = len(text) > LONGEST
    text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _directions.sub("", text))
    text = "".join(letter for letter in _fewer_marks(text) if _printable(letter))
    text = _lines.sub("\n\n", _spaces.sub(" ", text)).strip()
    lines = text.split("\n", MOST_LINES)
    text = "\n".join([*lines[:MOST_LINES], *(" ".join(rest.split()) for rest in lines[MOST_LINES:])])
    text = _long_word.sub(lambda word: _breakable(word[0]), text)
    return text.rstrip("…") + "…" if cut else text


def _printable(letter: str) -> bool:
    """No controls, no lone surrogates, nothing unassigned. Joiners stay: Persian and emoji need them."""
    return letter in "\n\t\u200c\u200d" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn", "Co", "Cf")


def _fewer_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for letter in text:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run <= MARKS:
            kept.append(letter)
    return "".join(kept)


def _breakable(word: str) -> str:
    return "\u200b".join(word[at : at + STRIDE] for at in range(0, len(word), STRIDE))


def direction(text: str) -> str:
    """'rtl' or 'ltr', from the first letter that has a direction. The PDF ignores `dir="auto"`."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def tidied(thing: T) -> T:
    """The same dataclass, tuple or value with every text in it tidied."""
    changed: Any = thing
    if isinstance(thing, str):
        changed = tidy(thing)
    elif isinstance(thing, tuple):
        changed = tuple(tidied(part) for part in thing)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        parts = {field.name: tidied(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
        changed = dataclasses.replace(thing, **parts)
    return changed
