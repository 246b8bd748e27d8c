"""Reading a condition, and whether each of its clauses fits the question that it looks at."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import moments
from exercises.clauses import Amount, Clause, Clauses
from exercises.form_language.bounds import MAX_CLAUSE_DEPTH, MAX_CLAUSES
from exercises.form_language.parts import Parts, as_number
from exercises.question import CHOICE_TYPES, DATE_TYPES, TEXT_TYPES, Question
from exercises.vocabulary import MOOD_WORDS, Operator, QuestionType

ANSWER_LIMIT = 1_000

_EQUALITY = {Operator.IS, Operator.IS_NOT}
_COUNTED = {
    QuestionType.SCALE,
    QuestionType.SLIDER,
    QuestionType.MOOD,
    QuestionType.NUMBER,
    QuestionType.CHECKLIST,
    QuestionType.QUANTITY,
}


def read_condition(parts: Parts) -> Clauses | None:
    """The shape of a condition; which questions it names is checked once the whole form is read."""
    data = parts.data.get("show_if")
    if data is None:
        return None
    if not isinstance(data, dict):
        parts.wrong("show_if", _("A condition says “all” or “any” of a list."))
        return None
    found = _read_clauses(parts.inside(data, "show_if"), 1)
    if sum(1 for _clause in found) > MAX_CLAUSES:
        parts.wrong("show_if", format_lazy(_("A condition has at most {n} parts."), n=MAX_CLAUSES))
        return None
    return found


def _read_clauses(parts: Parts, depth: int) -> Clauses:
    word = next(iter(parts.data), "")
    if set(parts.data) not in ({"all"}, {"any"}):
        parts.wrong("", _("A condition says “all” or “any” of a list."))
        return Clauses(True, ())
    if depth > MAX_CLAUSE_DEPTH:
        parts.wrong("", format_lazy(_("Conditions lie at most {n} deep in each other."), n=MAX_CLAUSE_DEPTH))
        return Clauses(True, ())
    read: list[Clause | Clauses] = []
    for one in parts.list_of(word, 1, MAX_CLAUSES):
        if "question" in one.data or "operator" in one.data:
            clause = _read_clause(one)
            read += [clause] if clause else []
        else:
            read.append(_read_clauses(one, depth + 1))
    return Clauses(word == "all", tuple(read))


def _read_clause(one: Parts) -> Clause | None:
    one.only({"question", "operator", "answer"}, {"question", "operator", "answer"})
    question, word, answer = one.data.get("question"), one.data.get("operator"), one.data.get("answer")
    if not isinstance(question, str) or not 0 < len(question) <= 100:
        one.wrong("question", _("There is no such question."))
        return None
    if not isinstance(word, str) or word not in Operator.values:
        one.wrong("operator", _("There is no such comparison."))
        return None
    read = _answer(answer)
    if read is None:
        one.wrong("answer", _("This is not an answer that can be compared."))
        return None
    return Clause(question, Operator(word), read)


def _answer(said: Any) -> bool | Decimal | Amount | str | None:
    if isinstance(said, bool):
        return said
    if isinstance(said, str):
        return said if 0 < len(said) <= ANSWER_LIMIT and "\x00" not in said and said.isprintable() else None
    if isinstance(said, dict):
        number, unit = as_number(said.get("number")), said.get("unit")
        fits = set(said) == {"number", "unit"} and number is not None and isinstance(unit, str)
        return Amount(Decimal(number or 0), str(unit)) if fits else None
    number = as_number(said)
    return None if number is None else Decimal(number)


def fitted(clause: Clause, question: Question) -> Clause | None:
    """The clause with its answer as answers are kept; None when no answer could ever be compared so."""
    if clause.operator is Operator.EXISTS:
        return clause if isinstance(clause.answer, bool) else None
    answer = _fit(clause, question)
    return None if answer is None else Clause(clause.question, clause.operator, answer)


def _fit(clause: Clause, question: Question) -> bool | Decimal | Amount | str | None:
    answer, equality = clause.answer, clause.operator in _EQUALITY
    if isinstance(answer, bool):
        return answer if question.type is QuestionType.YES_NO and equality else None
    if isinstance(answer, Amount):
        known = question.type is QuestionType.QUANTITY and answer.unit in {unit.value for unit in question.units}
        return answer if known else None
    if isinstance(answer, Decimal):
        return answer if question.type in _COUNTED or (not equality and _ordered(question, answer)) else None
    if question.type in DATE_TYPES:
        return _MOMENTS[question.type](answer)
    if question.type in TEXT_TYPES or question.type is QuestionType.URL:
        return answer
    if question.type is QuestionType.MOOD:
        return answer if equality and answer in MOOD_WORDS else None
    if question.type in CHOICE_TYPES:
        if equality:
            return answer if question.option(answer) or question.other else None
        moment = moments.any_moment(answer)
        return moment if moment and _ordered(question, moment) else None
    return None


_MOMENTS: dict[QuestionType, Callable[[str], str | None]] = {
    QuestionType.DATE: moments.iso_date,
    QuestionType.TIME: moments.iso_time,
    QuestionType.DATETIME: moments.iso_datetime,
}


def _ordered(question: Question, answer: Decimal | str) -> bool:
    """Whether every option stands for something of the same kind as the answer."""
    if question.type not in CHOICE_TYPES or not question.options:
        return False
    stands = [option.stands_for for option in question.options]
    if isinstance(answer, str):
        return all(isinstance(one, str) and ("-" in one) == ("-" in answer) for one in stands)
    return all(one is not None and not isinstance(one, str) for one in stands)
