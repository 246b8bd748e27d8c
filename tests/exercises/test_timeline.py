"""Everything with a couple in order, in two views that never mix."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import Appointment
from exercises import answering, goals, reviewing, threads
from practice.ids import uuid7
from tests.exercises.given import TWO_SCALES, as_attune
from tests.exercises.given import give as give_form
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(couple, therapist, mara, theo):
    """A session, something given and answered by both, something of Mara's alone, and what came of it."""
    with as_attune(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() - datetime.timedelta(days=3))
    hers, his = give_form(couple, therapist, "shared", TWO_SCALES, title="State of us")
    (alone, _his) = give_form(couple, therapist, "private", TWO_SCALES, title="Marzipan")
    sent = []
    for occurrence, who in ((hers, mara), (his, theo), (alone, mara)):
        with acting_as(who):
            sent.append(answering.submit(occurrence, author=who, raw={"near": ["7"], "good": ["A walk"]}))
    with acting_as(therapist):
        reviewing.mark(sent[0], therapist)
        reviewing.mark(sent[2], therapist, apart=True)
        goals.set_goal(couple, [mara.pk, theo.pk], "One evening a week", by=therapist)
        goals.set_goal(couple, [mara.pk], "Mine alone", by=therapist)
        for people in ([mara, theo], [mara]):
            threads.begin(
                couple, [one.pk for one in people], by=therapist, text="x", key=uuid7(), about=threads.About()
            )


def page(therapist, couple, client=None) -> str:
    private = f"private/{client.pk}/" if client else ""
    return signed_in(therapist).get(f"/desk/couples/{couple.pk}/{private}timeline/").content.decode()


def test_everything_that_is_for_both_stands_there_and_nothing_private(couple, therapist, mara, story):
    shown = page(therapist, couple)
    for words in ("Session", "Given:", "State of us", "looked at", "Message", "One evening a week"):
        assert words in shown, words
    assert "Marzipan" not in shown
    assert "Mine alone" not in shown
    assert shown.count(">Message<") == 1


def test_a_private_view_holds_one_partners_and_nothing_else(couple, therapist, mara, theo, story):
    hers, his = page(therapist, couple, mara), page(therapist, couple, theo)
    assert "Marzipan" in hers
    assert "Mine alone" in hers
    assert "State of us" not in hers
    assert "A walk" in hers
    for word in ("A walk", "Mine alone", "State of us", "looked at", ">Message<"):
        assert word not in his, word


def test_a_session_leads_to_what_was_given_before_it(couple, therapist, mara, story):
    with as_attune(couple):
        session = Appointment.objects.get()
    shown = page(therapist, couple)
    assert f"sessions/{session.pk}/sheet/" in shown


def test_a_page_costs_the_same_however_long_the_story(
    couple, therapist, mara, theo, story, django_assert_max_num_queries
):
    for _more in range(3):
        for occurrence, who in zip(give_form(couple, therapist, "shared", TWO_SCALES), (mara, theo), strict=True):
            with acting_as(who):
                answering.submit(occurrence, author=who, raw={"near": ["7"]})
    browser = signed_in(therapist)
    with django_assert_max_num_queries(32):
        browser.get(f"/desk/couples/{couple.pk}/timeline/")
    assert browser.get(f"/desk/couples/{couple.pk}/timeline/?page=99").status_code == 200
