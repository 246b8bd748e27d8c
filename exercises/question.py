"""One item of a form: a question, something to read, or a group of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from exercises.clauses import Clauses, plain_number
from exercises.flags import FlagRule, Severity
from exercises.question_parts import Code, Number, Option, Row, Stop, Unit
from exercises.vocabulary import Lane, QuestionType

NUMBER_LIMIT = 1_000_000

SHOWN_TYPES = frozenset(
    {QuestionType.INSTRUCTIONS, QuestionType.IMAGE, QuestionType.LINK, QuestionType.SECTION},
)
ASKED_TYPES = frozenset(QuestionType) - SHOWN_TYPES - {QuestionType.GROUP}
CHOICE_TYPES = frozenset({QuestionType.SINGLE, QuestionType.MULTI, QuestionType.CHECKLIST})
TEXT_TYPES = frozenset({QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT})
DATE_TYPES = frozenset({QuestionType.DATE, QuestionType.TIME, QuestionType.DATETIME})
NUMBER_TYPES = frozenset({QuestionType.NUMBER, QuestionType.QUANTITY})
STEP_TYPES = frozenset({QuestionType.SCALE, QuestionType.SLIDER, QuestionType.MOOD})


@dataclass(frozen=True)
class Question:
    """One item of a form: a question, something to read, or a group of others.

    `lane` and `each` are as written; what follows for the answer, with what it lies in and what its condition
    looks at, is `narrowest` and `for_each`. In a joint answer, everybody answers what is `for_each`.
    `key` is the answer's key: a template ("name"), an instance ("name~2"), a row of a grid ("week.sleep").
    """

    key: str
    type: QuestionType
    label: str
    help: str = ""
    prefix: str = ""
    show_if: Clauses | None = None
    lane: Lane | None = None
    each: bool = False
    required: bool = False
    decline: bool = True
    risk: bool | None = None
    metric: str = ""
    flag_if: str = ""
    severity: str = ""
    repeats: int = 1
    initial: tuple[str, ...] = ()
    hidden: bool = False
    # scale, number, quantity
    min: Number | None = None
    max: Number | None = None
    low: str = ""
    high: str = ""
    unit: str = ""
    decimals: int | None = None
    units: tuple[Unit, ...] = ()
    stops: tuple[Stop, ...] = ()
    # choices
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    other: bool = False
    least: int | None = None
    most: int | None = None
    # text, dates
    least_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    pattern_hint: str = ""
    earliest: str = ""
    latest: str = ""
    # shown only
    body: str = ""
    attachment: str = ""
    src: str = ""
    alt: str = ""
    url: str = ""
    # where it comes from
    link_id: str = ""
    codes: tuple[Code, ...] = ()
    questions: tuple[Question, ...] = ()
    # what follows for the answer
    narrowest: Lane | None = None
    for_each: bool = False
    row_of: str = ""

    @property
    def is_asked(self) -> bool:
        return self.type in ASKED_TYPES

    @property
    def is_shown_only(self) -> bool:
        return self.type in SHOWN_TYPES

    @property
    def private(self) -> bool:
        """Whether it goes no further than its author and the therapists, whatever the lane of the form."""
        return self.narrowest in (Lane.OWN, Lane.PRIVATE)

    @property
    def base(self) -> str:
        """The key without the numbers of an instance."""
        return self.key.partition("~")[0]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which instance it is, one number for each level that repeats. Empty for a template."""
        numbers = self.key.partition("~")[2]
        return tuple(int(number) for number in numbers.split(".")) if numbers else ()

    @cached_property
    def flag(self) -> FlagRule | None:
        return FlagRule.parse(self.flag_if) if self.flag_if else None

    @property
    def may_flag(self) -> bool:
        """Whether an answer to it, or to one of its rows, may ask somebody to look."""
        return bool(self.flag_if or any(row.flag_if for row in self.rows))

    @property
    def may_flag_urgently(self) -> bool:
        """Whether that look would be urgent: it is, unless the question says otherwise."""
        return self.may_flag and self.severity in ("", Severity.URGENT)

    @property
    def steps(self) -> range:
        """The numbers to choose from: of a scale, a slider, a mood's valence. Empty for the other types."""
        if self.type is QuestionType.MOOD:
            return range(1, 6)
        if self.type is QuestionType.SLIDER and len(self.stops) > 1:
            first, second, last = self.stops[0].value, self.stops[1].value, self.stops[-1].value
            return range(first, last + 1, second - first)
        if self.type is QuestionType.SCALE and self.min is not None and self.max is not None:
            return range(int(self.min), int(self.max) + 1)
        return range(0)

    def stop_label(self, number: Number) -> str:
        """The words on a slider's stop."""
        return next((stop.label for stop in self.stops if stop.value == number), "")

    @cached_property
    def _options_by_value(self) -> dict[str, Option]:
        return {option.value: option for option in self.options}

    def option(self, value: str) -> Option | None:
        return self._options_by_value.get(value)

    def option_label(self, value: str) -> str:
        """The words of an option; its key when there is no such option."""
        found = self.option(value)
        return found.label if found else value

    def unit_label(self, value: str) -> str:
        return next((unit.label for unit in self.units if unit.value == value), value)

    @property
    def weighted(self) -> bool:
        return any(option.weight is not None for option in self.options)

    def weight(self, value: str) -> Decimal | None:
        """What an option counts in a score; None when it counts nothing."""
        found = self.option(value)
        return None if found is None or found.weight is None else Decimal(found.weight)

    @property
    def ends(self) -> tuple[Decimal, Decimal] | None:
        """The least and the most that the answer's number can be, where there are such ends."""
        if self.steps:
            return Decimal(self.steps[0]), Decimal(self.steps[-1])
        if self.type is QuestionType.YES_NO:
            return Decimal(0), Decimal(1)
        if self.type is QuestionType.CHECKLIST:
            return Decimal(0), Decimal(len(self.options))
        if self.type in NUMBER_TYPES:
            return None if self.max is None else (Decimal(self.min or 0), Decimal(self.max))
        weights = [Decimal(option.weight) for option in self.options if option.weight is not None]
        if not weights:
            return None
        if self.type is QuestionType.MULTI:
            rises, falls = [w for w in weights if w > 0], [w for w in weights if w < 0]
            return sum(falls, Decimal(0)) if falls else min(weights), sum(rises, Decimal(0)) if rises else max(weights)
        return min(weights), max(weights)

    @cached_property
    def row_questions(self) -> tuple[Question, ...]:
        """The rows of a grid as questions of their own, each with the grid's options."""
        base, tilde, numbers = self.key.partition("~")
        return tuple(
            replace(
                self,
                key=f"{base}.{row.key}{tilde}{numbers}",
                type=QuestionType.SINGLE,
                label=f"{self.label} – {row.label}",
                flag_if=row.flag_if or self.flag_if,
                rows=(),
                initial=(),
                questions=(),
                show_if=None,
                repeats=1,
                row_of=self.key,
            )
            for row in self.rows
        )

    def as_data(self) -> dict[str, Any]:
        """The item in the form language: only what is said, in a fixed order."""
        data: dict[str, Any] = {"key": self.key, "type": self.type.value}
        for name, blank in _WRITTEN.items():
            value = getattr(self, name)
            if value != blank or (name == "label" and self.is_asked):
                data[name] = _as_json(value)
        return data


#: The parts that are written, in this order, and what each is when nothing is said.
_WRITTEN: dict[str, Any] = {
    "label": "", "help": "", "prefix": "", "min": None, "max": None, "low": "", "high": "", "unit": "",
    "decimals": None, "units": (), "stops": (), "rows": (), "earliest": "", "latest": "", "least_length": None,
    "max_length": None, "pattern": "", "pattern_hint": "", "body": "", "attachment": "", "src": "", "alt": "",
    "url": "", "metric": "", "flag_if": "", "severity": "", "options": (), "other": False, "least": None,
    "most": None, "each": False, "lane": None, "required": False, "decline": True, "risk": None, "repeats": 1,
    "initial": (), "hidden": False,
    "show_if": None, "link_id": "", "codes": (), "questions": (),
}  # fmt: skip


def _as_json(value: Any) -> Any:
    match value:
        case Lane():
            return value.value
        case Clauses():
            return value.as_data()
        case Decimal():
            return plain_number(value)
        case tuple():
            return [part if isinstance(part, str) else part.as_data() for part in value]
    return value
