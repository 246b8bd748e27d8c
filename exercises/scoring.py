"""Numbers out of answers.

Three kinds, never mixed in one line of a chart: a question's own number, when the question feeds a series that
several exercises share (`metric`), the score of an exercise that says how its questions add up (`exercise`),
and the score of a published measure (`measure`), which exercises/measures/ works out. A series of the second
kind may have the same name as one of the first.

Nothing is ever a number because it was left out: each way of scoring says how much may be missing. What was
hidden by a condition is not missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.conditions import NOTHING_KNOWN, visible
from exercises.native_scoring import NativeNumber, NativeScoring, ScoringError, register_measures
from exercises.question import CHOICE_TYPES, Question
from exercises.questions import Form
from exercises.values import BLANK, Value
from exercises.vocabulary import Direction, Method, QuestionType

PLACES = Decimal("0.0001")
MOST_SCORINGS = 12
MOST_KEYS = 600

#: The rule of a number that is an answer as it was given.
ANSWER = "answer@1"

_NUMBERS = frozenset(
    {
        QuestionType.SCALE,
        QuestionType.SLIDER,
        QuestionType.NUMBER,
        QuestionType.QUANTITY,
        QuestionType.MOOD,
    }
)
_COUNTED = frozenset({QuestionType.CHECKLIST, QuestionType.YES_NO})
#: Options that carry weights go into everything but a count.
SCORED_BY = {
    Method.SUM: _NUMBERS | _COUNTED,
    Method.MEAN: _NUMBERS,
    Method.CHANGE: _NUMBERS,
    Method.COUNT: _COUNTED,
}


@dataclass(frozen=True)
class Scoring:
    """How an exercise adds up.

    sum: all of them together; when some may be missing, stretched over the missing ones
    mean: the average of what was answered
    count: how many were ticked or answered with yes
    change: the second question minus the first, if both were answered
    reverse: questions that count from the other end (lowest + highest - answer).
    least: how many must be answered; without it, half for mean and count, all for sum and change.
    """

    method: Method
    questions: tuple[str, ...]
    direction: Direction
    series: str
    name: str = ""
    reverse: tuple[str, ...] = ()
    least: int | None = None

    @classmethod
    def from_data(cls, data: Any, form: Form) -> Scoring:
        """Raises ScoringError unless every question is there and of a type that the method can add up."""
        from exercises.scoring_language import read_scoring  # which needs the classes of this module

        return read_scoring(data, form)

    @property
    def rule(self) -> str:
        """What a score names as the rule that made it: the method and a fingerprint of everything said of it."""
        said = json.dumps(self.as_data(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return f"{self.method.value}@{hashlib.sha256(said.encode()).hexdigest()[:12]}"

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "method": self.method.value,
            "questions": list(self.questions),
            "direction": self.direction.value,
            "series": self.series,
        }
        if self.name:
            data["name"] = self.name
        if self.reverse:
            data["reverse"] = list(self.reverse)
        if self.least is not None:
            data["missing"] = {"least": self.least}
        return data

    def answer_keys(self, form: Form) -> tuple[str, ...]:
        """The keys of the answers that go into it; a grid stands for all its rows."""
        found: list[str] = []
        for key in self.questions:
            rows = form[key].row_questions
            found += [row.key for row in rows] if rows else [key]
        return tuple(found)

    def may_lack(self, count: int) -> int:
        """How many of `count` answers may be missing."""
        if self.method is Method.CHANGE:
            return 0
        if self.least is not None:
            return max(0, count - self.least)
        return count // 2 if self.method in (Method.MEAN, Method.COUNT) else 0


AnyScoring = Scoring | NativeScoring


def read_scorings(data: Any, form: Form) -> tuple[AnyScoring, ...]:
    """Every way of scoring that an edition's content names: none, one, or a list. Raises ScoringError."""
    from exercises.scoring_language import read_any

    if data is None:
        return ()
    said = data if isinstance(data, list) else [data]
    if len(said) > MOST_SCORINGS:
        raise ScoringError(format_lazy(_("An exercise has at most {n} scores."), n=MOST_SCORINGS))
    found = tuple(read_any(one, form) for one in said)
    series = [one.series for one in found if isinstance(one, Scoring)]
    if len(set(series)) != len(series):
        raise ScoringError(_("Two scores have the same name of a series."))
    return found


@dataclass(frozen=True)
class ScoreValue:
    """One number of one set of answers.

    keys: the answers it was made from.
    private: a private question belongs to it, answered or not; the number goes no further than that question.
    answered, of: how many of the questions asked were answered. prorated: see Scoring.
    rule: what made it: a method with its fingerprint, a measure with its version, or the answer itself.
    """

    series: str
    value: Decimal
    keys: tuple[str, ...]
    private: bool
    source: Literal["metric", "exercise", "measure"]
    answered: int = field(default=1, compare=False)
    of: int = field(default=1, compare=False)
    prorated: bool = False
    rule: str = field(default="", compare=False)


