"""Goals in a report: everybody's own first and latest number, what served, and nothing that one keeps alone."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import Couple
from exercises import goals as aims
from exercises.models import Assignment, Goal, GoalRating
from practice.ids import uuid7
from reports import fingerprint, progress
from reports.goals import goals
from reports.material import Period
from reports.paper import Course
from tests.exercises.given import TWO_SCALES, as_attune, give
from tests.factories import acting_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(couple, therapist, mara, theo):
    """A goal of both, rated over weeks, served by something open and something private; and one of Mara's alone."""
    with acting_as(therapist):
        ours = aims.set_goal(couple, [mara.pk, theo.pk], "One evening a week", by=therapist)
        hers = aims.set_goal(couple, [mara.pk], "Mine alone", by=therapist)
    for goal, who, values in ((ours, mara, (3, 5, 7)), (ours, theo, (6,)), (hers, mara, (1, 2))):
        for ago, value in zip((40, 20, 0), values, strict=False):
            with acting_as(who):
                rating = aims.rate(goal, who, value, key=uuid7())
            with as_attune(couple):
                moment = timezone.now() - datetime.timedelta(days=ago)
                GoalRating.objects.filter(pk=rating.pk).update(rated_at=moment)
    openly = give(couple, therapist, "shared", TWO_SCALES, title="State of us")[0]
    alone = give(couple, therapist, "private", TWO_SCALES, title="Marzipan")[0]
    with as_attune(couple):
        Goal.objects.update(started_on=timezone.localdate() - datetime.timedelta(days=90))
        # Whatever the hour is, and wherever it is tomorrow already.
        began = timezone.localdate() - datetime.timedelta(days=3)
        given = Assignment.objects.filter(pk__in=[openly.assignment_id, alone.assignment_id])
        given.update(goal=ours, starts_on=began)


def of(couple, therapist, *, shared: bool, days: int = 30, until: int = 0):
    with acting_as(therapist):
        whole = Couple.objects.with_partners().get(pk=couple.pk)
        today = timezone.localdate(timezone=whole.zone) - datetime.timedelta(days=until)
        period = Period(today - datetime.timedelta(days=days), today, whole.zone)
        return progress.material_for(whole, period, shared=shared, now=timezone.now())


def test_both_editions_tell_of_the_goal_that_all_have(couple, therapist, story):
    for shared in (True, False):
        one = goals(of(couple, therapist, shared=shared))[0]
        assert one.text == "One evening a week"
        assert one.courses == (Course(0, 3, 7, 3), Course(1, 6, 6, 1))
        assert one.served_by[0] == "State of us"


def test_the_shared_edition_knows_nothing_that_one_keeps_alone(couple, therapist, story):
    shared = goals(of(couple, therapist, shared=True))
    assert [one.text for one in shared] == ["One evening a week"]
    assert shared[0].served_by == ("State of us",)
    clinical = goals(of(couple, therapist, shared=False))
    assert [(one.text, one.private) for one in clinical] == [("One evening a week", False), ("Mine alone", True)]
    assert "Marzipan" in clinical[0].served_by


def test_where_somebody_began_is_their_first_number_ever_and_now_is_the_last_of_the_period(couple, therapist, story):
    [one] = goals(of(couple, therapist, shared=True, days=5, until=10))
    assert one.courses[0] == Course(0, 3, 5, 2)


def test_what_was_let_go_before_the_period_is_not_told_again(couple, therapist, story):
    with as_attune(couple):
        Goal.objects.update(dropped_at=timezone.now() - datetime.timedelta(days=60))
    assert goals(of(couple, therapist, shared=False)) == ()


def test_the_same_goals_give_the_same_report(practice, couple, therapist, story):
    def code() -> str:
        material = of(couple, therapist, shared=True)
        with acting_as(therapist):
            paper = progress.compose(
                material, practice, today=material.period.ends, reference="R-1", prepared_by="Dr Karlsen"
            )
        assert paper.goals
        return fingerprint.content_code(paper)

    assert code() == code()
