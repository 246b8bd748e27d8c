"""Taking the parts of one item, each as what it must be, and noting what is wrong with it and where."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.form_language.bounds import Errors, Message
from exercises.question_parts import Number


@dataclass
class Parts:
    """The named parts of something, at a place in the form: "2", or "2.options.0"."""

    data: dict[str, Any]
    place: str
    errors: Errors = field(default_factory=dict)

    def wrong(self, name: str, message: Message) -> None:
        self.errors.setdefault(f"{self.place}.{name}" if name else self.place, []).append(message)

    def inside(self, data: dict[str, Any], place: str) -> Parts:
        """The parts of something inside this, which notes what is wrong in the same list."""
        return Parts(data, f"{self.place}.{place}", self.errors)

    def only(self, known: frozenset[str] | set[str], needed: frozenset[str] | set[str] = frozenset()) -> None:
        for name in self.data:
            if name not in known:
                self.wrong(str(name)[:40], _("This type of question has no such part."))
        for name in sorted(needed - {name for name, value in self.data.items() if value is not None}):
            self.wrong(name, _("This is needed."))

    def text(self, name: str, limit: int, *, needed: bool = False, lines: bool = False) -> str:
        """Text, tidied: in one line unless `lines`."""
        value = self.data.get(name, "")
        if not isinstance(value, str):
            self.wrong(name, _("This is a line of text."))
            return ""
        try:
            text = wording.tidy(value[: limit * 4 + 1], lines=lines)
        except wording.UnkeepableText as refusal:
            self.wrong(name, refusal.message)
            return ""
        if needed and name in self.data and not text:
            self.wrong(name, _("This is needed."))
        if len(text) > limit:
            self.wrong(name, format_lazy(_("There is room for {n} characters."), n=limit))
        return text

    def matching(self, name: str, pattern: re.Pattern[str], message: Message) -> str:
        value = self.data.get(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.wrong(name, message)
        return ""

    def word(self, name: str, known: frozenset[str] | set[str]) -> str:
        """One of a few words, or nothing."""
        value = self.data.get(name)
        if value is None or (isinstance(value, str) and value in known):
            return value or ""
        self.wrong(name, _("There is no such choice."))
        return ""

    def whole(self, name: str, low: int | None = None, high: int | None = None) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(name, _("This is a whole number."))
        elif (low is not None and value < low) or (high is not None and value > high):
            self.wrong(name, format_lazy(_("This is a whole number from {low} to {high}."), low=low, high=high))
        else:
            return value
        return None

    def number(self, name: str, bound: int) -> Number | None:
        """A number with at most six decimals, or nothing; an int where it is whole."""
        value = self.data.get(name)
        if value is None:
            return None
        number = as_number(value)
        if number is None or not -bound <= number <= bound:
            self.wrong(name, _("This is a number."))
            return None
        return number

    def truth(self, name: str, default: bool = False) -> bool:
        value = self.data.get(name, default)
        if not isinstance(value, bool):
            self.wrong(name, _("This is either true or false."))
            return default
        return value

    def list_of(self, name: str, least: int, most: int) -> list[Parts]:
        """The things in a list, each as parts of their own."""
        raw = self.data.get(name)
        if raw is None:
            return []
        if not isinstance(raw, list) or not least <= len(raw) <= most:
            self.wrong(name, format_lazy(_("There are between {least} and {most} of these."), least=least, most=most))
            return []
        found = []
        for index, item in enumerate(raw):
            if isinstance(item, dict):
                found.append(self.inside(item, f"{name}.{index}"))
            else:
                self.wrong(f"{name}.{index}", _("This is a set of named parts."))
        return found


def as_number(value: Any) -> Number | None:
    """A JSON number as we keep it, exactly; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**15 else None
    if not math.isfinite(value):
        return None
    exact = Decimal(repr(value))
    if exact == int(exact):
        return int(exact)
    exponent = exact.normalize().as_tuple().exponent
    return exact if isinstance(exponent, int) and exponent >= -6 else None
