"""Which items are asked, given the answers: decided here, whatever a browser shows.

The meaning is that of FHIR's `enableWhen`. `=` holds when any answer equals, `!=` when none does (so it holds
while there is no answer), an ordering when any answer satisfies it. An item that is not asked counts as
unanswered, and so does an answer declined. Inside something that repeats, the instance at hand is looked at;
in another repeating group its last instance, or its first when the group comes later; all answers of a
question that itself repeats count. Since no conditions go in a circle, one pass settles them all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from exercises.clauses import Amount, Clause, Clauses
from exercises.cleaning import clean
from exercises.question import CHOICE_TYPES, Question
from exercises.questions import Form, Numbers
from exercises.values import BLANK, QuestionError, Value
from exercises.vocabulary import Operator, QuestionType

NOTHING_KNOWN: Mapping[str, Value] = MappingProxyType({})

_ORDERINGS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.ABOVE: operator.gt,
    Operator.BELOW: operator.lt,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
}


@dataclass(frozen=True)
class Visible:
    """What is asked. items: groups and things to read, too. keys: the answer keys, rows of grids each for itself."""

    items: tuple[Question, ...]
    questions: tuple[Question, ...]
    keys: frozenset[str]

    def __contains__(self, key: object) -> bool:
        return key in self.keys


def visible(form: Form, answers: Mapping[str, Value], known: Mapping[str, Value] = NOTHING_KNOWN) -> Visible:
    """Every item that is shown with these answers, as instances in the order of the form.

    `known`: answers given elsewhere (the part of a joint form that is sent), which count for conditions.
    """
    items = tuple(_Settling(form, {**answers, **known}).shown())
    questions = tuple(item for item in items if item.is_asked)
    return Visible(items, questions, frozenset(key for question in questions for key in answer_keys(question)))


def asked_answers(
    form: Form, answers: Mapping[str, Value], known: Mapping[str, Value] = NOTHING_KNOWN
) -> dict[str, Value]:
    """Those of the answers that belong to what is asked, and are not blank: what may be sent, scored, told."""
    keys = visible(form, answers, known).keys
    return {key: value for key, value in answers.items() if key in keys and not value.blank}


def answer_keys(question: Question) -> Iterable[str]:
    """Under which keys a question is answered: its own, or those of its rows."""
    if question.type is QuestionType.GRID:
        return [row.key for row in question.row_questions]
    return (question.key,)


class _Settling:
    """One pass over a form with its answers."""

    def __init__(self, form: Form, answers: Mapping[str, Value]) -> None:
        self.form, self.answers = form, answers
        self.there = form.numbered(answers)
        self.instances: dict[str, list[Numbers]] = {}
        for base, numbers in self.there:
            self.instances.setdefault(base, []).append(numbers)
        #: What is part of the form as answered; False where it is so without being shown (a constant).
        self.seen: dict[tuple[str, Numbers], bool] = {}
        self.sources: dict[tuple[str, str, Numbers], list[Value]] = {}

    def shown(self) -> list[Question]:
        for base in self.form.settling_order:
            item, spot = self.form[base], self.form.spots[base]
            depth = len(self.form.spots[spot.parent].levels) if spot.parent else 0
            for numbers in self.instances.get(base, ()):
                above = self.seen.get((spot.parent, numbers[:depth])) if spot.parent else True
                if above is not None and (item.show_if is None or self._holds(item.show_if, base, numbers)):
                    self.seen[base, numbers] = above and not item.hidden
        return [self.form.instance(*place) for place in self.there if self.seen.get(place)]

    def _holds(self, clauses: Clauses, base: str, numbers: Numbers) -> bool:
        found = (
            self._holds(part, base, numbers)
            if isinstance(part, Clauses)
            else holds(part, self.form[part.question], self._answers_to(part, base, numbers))
            for part in clauses.parts
        )
        return all(found) if clauses.every else any(found)

    def _answers_to(self, clause: Clause, base: str, numbers: Numbers) -> list[Value]:
        """The answers that a clause of this instance looks at."""
        shared = _shared(self.form.spots[clause.base].levels, self.form.spots[base].levels)
        later = self.form.spots[clause.base].order > self.form.spots[base].order
        at = (clause.question, "<" if later else ">", numbers[:shared])
        if at not in self.sources:
            places = self._nearest(clause.base, numbers[:shared], later=later)
            self.sources[at] = [value for place in places for value in self._values(clause.question, place)]
        return self.sources[at]

    def _nearest(self, source: str, shared: Numbers, *, later: bool) -> list[Numbers]:
        """The instances of the source to look at: one, or all answers of a question that itself repeats."""
        levels = self.form.spots[source].levels
        places = self.instances.get(source, [])
        if len(levels) == len(shared):
            return [shared] if shared or places else []
        places = [one for one in places if one[: len(shared)] == shared]
        for depth in range(len(shared), len(levels)):
            if levels[depth] != source and places:
                nearest = (min if later else max)(one[depth] for one in places)
                places = [one for one in places if one[depth] == nearest]
        return places

    def _values(self, key: str, numbers: Numbers) -> Iterable[Value]:
        """The answers of one instance of a question; none while it is not part of the form as answered."""
        base, _dot, row = key.partition(".")
        seen = self.seen.get((base, numbers))
        if seen is None:
            return
        item = self.form.instance(base, numbers)
        if not seen:
            yield constant(item)
        elif item.type is QuestionType.GRID:
            wanted = [one for one in item.row_questions if not row or one.base == key]
            yield from (self.answers.get(one.key, BLANK) for one in wanted)
        else:
            yield self.answers.get(item.key, BLANK)


def constant(item: Question) -> Value:
    """What stands as the answer of a question that is never shown."""
    try:
        return clean(item, item.initial)
    except QuestionError:
        return BLANK


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many repeating levels two items have in common."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def holds(clause: Clause, question: Question, values: Iterable[Value]) -> bool:
    """Whether a clause is true of these answers to its question."""
    given = [value for value in values if value.answered]
    match clause.operator:
        case Operator.EXISTS:
            return bool(given) is clause.answer
        case Operator.IS:
            return any(_equals(question, value, clause.answer) for value in given)
        case Operator.IS_NOT:
            return not any(_equals(question, value, clause.answer) for value in given)
    compare = _ORDERINGS[clause.operator]
    return any(_compares(compare, question, value, clause.answer) for value in given)


def _equals(question: Question, value: Value, answer: bool | Decimal | Amount | str) -> bool:
    if isinstance(answer, bool):
        return value.number == int(answer)
    if isinstance(answer, Amount):
        return value.number == answer.number and answer.unit in value.choices
    if isinstance(answer, Decimal):
        return value.number == answer
    if question.type in CHOICE_TYPES and question.option(answer):
        return answer in value.choices
    return answer == value.text or (question.type is QuestionType.MOOD and answer in value.choices)


def _compares(
    compare: Callable[[Any, Any], bool], question: Question, value: Value, answer: bool | Decimal | Amount | str
) -> bool:
    if isinstance(answer, Amount):
        return answer.unit in value.choices and value.number is not None and compare(value.number, answer.number)
    if question.type in CHOICE_TYPES and not (isinstance(answer, Decimal) and question.type is QuestionType.CHECKLIST):
        chosen = [option.stands_for for one in value.choices if (option := question.option(one))]
        return any(_same_kind(one, answer) and compare(one, answer) for one in chosen)
    if isinstance(answer, Decimal):
        return value.number is not None and compare(value.number, answer)
    return bool(value.text) and compare(value.text, answer)


def _same_kind(one: object, answer: object) -> bool:
    return one is not None and isinstance(one, str) == isinstance(answer, str)
