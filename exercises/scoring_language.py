"""Reading how an exercise is scored: from plain data to Scoring, or the reason why not."""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.native_scoring import ScoringError, read_measure
from exercises.question import Question
from exercises.questions import Form
from exercises.scoring import MOST_KEYS, SCORED_BY, AnyScoring, Scoring
from exercises.vocabulary import Direction, Method, QuestionType

_NEEDED = {"method", "questions", "direction", "series"}
_KNOWN = {*_NEEDED, "name", "reverse", "missing"}
_NAME_LIMIT = 200


def read_any(data: Any, form: Form) -> AnyScoring:
    """An exercise's own way, or a reference to a published measure."""
    if isinstance(data, dict) and "measure" in data:
        return read_measure(data, form)
    return read_scoring(data, form)


def read_scoring(data: Any, form: Form) -> Scoring:
    if not isinstance(data, dict) or not _NEEDED <= set(data) <= _KNOWN:
        raise ScoringError(_("A score has a method, questions, a direction and a name for its series."))
    if data["method"] not in Method.values or data["direction"] not in Direction.values:
        raise ScoringError(_("There is no such method or direction."))
    method, series = Method(data["method"]), data["series"]
    if not isinstance(series, str) or not series.isidentifier() or len(series) > 60:
        raise ScoringError(_("The name of a series is letters, digits and underscores."))
    keys = _keys(data["questions"])
    if not keys:
        raise ScoringError(_("A score needs questions, each of them once."))
    for key in keys:
        _check_question(key, method, form)
    reverse = _keys(data.get("reverse", []))
    for key in reverse:
        _check_reverse(key, keys, form)
    scoring = Scoring(
        method, keys, Direction(data["direction"]), series, _name(data), reverse, _least(data.get("missing"))
    )
    answers = scoring.answer_keys(form)
    if len(set(answers)) != len(answers):
        raise ScoringError(_("A score needs questions, each of them once."))
    if method is Method.CHANGE and len(answers) != 2:
        raise ScoringError(_("A change is between two questions."))
    if scoring.least is not None and scoring.least > len(answers):
        raise ScoringError(_("More answers are asked for than there are questions."))
    return scoring


def _keys(said: Any) -> tuple[str, ...]:
    fits = isinstance(said, list) and len(said) <= MOST_KEYS and all(isinstance(key, str) for key in said)
    if not fits or len(set(said)) != len(said):
        raise ScoringError(_("A score needs questions, each of them once."))
    return tuple(said)


def _check_question(key: str, method: Method, form: Form) -> None:
    if key not in form or not form[key].is_asked or "~" in key:
        raise ScoringError(format_lazy(_("There is no question “{key}”."), key=key))
    question = form[key]
    if form.spots[question.base.partition(".")[0]].levels:
        raise ScoringError(format_lazy(_("“{key}” can be answered several times, so it cannot be scored."), key=key))
    if not can_be_scored(question, method):
        raise ScoringError(format_lazy(_("Answers to “{key}” cannot be added up in this way."), key=key))


def can_be_scored(question: Question, method: Method) -> bool:
    """Whether answers to this question are numbers that the method can add up."""
    if question.type in SCORED_BY[method]:
        return True
    return method is not Method.COUNT and question.weighted and question.type is not QuestionType.CHECKLIST


def _check_reverse(key: str, keys: tuple[str, ...], form: Form) -> None:
    if key not in keys and key.partition(".")[0] not in keys:
        raise ScoringError(format_lazy(_("“{key}” is not among the questions that are scored."), key=key))
    if key not in form:
        raise ScoringError(format_lazy(_("There is no question “{key}”."), key=key))
    one = form[key]
    if any(row.ends is None for row in one.row_questions or (one,)):
        raise ScoringError(format_lazy(_("“{key}” has no highest number to count back from."), key=key))


def _least(said: Any) -> int | None:
    if said is None:
        return None
    least = said.get("least") if isinstance(said, dict) and set(said) == {"least"} else None
    if not isinstance(least, int) or isinstance(least, bool) or not 1 <= least <= MOST_KEYS:
        raise ScoringError(_("Please say how many questions must be answered."))
    return least


def _name(data: dict[str, Any]) -> str:
    said = data.get("name", "")
    try:
        name = wording.tidy(said, lines=False) if isinstance(said, str) and len(said) <= _NAME_LIMIT else None
    except wording.UnkeepableText:
        name = None
    if name is None:
        raise ScoringError(_("The name of a score is a line of text."))
    return name
