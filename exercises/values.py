"""An answer as we keep it, and the marks that browsers send beside one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from practice.saying_why import SaysWhy

# No option may hold a colon, so none of these can be mistaken for one.
DECLINED = "::rather-not-say"
NONE_OF_THESE = "::none"
OTHER = "::other"
MARKS = frozenset({DECLINED, NONE_OF_THESE, OTHER})

SHORT_TEXT_LIMIT = 500
LONG_TEXT_LIMIT = 10_000


class QuestionError(SaysWhy):
    """The answer cannot be kept as it is; `message` says in kind words what would help."""


@dataclass(frozen=True)
class Value:
    """A cleaned answer. Which part is filled depends on the type of the question:

    number: scale, slider, number, quantity, a mood's valence, 1 or 0 for yes or no, how many were ticked in a
        checklist, what the chosen options weigh
    choices: single, multi, checklist, a row of a grid, a mood's words, in the order of the form; a quantity's unit
    text: short and long text, a web address, words beside the options; dates and times as ISO has them (sealed
        like all text: a date is often a birthday)
    """

    number: Decimal | None = None
    choices: tuple[str, ...] = ()
    text: str = ""
    declined: bool = False

    @property
    def answered(self) -> bool:
        """False when it was left out, and when the person would rather not say."""
        return self.number is not None or bool(self.choices) or bool(self.text)

    @property
    def blank(self) -> bool:
        return not self.answered and not self.declined

    def as_data(self) -> dict[str, Any]:
        """For JSON, only what is said. The number is text, so that no digit is lost."""
        data: dict[str, Any] = {}
        if self.number is not None:
            data["number"] = str(self.number)
        if self.choices:
            data["choices"] = list(self.choices)
        if self.text:
            data["text"] = self.text
        if self.declined:
            data["declined"] = True
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Value:
        number = data.get("number")
        return cls(
            number=None if number is None else Decimal(number),
            choices=tuple(data.get("choices", ())),
            text=data.get("text", ""),
            declined=bool(data.get("declined", False)),
        )


BLANK = Value()


def without_idle_zeros(number: Decimal) -> Decimal:
    """7.000, as a column with three decimals gives it back, is 7."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
