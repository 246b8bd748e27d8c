"""The planner's jobs: every practice, every assignment, and a bad row steps aside."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from exercises import occurrences, tasks
from exercises.models import Assignment, Edition, Occurrence
from practice import tenancy
from practice.models import Message
from tests.factories import make_couple, make_member
from tests.practice.test_outbox import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

DAY = datetime.timedelta(days=1)


def give(couple, therapist, **fields) -> Assignment:
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        return Assignment.objects.create(
            couple=couple,
            edition=Edition.objects.filter(practice=None).first(),
            given_by=therapist,
            audience=[one.pk for one in couple.clients],
            lane="shared",
            why="",
            starts_on=timezone.now().date(),
            at=datetime.time(12),
            **{"rule": "FREQ=WEEKLY", **fields},
        )


def planned(assignment: Assignment) -> int:
    with tenancy.acting(tenancy.as_system(assignment.practice_id)):
        return Occurrence.objects.filter(assignment=assignment).count()


def test_every_practice_is_planned_with_its_reminders(couple, therapist, neighbour):
    theirs = make_couple(neighbour, therapist=(their_therapist := make_member(neighbour)))
    first, second = give(couple, therapist), give(theirs, their_therapist)
    tasks.plan()
    count = planned(first)
    assert count >= 8
    assert planned(second) == count
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        assert Message.objects.filter(state="planned").count() >= count - 2


def test_planning_again_adds_nothing(couple, therapist):
    assignment = give(couple, therapist)
    tasks.plan()
    count = planned(assignment)
    tasks.plan()
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        Assignment.objects.update(planned_until=None)
        messages = Message.objects.count()
    tasks.plan()
    assert planned(assignment) == count
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        assert Message.objects.count() == messages


def test_several_planners_at_once_end_in_the_same_rows(couple, therapist, caplog):
    given = [give(couple, therapist, rule="FREQ=DAILY") for _ in range(3)]
    in_threads(tasks.plan, 4)
    assert "step" not in caplog.text
    assert "can not be planned" not in caplog.text
    assert len({planned(one) for one in given}) == 1
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        rows = Message.objects.values_list("person_id", "occasion")
        assert rows.count() == rows.distinct().count() > 100


def test_only_what_comes_near_its_planned_end_is_planned(couple, therapist, monkeypatch):
    today = timezone.now().date()
    near = give(couple, therapist, planned_until=today + 20 * DAY)
    give(couple, therapist, planned_until=today + 30 * DAY)
    give(couple, therapist, withdrawn_at=timezone.now())
    give(couple, therapist, ended_at=timezone.now())
    seen = []
    monkeypatch.setattr(occurrences, "plan", lambda assignment, now: seen.append(assignment.pk))
    tasks.plan()
    assert seen == [near.pk]


def test_a_bad_row_and_a_bad_practice_step_aside(couple, therapist, neighbour, monkeypatch, caplog):
    theirs = make_couple(neighbour, therapist=(their_therapist := make_member(neighbour)))
    bad, good, other = give(couple, therapist), give(couple, therapist), give(theirs, their_therapist)
    plan = occurrences.plan

    def plan_unless_bad(assignment, now):
        made = plan(assignment, now)
        if assignment.pk == bad.pk:
            raise ValueError("what Mara wrote")
        return made

    monkeypatch.setattr(occurrences, "plan", plan_unless_bad)
    tasks.plan()
    assert planned(bad) == 0
    assert planned(good) > 0
    assert planned(other) > 0
    assert str(bad.pk) in caplog.text
    assert "Mara" not in caplog.text


def test_closing_runs_in_every_practice(couple, therapist, neighbour):
    theirs = make_couple(neighbour, therapist=(their_therapist := make_member(neighbour)))
    now = timezone.now()
    over = []
    for pair, by in ((couple, therapist), (theirs, their_therapist)):
        assignment = give(pair, by)
        with tenancy.acting(tenancy.as_system(pair.practice_id)):
            over.append(
                Occurrence.objects.create(
                    couple=pair,
                    assignment=assignment,
                    client=pair.clients[0],
                    audience=[pair.clients[0].pk],
                    slot="2026-01-01T12:00",
                    opens_at=now - 9 * DAY,
                    due_at=now - 8 * DAY,
                    closes_at=now - DAY,
                )
            )
    tasks.close()
    tasks.close()
    for occurrence in over:
        with tenancy.acting(tenancy.as_system(occurrence.practice_id)):
            assert Occurrence.objects.get(pk=occurrence.pk).state == "missed"


def test_a_paused_couple_is_not_planned(couple, therapist):
    assignment = give(couple, therapist)
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        couple.status = "paused"
        couple.save()
    tasks.plan()
    assert planned(assignment) == 0
