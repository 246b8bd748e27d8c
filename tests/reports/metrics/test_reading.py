"""Facts are read from what an edition let in, and from nothing else."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.urls import reverse

from clients.models import Couple
from exercises.models import Exercise, Response
from reports import metrics
from reports.material import Period
from reports.metrics import reading
from tests.factories import acting_as, signed_in
from tests.reports.factories import NOW, SCALE, TODAY, Giver, home, weeks

pytestmark = pytest.mark.django_db

CLOSE = {"key": "closeness", "label": "How close?", "metric": "closeness", **SCALE}
SAFE = {"key": "safe", "label": "How safe?", "metric": "emotional_safety", "private": True, **SCALE}
OPENLY_SAFE = {**SAFE, "private": False}


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def period(couple: Couple) -> Period:
    return Period(TODAY - datetime.timedelta(days=83), TODAY, couple.zone)


def told(couple, therapist, *, shared: bool = False):
    with acting_as(therapist):
        whole = Couple.objects.with_partners().get(pk=couple.pk)
        if shared:
            return reading.shared(whole, period(whole), NOW)
        return reading.clinical(whole, therapist.practice, period(whole), NOW)


def send(giver, lane="shared", questions=None, *, values=(3, 5, 7), key="closeness", who=0, **more):
    edition = giver.edition(questions or [CLOSE], minutes=5)
    [check, *_rest] = giver.give(edition, lane, **more)
    for day, value in zip(weeks(3), values, strict=False):
        giver.send(check, giver.people[who], day, {key: value})
    return check


def test_an_answer_carries_its_exercise_its_question_and_the_series_it_feeds(giver, couple, therapist):
    check = send(giver)
    found = told(couple, therapist).facts
    assert [(one.position, one.exercise, one.key, one.series, one.number) for one in found] == [
        (0, check.edition.exercise.slug, "closeness", "closeness", value) for value in (3, 5, 7)
    ]


def test_a_practices_own_copy_counts_as_its_original(giver, couple, therapist):
    check = send(giver)
    with home(couple):
        original = giver.edition([CLOSE], title="The original")
        Exercise.objects.filter(pk=check.edition.exercise_id).update(adapted_from=original)
    assert {one.exercise for one in told(couple, therapist).facts} == {original.exercise.slug}


def test_what_was_amended_counts_once_as_it_stands_now(giver, couple, therapist):
    check = send(giver, values=(3,))
    with home(couple):
        first = Response.objects.get()
        amended = Response.objects.get()
        amended.pk, amended.revision, amended._state.adding = uuid.uuid4(), 2, True
        amended.save()
        for answer in first.answers.all():
            answer.pk, answer.response, answer.number, answer._state.adding = uuid.uuid4(), amended, 9, True
            answer.save()
    assert check.couple_id == couple.pk
    assert [one.number for one in told(couple, therapist).facts] == [9]


def test_what_somebody_keeps_for_themselves_is_no_fact_for_anybody(giver, couple, therapist):
    send(giver, "own", to=giver.people[:1])
    assert told(couple, therapist).facts == told(couple, therapist, shared=True).facts == ()
    assert told(couple, therapist).dues == ()


def test_a_private_answer_is_a_fact_for_the_therapist_alone(giver, couple, therapist):
    send(giver, "private", to=giver.people[:1])
    assert len(told(couple, therapist).facts) == 3
    assert told(couple, therapist, shared=True).facts == ()


def test_what_speaks_of_safety_is_in_no_copy_of_the_couple_even_where_it_was_asked_openly(giver, couple, therapist):
    send(giver, questions=[OPENLY_SAFE], key="safe")
    assert len(told(couple, therapist).facts) == 3
    assert told(couple, therapist, shared=True).facts == ()


def test_what_was_due_and_how_often_it_was_too_much_is_the_therapists(giver, couple, therapist):
    check = send(giver)
    giver.occurrence(check, giver.people[1], weeks(1)[0], "missed")
    clinical = told(couple, therapist)
    assert sorted((one.position, one.state) for one in clinical.dues) == [
        (0, "done"),
        (0, "done"),
        (0, "done"),
        (1, "missed"),
    ]
    openly = told(couple, therapist, shared=True)
    assert (openly.dues, openly.said, dict(openly.minutes)) == ((), (), {})


def test_facts_cost_the_same_however_many_there_are(giver, couple, therapist, django_assert_max_num_queries):
    for _round in range(2):
        for who in (0, 1):
            send(giver, who=who)
        with acting_as(therapist):
            whole = Couple.objects.with_partners().get(pk=couple.pk)
            with django_assert_max_num_queries(10):
                metrics.of(reading.clinical(whole, therapist.practice, period(whole), NOW))


def page(couple) -> str:
    return reverse("metrics_of_couple", args=[couple.pk])


def test_the_page_says_each_number_with_its_formula_and_what_stands_behind_it(
    giver, couple, therapist, django_assert_max_num_queries
):
    for _round in range(2):
        send(giver)
        browser = signed_in(therapist)
        browser.get(page(couple))
        with django_assert_max_num_queries(23):
            text = browser.get(page(couple) + "?weeks=52").content.decode()
    assert "Median of all answers after talks" not in text
    assert "Taking part" in text
    assert "How is this worked out?" in text


def test_a_metric_with_two_answers_says_that_it_is_too_early(giver, couple, therapist):
    edition = giver.edition([{"key": "heard", "label": "Heard?", "metric": "felt_heard", **SCALE}], minutes=5)
    [check] = giver.give(edition)
    for day in weeks(2, TODAY - datetime.timedelta(days=20)):
        giver.send(check, giver.people[0], day, {"heard": 4})
    text = signed_in(therapist).get(page(couple) + "?weeks=52").content.decode()
    assert "too early to say" in text