def scores(
    form: Form,
    scoring: AnyScoring | Iterable[AnyScoring] | None,
    answers: Mapping[str, Value],
    known: Mapping[str, Value] = NOTHING_KNOWN,
) -> list[ScoreValue]:
    """Every number in these answers: one for each answered question with a metric, and the exercise's own."""
    asked = visible(form, answers, known)
    there = {key: value for key, value in answers.items() if key in asked}
    found = [
        ScoreValue(question.metric, number, (question.key,), question.private, "metric", rule=ANSWER)
        for question in asked.questions
        if question.metric and (number := there.get(question.key, BLANK).number) is not None
    ]
    for one in _listed(scoring):
        if isinstance(one, Scoring):
            own = _own_score(form, one, there, asked.keys)
            found += [own] if own else []
        else:
            found += _native_scores(form, one, there, asked.keys)
    return found


def _listed(scoring: AnyScoring | Iterable[AnyScoring] | None) -> list[AnyScoring]:
    if scoring is None:
        return []
    return list(scoring) if isinstance(scoring, list | tuple) else [scoring]  # type: ignore[list-item]


def number_of(question: Question, value: Value) -> Decimal | None:
    """What an answer counts in a score; None when it counts nothing, or was not given."""
    if value.number is not None or question.type not in CHOICE_TYPES:
        return value.number
    weights = [weight for choice in value.choices if (weight := question.weight(choice)) is not None]
    return sum(weights, Decimal(0)) if weights else None


def _own_score(form: Form, scoring: Scoring, answers: Mapping[str, Value], asked: frozenset[str]) -> ScoreValue | None:
    keys = scoring.answer_keys(form)
    there = [key for key in keys if key in asked]
    given = {key: number for key in there if (number := _counted(form, scoring, key, answers)) is not None}
    lacking = len(there) - len(given)
    if not given or lacking > scoring.may_lack(len(keys)):
        return None
    if scoring.method is Method.CHANGE and len(given) < len(keys):
        return None
    numbers = list(given.values())
    stretched = lacking > 0 and scoring.method is Method.SUM
    value = _stretched(form, there, given) if stretched else _combined(scoring.method, numbers)
    if value is None:
        return None
    return ScoreValue(
        series=scoring.series,
        value=value,
        keys=tuple(given),
        private=any(form[key].private for key in keys),
        source="exercise",
        answered=len(given),
        of=len(there),
        prorated=stretched,
        rule=scoring.rule,
    )


def _counted(form: Form, scoring: Scoring, key: str, answers: Mapping[str, Value]) -> Decimal | None:
    """An answer's number, from the other end where the scoring says so."""
    question = form[key]
    number = number_of(question, answers.get(key, BLANK))
    if number is None or not {key, question.row_of} & set(scoring.reverse):
        return number
    ends = question.ends
    return None if ends is None else ends[0] + ends[1] - number


def _stretched(form: Form, there: Sequence[str], given: Mapping[str, Decimal]) -> Decimal | None:
    """The sum, had the missing ones been answered like the others: L + S(x - l) / S(u - l) * (U - L)."""
    ends = {key: form[key].ends for key in there}
    known = {key: end for key, end in ends.items() if end is not None}
    if len(known) < len(there):
        return None
    room = sum((known[key][1] - known[key][0] for key in given), Decimal(0))
    if not room:
        return None
    above = sum((number - known[key][0] for key, number in given.items()), Decimal(0))
    lowest = sum((low for low, _high in known.values()), Decimal(0))
    highest = sum((high for _low, high in known.values()), Decimal(0))
    return (lowest + above / room * (highest - lowest)).quantize(PLACES)


def _combined(method: Method, numbers: Sequence[Decimal]) -> Decimal:
    if method is Method.CHANGE:
        return numbers[1] - numbers[0]
    total = sum(numbers, Decimal(0))
    return (total / len(numbers)).quantize(PLACES) if method is Method.MEAN else total


def _native_scores(
    form: Form, scoring: NativeScoring, answers: Mapping[str, Value], asked: frozenset[str]
) -> list[ScoreValue]:
    keys = scoring.keys
    given = tuple(key for key in keys if answers.get(key, BLANK).answered)
    private = any(form[key].private for key in keys if key in form)
    hidden = frozenset(key for key in keys if key not in asked)
    return [
        ScoreValue(one.series, one.value, given, private, "measure", one.answered, one.of, one.prorated, one.rule)
        for one in scoring.numbers(answers, hidden)
    ]


__all__ = [
    "AnyScoring",
    "NativeNumber",
    "NativeScoring",
    "ScoreValue",
    "Scoring",
    "ScoringError",
    "number_of",
    "read_scorings",
    "register_measures",
    "scores",
]
