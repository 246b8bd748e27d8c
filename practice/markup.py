"""Markup that is rendered once: what stands still of it is kept, and what somebody chose is put in its places.

A template is rendered with an :class:`Open` value where an answer would stand. It leaves a mark wherever the answer
would show, and between the marks lies what is the same for everybody. No answer is ever part of what is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

#: No text holds it: neither the database nor a form lets it in.
_MARK = "\0"
#: What is escaped. Most texts hold nothing of it, which is seen at once.
_RISKY = re.compile("[&<>\"']")
CHECKED = mark_safe(" checked")
NOTHING = mark_safe("")


@dataclass(frozen=True)
class Open:
    """Stands where an answer would: shown as it is, or looked at by a control whether it is chosen."""

    name: str

    def __str__(self) -> str:
        return f"{_MARK}{self.name}{_MARK}"

    def checked(self, own: object) -> SafeString:
        return mark_safe(f"{_MARK}{self.name}={own}{_MARK}")  # noqa: S308  holds the place of an attribute


def checked(own: object, chosen: object) -> SafeString:
    """Return the attribute of a control: set where its own value is the chosen one, or among several."""
    if isinstance(chosen, Open):
        return chosen.checked(own)
    if isinstance(chosen, list | tuple | set | frozenset):
        return CHECKED if own in chosen else NOTHING
    return CHECKED if chosen is not None and str(own) == str(chosen) else NOTHING


def shortened(words: str, most: int) -> str:
    """Return what ``truncatechars`` makes of it. Most texts are short enough, which is seen at once."""
    text = unicodedata.normalize("NFC", words)
    return text if len(text) <= most else Truncator(text).chars(most)


@dataclass(frozen=True)
class Markup:
    """What stands still, and between each two parts of it a place: whose value, and of a control its own."""

    still: tuple[str, ...]
    places: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, html: str) -> Markup:
        """Take apart what was rendered with open values."""
        parts = html.split(_MARK)
        named = [part.partition("=") for part in parts[1::2]]
        return cls(tuple(parts[::2]), tuple((name, own if sign else None) for name, sign, own in named))

    def filled(self, value_of: Callable[[str], object]) -> SafeString:
        """Put values in their places; ``value_of`` tells them by the names of what stood open."""
        return mark_safe("".join(self._parts(value_of)))  # noqa: S308  templates' own markup, with escaped text between

    def filled_for_each(self, every: Iterable[Mapping[str, object]]) -> SafeString:
        """Fill it once for each, one after another."""
        return mark_safe("".join([part for one in every for part in self._parts(one.__getitem__)]))  # noqa: S308  as above

    def _parts(self, value_of: Callable[[str], object]) -> list[str]:
        made = [self.still[0]]
        for (name, own), still in zip(self.places, self.still[1:], strict=True):
            value = value_of(name)
            made += (_escaped(str(value)) if own is None else checked(own, value), still)
        return made


def _escaped(text: str) -> str:
    return escape(text) if _RISKY.search(text) else text
