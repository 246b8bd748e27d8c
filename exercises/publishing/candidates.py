"""For a question and what is said about its answer: answers enough to tell whether any can meet it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal

from exercises.clauses import Amount, Clause
from exercises.question import CHOICE_TYPES, DATE_TYPES, NUMBER_LIMIT, Question
from exercises.values import BLANK, Value
from exercises.vocabulary import Operator, QuestionType

_ORDERINGS = frozenset({Operator.ABOVE, Operator.BELOW, Operator.AT_LEAST, Operator.AT_MOST})
_UNLIKE_ANY = "\u2205 something nobody names"


def candidates(question: Question, clauses: Iterable[Clause]) -> list[Value] | None:
    """Every kind of answer that could matter, with no answer among them. None: too many kinds to go through."""
    clauses = list(clauses)
    if question.type in CHOICE_TYPES:
        found = _one(question, clauses) if question.type is QuestionType.SINGLE else _several(question, clauses)
        return [BLANK, *found]
    match question.type:
        case QuestionType.YES_NO:
            return [BLANK, Value(number=Decimal(0)), Value(number=Decimal(1))]
        case QuestionType.SCALE | QuestionType.SLIDER | QuestionType.MOOD:
            words = tuple(
                str(one.answer) for one in clauses if one.operator is Operator.IS and isinstance(one.answer, str)
            )
            return [BLANK, *(Value(number=Decimal(step), choices=words) for step in question.steps)]
        case QuestionType.NUMBER | QuestionType.QUANTITY:
            return [BLANK, *_numbers(question, clauses)]
    if question.type in DATE_TYPES:
        return [BLANK, *_moments(question, clauses)]
    return _texts(clauses)


def _one(question: Question, clauses: list[Clause]) -> list[Value]:
    found = [Value(choices=(option.value,)) for option in question.options]
    if question.other:
        named = [str(one.answer) for one in clauses if isinstance(one.answer, str)]
        found += [Value(text=words) for words in (*named, _UNLIKE_ANY) if question.option(words) is None]
    return found


def _several(question: Question, clauses: list[Clause]) -> list[Value]:
    """As much as is allowed meets all that asks for something; for what is counted, every number between."""
    wanted = {one.answer for one in clauses if one.operator is Operator.IS}
    refused = {one.answer for one in clauses if one.operator is Operator.IS_NOT}
    allowed = [option.value for option in question.options if option.value not in refused]
    allowed.sort(key=lambda value: value not in wanted)
    counted = question.type is QuestionType.CHECKLIST
    found = [Value(number=Decimal(0))] if counted else []
    least = 1 if counted else len(allowed)
    for size in range(max(1, least), len(allowed) + 1):
        found.append(Value(Decimal(size) if counted else None, tuple(allowed[:size])))
    if question.other:
        named = [str(one) for one in wanted if isinstance(one, str) and question.option(one) is None]
        found += [Value(choices=tuple(allowed), text=words) for words in (*named, _UNLIKE_ANY)]
    return found


def _numbers(question: Question, clauses: list[Clause]) -> list[Value]:
    """The ends, the numbers that are named, and those just beside them."""
    step = Decimal(1).scaleb(-(2 if question.decimals is None else question.decimals))
    low, high = Decimal(question.min or 0), Decimal(NUMBER_LIMIT if question.max is None else question.max)
    named = [one.answer.number if isinstance(one.answer, Amount) else one.answer for one in clauses]
    near = {low, high}
    for number in named:
        if isinstance(number, Decimal):
            floor = (number / step).to_integral_value(rounding="ROUND_FLOOR") * step
            near |= {floor - step, floor, floor + step, floor + 2 * step}
    units: list[tuple[str, ...]] = [(unit.value,) for unit in question.units] or [()]
    return [Value(number=number, choices=unit) for number in sorted(near) if low <= number <= high for unit in units]


def _moments(question: Question, clauses: list[Clause]) -> list[Value]:
    near = {question.earliest, question.latest} - {""}
    for text in [*near, *(str(one.answer) for one in clauses if isinstance(one.answer, str))]:
        near |= _around(question.type, text)
    low, high = question.earliest, question.latest or "9"
    return [Value(text=text) for text in sorted(near or _around(question.type, "")) if low <= text <= high]


def _around(type_: QuestionType, text: str) -> set[str]:
    """A moment, the one before and the one after, in whole days or minutes."""
    if type_ is QuestionType.DATE:
        day = datetime.date.fromisoformat(text or "2026-01-01")
        return {(day + datetime.timedelta(days=n)).isoformat() for n in (-1, 0, 1)}
    start = f"2026-01-01T{text or '12:00'}" if type_ is QuestionType.TIME else (text or "2026-01-01T12:00")
    moment = datetime.datetime.fromisoformat(start)
    around = {(moment + datetime.timedelta(seconds=n)).isoformat() for n in (-60, -1, 1, 60)} | {start}
    if type_ is QuestionType.TIME:
        return {one.partition("T")[2] for one in around if one.startswith("2026-01-01")}
    return around


def _texts(clauses: list[Clause]) -> list[Value] | None:
    if any(one.operator in _ORDERINGS for one in clauses):
        return None
    named = [str(one.answer) for one in clauses if isinstance(one.answer, str)]
    return [BLANK, *(Value(text=text) for text in (*named, _UNLIKE_ANY))]
