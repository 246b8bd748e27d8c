"""What was answered, line by line, for whoever may read it: every type of question, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exercises.answers import BLANK, Value, words
from exercises.questions import TEXT_TYPES, Form, Question
from exercises.vocabulary import QuestionType


@dataclass(frozen=True)
class SaidRow:
    """One line of a grid."""

    question: Question
    label: str
    value: Value
    words: str


@dataclass(frozen=True)
class SaidAnswer:
    """One question and what was answered to it; of a grid, all its ``rows``.

    ``head`` names the group and which of several times it was; ``label`` is what was asked.
    """

    question: Question
    label: str
    value: Value
    words: str
    rows: tuple[SaidRow, ...] = ()
    head: str = ""

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def declined(self) -> bool:
        return self.value.declined or (bool(self.rows) and all(row.value.declined for row in self.rows))

    @property
    def blank(self) -> bool:
        return all(row.value.blank for row in self.rows) if self.rows else self.value.blank

    @property
    def is_text(self) -> bool:
        """Whether these are somebody's own words, to be set as a quotation."""
        return self.question.type in TEXT_TYPES and bool(self.value.text)

    @property
    def is_link(self) -> bool:
        return self.question.type is QuestionType.URL and bool(self.value.text)

    @property
    def said_rows(self) -> tuple[SaidRow, ...]:
        return tuple(row for row in self.rows if row.words)


def said(form: Form, answers: Mapping[str, Value]) -> list[SaidAnswer]:
    """Return what was answered. Unknown keys are left out, and so is what has no words at all."""
    every = lines(form, answers, (one for one in form.instances(answers) if one.is_asked))
    return [one for one in every if not one.blank]


def lines(form: Form, answers: Mapping[str, Value], questions: Iterable[Question]) -> list[SaidAnswer]:
    """Return a line for each of these questions, answered or not."""
    numbering = _Numbering(form, answers)
    return [_line(form, answers, one, numbering) for one in questions]


def _line(form: Form, answers: Mapping[str, Value], question: Question, numbering: _Numbering) -> SaidAnswer:
    rows = tuple(
        SaidRow(one, row.label, value := answers.get(one.key, BLANK), words(one, value))
        for one, row in zip(question.row_questions, question.rows, strict=True)
    )
    value = answers.get(question.key, BLANK)
    told = "; ".join(f"{row.label}: {row.words}" for row in rows if row.words) if rows else words(question, value)
    label = f"{question.prefix} {question.label}".strip() + numbering.of(question)
    heads = [f"{one.label}{numbering.of(one)}".strip() for one in form.above(question.key) if not one.is_asked]
    return SaidAnswer(question, label, value, told, rows, " · ".join(head for head in heads if head))


@dataclass
class _Numbering:
    """' (2)' after what was answered more than once, counted without gaps."""

    form: Form
    answers: Mapping[str, Value]
    _places: dict[tuple[str, tuple[int, ...]], list[tuple[int, ...]]] = field(default_factory=dict)

    def of(self, item: Question) -> str:
        if item.repeats == 1:
            return ""
        if not self._places:
            for base, numbers in self.form.numbered(self.answers):
                self._places.setdefault((base, numbers[:-1]), []).append(numbers)
        same = sorted(self._places.get((item.base, item.numbers[:-1]), []))
        return f" ({same.index(item.numbers) + 1})" if len(same) > 1 and item.numbers in same else ""


def by_question(form: Form, answers: Iterable[str]) -> list[Question]:
    """Return the asked questions as often as any of these answers has them: for several people's answers."""
    return [one for one in form.instances(answers) if one.is_asked]
