"""What somebody answered: from what a browser sends to values we can keep, and back to words.

A question left out is `BLANK`, and 'rather not say' is an answer of its own kind, neither counted nor flagged.
Only what is `required` has to be one or the other, and only when it is sent. Every answer has one input name,
its key. A browser sends under it what was typed or chosen; `DECLINED`, `NONE_OF_THESE` and `OTHER` stand for
the choices that belong to no list of options.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from exercises.answer_words import words
from exercises.cleaning import clean, text_limit
from exercises.conditions import NOTHING_KNOWN, Visible, answer_keys, visible
from exercises.question import Question
from exercises.questions import Form
from exercises.values import (
    BLANK,
    DECLINED,
    LONG_TEXT_LIMIT,
    NONE_OF_THESE,
    OTHER,
    SHORT_TEXT_LIMIT,
    QuestionError,
    Value,
)
from exercises.vocabulary import QuestionType

Answers = dict[str, Value]
Errors = dict[str, QuestionError]


def clean_form(
    form: Form,
    raw: Mapping[str, Sequence[str]],
    keys: Iterable[str] | None = None,
    *,
    sending: bool = False,
    known: Mapping[str, Value] = NOTHING_KNOWN,
) -> tuple[Answers, Errors]:
    """The answers to a form, by answer key, and what cannot be kept. Unknown names are ignored.

    keys: look at these alone: questions ("name": all its instances, all rows of a grid) or single answers.
    sending: keep to what is asked. What is hidden is neither an answer nor an error, and what is required is
        an error when it was left out. `known`: see conditions.visible.
    """
    values, errors = _all_of(form, raw)
    if sending:
        there = visible(form, values, known)
        values = {key: value for key, value in values.items() if key in there}
        errors = {key: error for key, error in errors.items() if key in there}
        errors.update(_left_out(there, values, errors))
    if keys is None:
        return values, errors
    wanted = set(keys)
    return (
        {key: value for key, value in values.items() if _is_wanted(key, wanted)},
        {key: error for key, error in errors.items() if _is_wanted(key, wanted)},
    )


def _all_of(form: Form, raw: Mapping[str, Sequence[str]]) -> tuple[Answers, Errors]:
    """Every answer to every instance, hidden ones too."""
    values: Answers = {}
    errors: Errors = {}
    for question in form.instances(raw):
        if not question.is_asked or question.hidden:
            continue
        for one in question.row_questions or (question,):
            try:
                values[one.key] = clean(one, raw.get(one.key, ()))
            except QuestionError as error:
                errors[one.key] = error
        if question.type is QuestionType.GRID and DECLINED in raw.get(question.key, ()):
            # 'Rather not say' below a grid stands for the rows that were left out.
            for key in answer_keys(question):
                if key in values and values[key].blank:
                    values[key] = Value(declined=True)
    return values, errors


def _left_out(there: Visible, values: Mapping[str, Value], errors: Mapping[str, QuestionError]) -> Errors:
    """What required questions still lack. Of one that repeats, any answer is enough."""
    lacking: Errors = {}
    begun = {_of_all(question) for question in there.questions if not values.get(question.key, BLANK).blank}
    for question in there.questions:
        if question.required and _of_all(question) not in begun:
            begun.add(_of_all(question))
            said = _("Please answer this one.")
            if question.decline:
                said = _("Please answer this one, or choose “I would rather not say”.")
            for key in answer_keys(question):
                if key not in errors and values.get(key, BLANK).blank:
                    lacking[key] = QuestionError(said)
    return lacking


def _of_all(question: Question) -> str:
    """What all answers of a question that repeats have in common; otherwise its key."""
    return question.key.rpartition(".")[0] or question.base if question.repeats > 1 else question.key


def _is_wanted(key: str, wanted: set[str]) -> bool:
    """Whether an answer is named: by itself, as its question, as its grid, or as its grid's instance."""
    base, tilde, numbers = key.partition("~")
    grid = base.partition(".")[0]
    return not wanted.isdisjoint((key, base, grid, f"{grid}{tilde}{numbers}"))


__all__ = [
    "BLANK",
    "DECLINED",
    "LONG_TEXT_LIMIT",
    "NONE_OF_THESE",
    "OTHER",
    "SHORT_TEXT_LIMIT",
    "QuestionError",
    "Value",
    "clean",
    "clean_form",
    "text_limit",
    "words",
]
