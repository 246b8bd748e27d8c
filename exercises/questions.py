"""The questions of an edition, as data.

A form is a list of questions in a small language of plain lists and dictionaries: the catalogue is written in
it, an edition stores it, the editor for a practice's own exercises produces it. `Form.from_data` is the only
way in and accepts nothing that it does not know (form_language.py): whatever holds a `Form` can rely on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exercises.flags import FlagRule
from exercises.vocabulary import QuestionType

NUMBER_LIMIT = 1_000_000

CHOICE_TYPES = frozenset({QuestionType.SINGLE, QuestionType.MULTI, QuestionType.CHECKLIST})
TEXT_TYPES = frozenset({QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT})


@dataclass(frozen=True)
class Option:
    """One thing to choose. The value is a stable key, the label is what people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question.

    `each`: in a joint answer, everybody answers this one. `private`: the answer goes to its author and the
    therapists alone, whatever the lane of the rest; in a joint answer, everybody answers it too.
    """

    key: str
    type: QuestionType
    label: str
    min: int | None = None
    max: int | None = None
    low: str = ""
    high: str = ""
    unit: str = ""
    options: tuple[Option, ...] = ()
    metric: str = ""
    each: bool = False
    private: bool = False
    flag_if: str = ""

    @cached_property
    def flag(self) -> FlagRule | None:
        return FlagRule.parse(self.flag_if) if self.flag_if else None

    @property
    def steps(self) -> range:
        """The numbers to choose from: of a scale, or of a mood's valence. Empty for the other types."""
        if self.type is QuestionType.MOOD:
            return range(1, 6)
        if self.type is QuestionType.SCALE and self.min is not None and self.max is not None:
            return range(self.min, self.max + 1)
        return range(0)

    def option(self, value: str) -> Option | None:
        return next((option for option in self.options if option.value == value), None)

    def option_label(self, value: str) -> str:
        """The words of an option; its key when there is no such option."""
        found = self.option(value)
        return found.label if found else value

    def as_data(self) -> dict[str, Any]:
        """The question in the form language: only what is said, in a fixed order."""
        data: dict[str, Any] = {"key": self.key, "type": self.type.value, "label": self.label}
        for name in ("min", "max"):
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        for name in ("low", "high", "unit", "metric", "flag_if"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        if self.options:
            data["options"] = [{"value": option.value, "label": option.label} for option in self.options]
        for name in ("each", "private"):
            if getattr(self, name):
                data[name] = True
        return data


@dataclass(frozen=True)
class Form:
    """The questions in their order. Iterate it, ask `key in form`, take `form[key]`."""

    questions: tuple[Question, ...] = ()

    @classmethod
    def from_data(cls, data: Any) -> Form:
        """Raises form_language.FormError, with everything that is wrong at once."""
        from exercises.form_language import read_questions  # which needs the classes of this module

        return cls(read_questions(data))

    def as_data(self) -> list[dict[str, Any]]:
        return [question.as_data() for question in self.questions]

    def __getitem__(self, key: str) -> Question:
        return self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def __len__(self) -> int:
        return len(self.questions)

    @cached_property
    def _by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self.questions}
