"""One question as it stands on a page: its controls, what is in them, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exercises.answers import DECLINED, NONE_OF_THESE, OTHER, text_limit
from exercises.moments import iso_date, iso_time
from exercises.questions import DATE_TYPES, Question
from exercises.vocabulary import MOOD_SCALE, MOOD_WORDS, QuestionType

#: Controls that let one thing be chosen: 'rather not say' is then one more of them.
ONE_OF_A_FEW = frozenset(
    {QuestionType.SCALE, QuestionType.SLIDER, QuestionType.YES_NO, QuestionType.SINGLE, QuestionType.MOOD}
)
MARKS = (DECLINED, NONE_OF_THESE, OTHER)
#: So many columns of a grid fit beside each other on a desk.
COLUMNS = 7


@dataclass(frozen=True)
class Asked:
    """A question with the raw input that fills it, right or wrong.

    ``name`` is the input name, the answer's key. ``level`` is the level of its heading; 1 when it has the page
    to itself. With ``preview`` nothing is sent. ``rows`` are the lines of a grid, each with a ``short`` label.
    """

    question: Question
    raw: tuple[str, ...] = ()
    error: str = ""
    preview: bool = False
    level: int = 1
    rows: tuple[Asked, ...] = ()
    count: int = 0
    short: str = ""

    @property
    def name(self) -> str:
        return self.question.key

    @property
    def spot(self) -> str:
        """The id that an error leads to."""
        return spot_of(self.question.key)

    @property
    def kind(self) -> str:
        return self.question.type.value

    @property
    def label(self) -> str:
        """What is asked; with its number where it is asked again and again."""
        label = f"{self.question.prefix} {self.question.label}".strip()
        return f"{label} ({self.count})" if self.count else label

    @property
    def heading(self) -> str:
        return f"h{min(max(self.level, 1), 4)}"

    @property
    def value(self) -> str:
        """What stands in the one control of a text, a number or a choice among a few."""
        if self.question.type is QuestionType.MOOD:
            return next((part for part in self.raw if part.isdigit()), "")
        if self.question.type is QuestionType.QUANTITY:
            return next((part for part in self.typed if part != self.unit), "")
        return next(iter(self.typed), "")

    @property
    def typed(self) -> tuple[str, ...]:
        """What was given, without the marks that stand for 'rather not say' and the like."""
        return tuple(part for part in self.raw if part not in MARKS)

    @property
    def chosen(self) -> tuple[str, ...]:
        """All that was given, the marks among it."""
        return self.raw

    @property
    def declined(self) -> bool:
        return DECLINED in self.raw

    @property
    def may_decline(self) -> bool:
        return self.question.decline or self.declined

    @property
    def decline_control(self) -> str:
        return "radio" if self.question.type in ONE_OF_A_FEW else "checkbox"

    @property
    def decline_value(self) -> str:
        return DECLINED

    @property
    def none_value(self) -> str:
        return NONE_OF_THESE

    # something else, in one's own words

    @property
    def other_value(self) -> str:
        return OTHER

    @property
    def other_words(self) -> str:
        known = {option.value for option in self.question.options}
        return next((part for part in self.typed if part not in known), "")

    @property
    def other_chosen(self) -> bool:
        return OTHER in self.raw or bool(self.question.other and self.other_words)

    # numbers, dates

    @property
    def decimal(self) -> bool:
        return self.question.decimals != 0

    @property
    def unit(self) -> str:
        """The chosen unit of a quantity; the first one while none is chosen."""
        known = [unit.value for unit in self.question.units]
        return next((part for part in self.raw if part in known), known[0] if known else "")

    @cached_property
    def date_part(self) -> str:
        return self._moment()[0]

    @cached_property
    def time_part(self) -> str:
        return self._moment()[1]

    def _moment(self) -> tuple[str, str]:
        date = time = ""
        for part in self.typed:
            for piece in part.replace(" ", "T", 1).split("T") if part[:1].isdigit() else [part]:
                date = date or iso_date(piece) or ""
                time = time or iso_time(piece) or ""
        return date, time

    @property
    def odd_moment(self) -> bool:
        """Whether what was typed is no date or time: it then stands in a plain field, so that it is not lost."""
        return self.question.type in DATE_TYPES and bool(self.typed) and not (self.date_part or self.time_part)

    # choices

    @property
    def limit(self) -> int | None:
        return text_limit(self.question)

    @property
    def stops(self) -> list[int]:
        return list(self.question.steps)

    @property
    def options(self) -> list[dict[str, Any]]:
        """What there is to choose from; for a mood its five stops, for a slider its words."""
        if self.question.type is QuestionType.MOOD:
            return [{"value": str(step), "label": MOOD_SCALE[step]} for step in self.question.steps]
        if self.question.type is QuestionType.SLIDER:
            return [{"value": str(stop.value), "label": stop.label} for stop in self.question.stops]
        return [{"value": one.value, "label": one.label, "alone": one.exclusive} for one in self.question.options]

    @property
    def feelings(self) -> list[dict[str, Any]]:
        return [{"value": value, "label": label} for value, label in MOOD_WORDS.items()]

    @property
    def columns(self) -> int:
        """How many columns a grid has on a wide page; 0 when they would not fit."""
        return len(self.question.options) if len(self.question.options) <= COLUMNS else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Every input name of this question: a grid has one for each row, and its own."""
        return (self.name, *(row.name for row in self.rows))


def spot_of(key: str) -> str:
    """An id for what stands under an answer's key: two keys never share one."""
    return "q-" + key.replace("~", "-n").replace(".", "-")


def ask(
    question: Question,
    raw: Sequence[str] | Mapping[str, Sequence[str]] = (),
    error: object = "",
    preview: bool = False,
    *,
    level: int = 1,
    count: int = 0,
    errors: Mapping[str, object] | None = None,
) -> Asked:
    """Return the question ready for ``exercises/portal/_question.html``.

    ``raw`` is its own input, or that of the whole page by answer key, which a grid needs for its rows.
    """
    every = raw if isinstance(raw, Mapping) else {question.key: raw}
    errors = errors or {}
    rows = tuple(
        Asked(one, tuple(every.get(one.key, ())), str(errors.get(one.key) or ""), preview, short=row.label)
        for one, row in zip(question.row_questions, question.rows, strict=True)
    )
    given = every.get(question.key, question.initial)
    said = str(error or errors.get(question.key) or "")
    return Asked(question, tuple(given), said, preview, level, rows, count)
