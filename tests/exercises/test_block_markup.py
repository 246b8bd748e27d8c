"""The blocks of a page are rendered once and filled for each answer; no answer and nobody's name stays in them."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from exercises import kept_forms
from exercises.answers import DECLINED, NONE_OF_THESE, clean_form
from exercises.block_markup import TEMPLATE, listed
from exercises.conditions import visible
from exercises.kept_forms import form_of
from exercises.lane_words import Said
from exercises.pages import pages_of
from exercises.questions import Form, Question
from exercises.screens import Screen, screen
from exercises.vocabulary import Lane
from tests.exercises.given import ALL_TYPES, EVERY_TYPE, TWO_SCALES

WORDS = 'half "said" & <done>\0'
ODD = "</legend><script>alert(1)</script> & 'so' \"on\" {{ screen }}"
FORMS = [Form.from_data(EVERY_TYPE), Form.from_data(ALL_TYPES)]


def said_of(question: Question) -> Said:
    """Who reads it, one private question among others: the line is above each."""
    lane = Lane.PRIVATE if question.private or question.key == "hours" else Lane.SHARED
    return Said(lane, "You and <Dr> A & B", "")


def answers_to(question: Question) -> list[tuple[str, ...]]:
    """Nothing, each of its choices, all of them, words, and what is no choice at all."""
    choices = [str(one) for one in question.steps] + [one.value for one in question.options] + ["yes", "no"]
    marks = [(DECLINED,), (NONE_OF_THESE,)]
    return [(), *((one,) for one in choices), tuple(choices), *marks, (WORDS,), ("4", "calm", WORDS)]


def as_the_template_says(page: Screen) -> str:
    return "".join(render_to_string(TEMPLATE, {"block": one, "screen": page}) for one in page.blocks)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("form", FORMS, ids=["every type", "all there is"])
def test_filled_they_say_what_the_template_says(form, language):
    most = max(len(answers_to(one)) for one in form)
    with translation.override(language):
        for turn in range(most):
            raw = {one.key: every[turn % len(every)] for one in form if (every := answers_to(one))}
            shown = visible(form, clean_form(form, raw)[0])
            for one in pages_of(form):
                alone = screen(form, one, raw, shown, said_of=said_of)
                assert listed(alone) == as_the_template_says(alone)
            (whole,) = pages_of(form, whole=True)
            for errors in ({}, {form.questions[turn % len(form)].key: "Please <look> again"}):
                page = screen(form, whole, raw, shown, said_of=said_of, heading=form.questions[0].label, errors=errors)
                assert listed(page) == as_the_template_says(page), raw


def test_what_is_answered_several_times_says_each_time_which_it_is():
    form = FORMS[1]
    keys = [one.key for one in form.instances({})]
    repeated = next(form[key] for key in keys if form[key].repeats > 1)
    inner = next((one for one in repeated.questions if one.is_asked), repeated)
    raw = {f"{inner.base}~{number}": ["1"] for number in (1, 2, 3)}
    (whole,) = pages_of(form, whole=True)
    for given in (raw, {}, raw):
        page = screen(form, whole, given, heading="All")
        assert listed(page) == as_the_template_says(page)
        assert listed(page).count('name="remove"') == (3 if given else 0)


def test_what_a_therapist_wrote_is_text():
    written = [
        {**one, "label": ODD, **({"help": ODD} if one["type"] != "instructions" else {"body": ODD})}
        for one in [*TWO_SCALES, {"key": "read", "type": "instructions", "label": "x"}]
    ]
    form = Form.from_data(written)
    (whole,) = pages_of(form, whole=True)
    for _turn in range(2):
        html = listed(screen(form, whole, {}, heading="Another"))
        assert "<script" not in html
        assert html == as_the_template_says(screen(form, whole, {}, heading="Another"))


def test_whoever_comes_next_finds_nothing_of_who_came_before():
    form = Form.from_data(EVERY_TYPE)
    (whole,) = pages_of(form, whole=True)

    def page(wish: str, reader: str) -> str:
        answers = {"wish": (wish,), "near": ("7",)} if wish else {}
        return listed(
            screen(
                form, whole, answers, heading="All", said_of=lambda one: replace(said_of(one), line=f"{reader} & you")
            )
        )

    untouched = page("", "Dr Karlsen")
    hers = page("An <evening> off", "Dr Osei")
    assert "An &lt;evening&gt; off" in hers
    assert "Dr Osei &amp; you" in hers
    assert "Dr Karlsen" not in hers
    assert page("", "Dr Karlsen") == untouched


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
