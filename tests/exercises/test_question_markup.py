"""The markup of a question is rendered once and filled for each answer; nobody's answer stays in it."""

from __future__ import annotations

import uuid

import pytest
from django.template.loader import render_to_string

from exercises import kept_forms
from exercises.answers import DECLINED, NONE_OF_THESE
from exercises.asking import Asked, ask
from exercises.kept_forms import form_of
from exercises.question_markup import TEMPLATE, markup_of
from exercises.questions import Form, Question
from tests.exercises.given import ALL_TYPES, EVERY_TYPE, TWO_SCALES

QUESTIONS = [one for data in (EVERY_TYPE, ALL_TYPES) for one in Form.from_data(data)]
WORDS = 'half "said" & <done>\0'


def answers_to(question: Question) -> list[tuple[str, ...]]:
    """Nothing, each of its choices, all of them, words, and what is no choice at all."""
    choices = [str(one) for one in question.steps] + [one.value for one in question.options] + ["yes", "no"]
    marks = [(DECLINED,), (NONE_OF_THESE,)]
    return [(), *((one,) for one in choices), tuple(choices), *marks, (WORDS,), ("4", "calm", WORDS)]


def as_the_template_says(asked: Asked, heading: str = "") -> str:
    return render_to_string(TEMPLATE, {"asked": asked, "heading": heading})


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.type}-{one.key}")
def test_filled_it_says_what_the_template_says(question):
    for raw in answers_to(question):
        for level, heading in ((1, ""), (2, question.label)):
            asked = ask(question, raw, level=level)
            assert markup_of(asked, heading) == as_the_template_says(asked, heading), raw
    error = ask(question, (), "Please look again", level=2)
    assert markup_of(error) == as_the_template_says(error)


def test_whoever_comes_next_finds_nothing_of_who_came_before():
    (question,) = [one for one in QUESTIONS if one.key == "wish"]
    untouched = markup_of(ask(question))
    assert "An evening off" in markup_of(ask(question, ("An evening off",)))
    assert markup_of(ask(question)) == untouched


def test_a_form_is_read_once_and_only_for_the_questions_it_was_made_of(monkeypatch):
    practice, edition = uuid.uuid4(), uuid.uuid4()
    form = form_of(practice, edition, "", TWO_SCALES)
    assert form_of(practice, edition, "", [dict(one) for one in TWO_SCALES]) is form
    assert form_of(uuid.uuid4(), edition, "", TWO_SCALES) is not form
    other = [{**TWO_SCALES[0], "label": "Another question"}]
    assert form_of(practice, edition, "", other).questions[0].label == "Another question"
    monkeypatch.setattr(kept_forms, "MOST", 1)
    last = form_of(practice, uuid.uuid4(), "", TWO_SCALES)
    assert [one for _questions, one in kept_forms._kept.values()] == [last]
