"""Numbers out of answers.

Two kinds, never mixed in one line of a chart: a question's own number, when the question feeds a series that
several exercises share (`metric`), and the score of an exercise that says how its questions add up
(`exercise`). A series of the second kind may have the same name as one of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from exercises.answers import BLANK, Value
from exercises.questions import Form
from exercises.vocabulary import Direction, Method, QuestionType

_PLACES = Decimal("0.0001")

_SCORED_BY = {
    Method.MEAN: frozenset({QuestionType.SCALE, QuestionType.NUMBER, QuestionType.MOOD}),
    Method.CHANGE: frozenset({QuestionType.SCALE, QuestionType.NUMBER, QuestionType.MOOD}),
    Method.COUNT: frozenset({QuestionType.CHECKLIST, QuestionType.YES_NO}),
}


class ScoringError(ValueError):
    """The data is not a way to score that form."""


@dataclass(frozen=True)
class Scoring:
    """How an exercise adds up.

    mean: the average of what was answered, if that is at least half of the questions
    count: how many were ticked or answered with yes, on the same condition
    change: the second question minus the first, if both were answered
    """

    method: Method
    questions: tuple[str, ...]
    direction: Direction
    series: str

    @classmethod
    def from_data(cls, data: Any, form: Form) -> Scoring:
        """Raises ScoringError unless every question is there and of a type that the method can add up."""
        if not isinstance(data, dict) or set(data) != {"method", "questions", "direction", "series"}:
            raise ScoringError("a scoring has a method, questions, a direction and a series")
        if data["method"] not in Method.values or data["direction"] not in Direction.values:
            raise ScoringError("there is no such method or direction")
        method, keys, series = Method(data["method"]), data["questions"], data["series"]
        if not isinstance(series, str) or not series.isidentifier():
            raise ScoringError("the name of a series is letters, digits and underscores")
        if not isinstance(keys, list) or not keys or len(set(map(str, keys))) != len(keys):
            raise ScoringError("a scoring needs questions, each of them once")
        if method is Method.CHANGE and len(keys) != 2:
            raise ScoringError("a change is between two questions")
        for key in keys:
            if not isinstance(key, str) or key not in form:
                raise ScoringError(f"there is no question {key!r}")
            if form[key].type not in _SCORED_BY[method]:
                raise ScoringError(f"question {key!r} does not go into a {method.value}")
        return cls(method, tuple(keys), Direction(data["direction"]), series)

    def as_data(self) -> dict[str, Any]:
        return {
            "method": self.method.value,
            "questions": list(self.questions),
            "direction": self.direction.value,
            "series": self.series,
        }


@dataclass(frozen=True)
class ScoreValue:
    """One number of one set of answers.

    keys: the questions it was made from.
    private: a private question belongs to it, answered or not; the number goes no further than that question.
    """

    series: str
    value: Decimal
    keys: tuple[str, ...]
    private: bool
    source: Literal["metric", "exercise"]


def scores(form: Form, scoring: Scoring | None, answers: Mapping[str, Value]) -> list[ScoreValue]:
    """Every number in these answers: one for each answered question with a metric, and the exercise's own."""
    found = [
        ScoreValue(question.metric, number, (question.key,), question.private, "metric")
        for question in form
        if question.metric and (number := answers.get(question.key, BLANK).number) is not None
    ]
    if scoring is not None:
        own = _own_score(form, scoring, answers)
        if own is not None:
            found.append(own)
    return found


def _own_score(form: Form, scoring: Scoring, answers: Mapping[str, Value]) -> ScoreValue | None:
    asked = [form[key] for key in scoring.questions]
    given = {key: number for key in scoring.questions if (number := answers.get(key, BLANK).number) is not None}
    enough = len(asked) if scoring.method is Method.CHANGE else max(1, len(asked) / 2)
    if len(given) < enough:
        return None
    return ScoreValue(
        series=scoring.series,
        value=_combined(scoring.method, list(given.values())),
        keys=tuple(given),
        private=any(question.private for question in asked),
        source="exercise",
    )


def _combined(method: Method, numbers: Sequence[Decimal]) -> Decimal:
    if method is Method.CHANGE:
        return numbers[1] - numbers[0]
    total = sum(numbers, Decimal(0))
    return total if method is Method.COUNT else (total / len(numbers)).quantize(_PLACES)
