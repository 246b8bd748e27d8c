"""When each person is asked: the same rows whatever happens, in each person's own zone."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from clients.models import Appointment, Contact, Couple
from clients.signals import appointments_changed, contact_changed
from exercises import answering, assigning, occurrences
from exercises.catalogue import load_catalogue
from exercises.models import Answer, Assignment, Occurrence, Response
from exercises.recurrence import Recurrence
from practice.models import Message
from tests.exercises.test_assigning import giving, inside_of
from tests.factories import acting_as, inside, make_couple, make_member, make_practice

pytestmark = pytest.mark.django_db

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
WEDNESDAY = datetime.datetime(2027, 3, 10, 12, tzinfo=LONDON)


@pytest.fixture
def frozen():
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        yield clock


def give(couple, therapist, rule="FREQ=DAILY", **chosen):
    with acting_as(therapist):
        return assigning.give(giving(couple, recurrence=Recurrence.parse(rule), **chosen), by=therapist)[0]


def rows(couple, **where):
    with inside_of(couple):
        return list(Occurrence.objects.filter(**where).order_by("due_at", "pk"))


def due(couple, person, zone):
    return [row.due_at.astimezone(zone).strftime("%m-%d %H:%M") for row in rows(couple, client=person)]


def test_each_is_asked_at_their_own_local_time(frozen, couple, therapist, mara, theo):
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
    give(couple, therapist, "FREQ=DAILY;COUNT=3")
    assert due(couple, mara, LONDON) == ["03-11 18:00", "03-12 18:00", "03-13 18:00"]
    assert due(couple, theo, TOKYO) == ["03-11 18:00", "03-12 18:00", "03-13 18:00"]
    assert len({row.slot for row in rows(couple)}) == 3


def test_joint_ones_follow_the_couples_zone(frozen, couple, therapist, theo):
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
    with acting_as(therapist):
        assigning.give(giving(couple, "mood-patterns-talk", recurrence=Recurrence.parse("once")), by=therapist)
    (row,) = rows(couple)
    assert row.due_at.astimezone(LONDON).hour == 18


def test_a_slot_opens_with_its_day_and_makes_room_for_the_next(frozen, couple, therapist, mara):
    give(couple, therapist)
    one, following = rows(couple, client=mara)[:2]
    assert one.opens_at == datetime.datetime(2027, 3, 11, tzinfo=LONDON)
    assert one.closes_at == following.opens_at


def test_weekly_stays_open_for_a_week_and_once_for_two(frozen, couple, therapist, mara):
    give(couple, therapist, "FREQ=MONTHLY")
    row = rows(couple, client=mara)[0]
    assert row.closes_at - row.due_at == datetime.timedelta(days=7)
    give(couple, therapist, "once", lane="private")
    (row,) = rows(couple, client=mara, assignment__rule="once")
    assert row.closes_at - row.due_at == datetime.timedelta(days=14)


def test_clocks_that_change_move_nothing_and_skip_nothing(frozen, couple, therapist, mara):
    """London springs forward on 28 March 2027 at 01:00; 01:30 does not exist that day and becomes 02:30."""
    give(couple, therapist, at=datetime.time(1, 30))
    local = due(couple, mara, LONDON)
    assert [one for one in local if one.startswith("03-28")] == ["03-28 02:30"]
    assert [one for one in local if one.startswith("03-29")] == ["03-29 01:30"]
    assert len(local) == len({one[:5] for one in local}), "one on each local date"


def test_a_time_that_comes_twice_is_used_once(couple, therapist, mara):
    with time_machine.travel(datetime.datetime(2027, 10, 20, 12, tzinfo=LONDON), tick=False):
        give(couple, therapist, at=datetime.time(1, 30))
        that_day = [row for row in rows(couple, client=mara) if row.slot.startswith("2027-10-31")]
    assert [row.due_at for row in that_day] == [datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)]


def test_planning_again_changes_nothing_and_goes_on_later(frozen, couple, therapist, mara):
    assignment = give(couple, therapist)
    before = [(row.pk, row.due_at) for row in rows(couple)]
    with inside_of(couple):
        assert occurrences.plan(assignment, timezone.now()) == []
    assert [(row.pk, row.due_at) for row in rows(couple)] == before
    frozen.shift(datetime.timedelta(days=10))
    with inside_of(couple):
        made = occurrences.plan(assignment, timezone.now())
    assert len(made) == 20
    assert len(rows(couple)) == len(before) + 20


@pytest.mark.django_db(transaction=True)
def test_any_number_of_planners_write_the_same_rows():
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    assignment = give(couple, therapist)
    with inside(practice):
        Occurrence.objects.all()._raw_delete("default")

    def run(_n):
        try:
            with inside(practice):
                return len(occurrences.plan(assignment, timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(run, range(4)))
    found = rows(couple)
    assert sum(made) == len(found) == len({(row.slot, row.client_id) for row in found}) == 60


def test_after_a_long_silence_only_what_can_be_answered_is_written(frozen, couple, therapist, mara):
    assignment = give(couple, therapist, "FREQ=WEEKLY")
    with inside_of(couple):
        Occurrence.objects.all()._raw_delete("default")
    frozen.shift(datetime.timedelta(days=60))
    with inside_of(couple):
        occurrences.plan(assignment, timezone.now())
    assert all(row.closes_at > timezone.now() for row in rows(couple))


def test_a_person_who_moves_takes_what_lies_ahead_along(frozen, couple, therapist, mara, theo):
    give(couple, therapist)
    frozen.move_to(datetime.datetime(2027, 3, 11, 13, tzinfo=LONDON))  # the first one is open now
    before = {row.slot: row.due_at for row in rows(couple, client=theo)}
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
        contact_changed.send(sender=Contact, client=theo)
    after = {row.slot: row.due_at for row in rows(couple, client=theo)}
    assert after.keys() >= before.keys()
    assert after["2027-03-11T18:00"] == before["2027-03-11T18:00"], "what was opened stays"
    assert after["2027-03-13T18:00"].astimezone(TOKYO).hour == 18
    assert due(couple, mara, LONDON)[1] == "03-12 18:00"
    with inside_of(couple):
        moved = Message.objects.filter(person_id=theo.pk)
        assert moved.count() == len({one.about_id for one in moved}), "one reminder for each, still"


def test_withdrawn_and_paused_plan_nothing(frozen, couple, therapist):
    assignment = give(couple, therapist)
    with acting_as(therapist):
        assigning.withdraw(assignment, therapist)
    other = give(couple, therapist, "FREQ=WEEKLY")
    with inside_of(couple):
        Couple.objects.filter(pk=couple.pk).update(status="paused")
        Occurrence.objects.all()._raw_delete("default")
        assert occurrences.plan(assignment, timezone.now()) == []
        assert occurrences.plan(other, timezone.now()) == []


def test_what_is_over_closes_and_a_finished_rhythm_ends(frozen, couple, therapist):
    assignment = give(couple, therapist, "FREQ=DAILY;COUNT=2")
    frozen.shift(datetime.timedelta(days=30))
    with inside_of(couple):
        assert occurrences.close_due(timezone.now()) == 4
        assert occurrences.close_due(timezone.now()) == 0
        assert occurrences.end_finished(timezone.now()) == 1
        assert Assignment.objects.get(pk=assignment.pk).ended_at is not None
    assert {row.state for row in rows(couple)} == {"missed"}


def test_what_is_running_does_not_end(frozen, couple, therapist):
    give(couple, therapist, "FREQ=MONTHLY;INTERVAL=6")
    frozen.shift(datetime.timedelta(days=60))
    with inside_of(couple):
        occurrences.close_due(timezone.now())
        assert occurrences.end_finished(timezone.now()) == 0


@pytest.mark.parametrize(
    "zone", ["Europe/London", "Asia/Tokyo", "America/St_Johns", "Australia/Lord_Howe", "Asia/Beirut"]
)
def test_every_rhythm_of_the_catalogue_has_sound_times_everywhere(zone):
    rules = {(one.cadence.recurrence.rule, one.cadence.recurrence.reviews) for one in load_catalogue().entries.values()}
    now, place = datetime.datetime(2027, 3, 10, 12, tzinfo=datetime.UTC), ZoneInfo(zone)
    for rule, reviews in sorted(rules):
        for at in (datetime.time(0), datetime.time(2, 30), datetime.time(23, 59)):
            assignment = Assignment(starts_on=datetime.date(2027, 3, 1), at=at, rule=rule, reviews=reviews)
            found = occurrences.times(assignment, place, now)
            assert len({one.slot for one in found}) == len(found) <= 45
            assert all(one.opens_at <= one.due_at < one.closes_at for one in found)
            assert all(one.closes_at > now for one in found)
            assert all(a.closes_at <= b.opens_at for a, b in pairwise(found)), "one asks after the other"
            assert found == occurrences.times(assignment, place, now)


# ── reveals ──────────────────────────────────────────────────────────────────


def session(couple, day, hour=15):
    with inside_of(couple):
        made = Appointment.objects.create(couple=couple, starts_at=datetime.datetime(2027, 3, day, hour, tzinfo=LONDON))
        appointments_changed.send(sender=Appointment, couple=couple)
    return made


def test_a_reveal_opens_at_the_next_session_for_all_at_once(frozen, couple, therapist):
    session(couple, 10, 13)  # before anything is due
    session(couple, 14)
    give(couple, therapist, "once", opens_by="appointment")
    assert {row.reveals_at for row in rows(couple)} == {datetime.datetime(2027, 3, 14, 15, tzinfo=LONDON)}


def test_without_a_session_nobody_knows_yet_and_it_follows(frozen, couple, therapist, mara):
    give(couple, therapist, "once", opens_by="appointment")
    assert {row.reveals_at for row in rows(couple)} == {None}
    frozen.move_to(datetime.datetime(2027, 3, 11, 12, tzinfo=LONDON))
    with acting_as(mara):
        occurrence = Occurrence.objects.get()
        raw = {question.key: ["5"] for question in occurrence.assignment.edition.form if question.type == "scale"}
        answering.submit(occurrence, author=mara, raw=raw)
    made = session(couple, 16)
    moment = datetime.datetime(2027, 3, 16, 15, tzinfo=LONDON)
    assert {row.reveals_at for row in rows(couple)} == {moment}
    with inside_of(couple):
        assert {one.opens_at for one in Response.objects.all()} == {moment}
        assert {one.opens_at for one in Answer.objects.all()} == {moment}
        Appointment.objects.filter(pk=made.pk).update(cancelled_at=timezone.now())
        appointments_changed.send(sender=Appointment, couple=couple)
        assert {one.opens_at for one in Answer.objects.all()} == {None}, "called off: sealed again until known"


def test_what_has_opened_is_not_sealed_again(frozen, couple, therapist):
    made = session(couple, 12)
    give(couple, therapist, "once", opens_by="appointment")
    frozen.move_to(datetime.datetime(2027, 3, 13, tzinfo=LONDON))
    with inside_of(couple):
        Appointment.objects.filter(pk=made.pk).update(cancelled_at=timezone.now())
        appointments_changed.send(sender=Appointment, couple=couple)
    assert {row.reveals_at for row in rows(couple)} == {datetime.datetime(2027, 3, 12, 15, tzinfo=LONDON)}


def test_a_stated_date_and_the_end_of_the_time_to_answer(frozen, couple, therapist, theo):
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="America/Los_Angeles")
    give(couple, therapist, "once", opens_by="date")
    found = rows(couple)
    assert {row.reveals_at for row in found} == {max(row.closes_at for row in found)}
    stated = datetime.datetime(2027, 3, 20, 20, tzinfo=LONDON)
    give(couple, therapist, "once", opens_by="date", opens_at=stated, at=datetime.time(19))
    assert stated in {row.reveals_at for row in rows(couple)}


@pytest.mark.parametrize("opens_by", ["all", "therapist"])
def test_the_other_moments_are_not_known_ahead(frozen, couple, therapist, opens_by):
    session(couple, 14)
    give(couple, therapist, "once", opens_by=opens_by)
    assert {row.reveals_at for row in rows(couple)} == {None}
