"""What is due before a session: it follows, waits, and takes the next one, with everything in it."""

from __future__ import annotations

import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine

from clients import appointments
from clients.models import Appointment, Contact
from exercises import answering, assigning, drafts, occurrences
from exercises.models import Assignment, Occurrence, Response
from exercises.models.assignment import SOMEDAY
from exercises.recurrence import Recurrence
from practice.models import Message
from tests.exercises.test_assigning import giving, inside_of
from tests.factories import acting_as

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
WEDNESDAY = datetime.datetime(2027, 3, 10, 12, tzinfo=LONDON)
NEXT, EACH = "once", "FREQ=WEEKLY"


@pytest.fixture
def frozen():
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        yield clock


def at(day, hour=16, month=3):
    return datetime.datetime(2027, month, day, hour, tzinfo=LONDON)


def session(couple, day, hour=16, month=3, **fields):
    with inside_of(couple):
        made = Appointment.objects.create(couple=couple, starts_at=at(day, hour, month), **fields)
        appointments._tell(couple)
    return made


def move(one, day, hour=16):
    with inside_of(one):
        appointments.change(
            one,
            seen=appointments.version_of(Appointment.objects.get(pk=one.pk)),
            day=datetime.date(2027, 3, day),
            meeting=appointments.Meeting(at=datetime.time(hour)),
        )


def call_off(one):
    with inside_of(one):
        appointments.cancel(one)


def give(couple, therapist, rule=NEXT, **chosen):
    parts = {"due": "appointment", "due_hours_before": 2, "starts_on": datetime.date(2027, 3, 10), **chosen}
    with acting_as(therapist):
        return assigning.give(giving(couple, recurrence=Recurrence.parse(rule), **parts), by=therapist)[0]


def rows(couple, **where):
    with inside_of(couple):
        return list(Occurrence.objects.filter(**where).order_by("slot", "due_at", "pk"))


def dues(couple, person):
    return [None if row.has_no_date else row.due_at for row in rows(couple, client=person)]


def test_it_is_due_some_hours_before_and_opens_at_once(frozen, couple, therapist, mara):
    session(couple, 16)
    give(couple, therapist)
    (row,) = rows(couple, client=mara)
    assert row.due_at == at(16, 14)
    assert row.opens_at <= WEDNESDAY


def test_the_evening_before_is_everybodys_own(frozen, couple, therapist, mara, theo):
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
    session(couple, 16)
    give(couple, therapist, due_hours_before=None)
    assert dues(couple, mara) == [at(15, 18)]
    # For Theo the session is early on the 17th: the evening before is the 16th, nine hours earlier than it looks.
    assert dues(couple, theo) == [datetime.datetime(2027, 3, 16, 18, tzinfo=ZoneInfo("Asia/Tokyo"))]
    assert len({row.slot for row in rows(couple)}) == 1


def test_it_follows_the_session_with_its_reminder(frozen, couple, therapist, mara, theo):
    one = session(couple, 16)
    give(couple, therapist)
    before = rows(couple, client=mara)[0]
    move(one, 18, 10)
    (after,) = rows(couple, client=mara)
    assert (after.pk, after.slot) == (before.pk, before.slot)
    assert after.due_at == at(18, 8)
    with inside_of(couple):
        assert {one.due_at for one in Message.objects.filter(kind="reminder", step="due")} == {at(18, 8)}


def test_called_off_it_waits_open_and_takes_the_next_one(frozen, couple, therapist, mara):
    one = session(couple, 16)
    give(couple, therapist)
    call_off(one)
    (row,) = rows(couple, client=mara)
    assert row.has_no_date
    assert row.state == Occurrence.State.OPEN
    with inside_of(couple):
        assert not Message.objects.filter(about_id=row.pk, state="planned").exists(), "nobody knows when"
    frozen.move_to(at(25))
    with inside_of(couple):
        occurrences.close_due(at(25))
        occurrences.end_finished(at(25))
    assert rows(couple, client=mara)[0].state == Occurrence.State.OPEN, "it stays open as long as nobody knows"
    session(couple, 30)
    (row,) = rows(couple, client=mara)
    assert row.due_at == at(30, 14)
    with inside_of(couple):
        (reminder,) = Message.objects.filter(kind="reminder", person_id=mara.pk, step="due")
        assert (reminder.state, reminder.due_at) == ("planned", at(30, 14))


def test_without_any_session_it_is_open_and_nobody_is_reminded(frozen, couple, therapist, mara):
    give(couple, therapist)
    (row,) = rows(couple, client=mara)
    assert row.due_at == SOMEDAY
    assert row.opens_at <= WEDNESDAY
    with inside_of(couple):
        assert not Message.objects.filter(kind="reminder").exists()


def test_a_session_in_between_comes_first(frozen, couple, therapist, mara):
    session(couple, 23)
    give(couple, therapist)
    session(couple, 15)
    assert dues(couple, mara) == [at(15, 14)]


def test_each_session_has_a_round_of_its_own(frozen, couple, therapist, mara):
    for day in (12, 19, 26):
        session(couple, day)
    give(couple, therapist, EACH)
    found = rows(couple, client=mara)
    assert [row.due_at for row in found] == [at(12, 14), at(19, 14), at(26, 14)]
    assert [row.slot for row in found] == ["round-0001", "round-0002", "round-0003"]
    assert all(a.closes_at <= b.opens_at for a, b in pairwise(found)), "one after the other"


def test_a_count_ends_it(frozen, couple, therapist, mara):
    for day in (12, 19, 26):
        session(couple, day)
    given = give(couple, therapist, "FREQ=WEEKLY;COUNT=2")
    assert dues(couple, mara) == [at(12, 14), at(19, 14)]
    frozen.move_to(at(27))
    with inside_of(couple):
        occurrences.close_due(at(27))
        occurrences.end_finished(at(27))
        assert Assignment.objects.get(pk=given.pk).ended_at is not None


def test_after_the_last_planned_session_the_next_round_waits(frozen, couple, therapist, mara):
    session(couple, 12)
    given = give(couple, therapist, EACH)
    frozen.move_to(at(13))
    with inside_of(couple):
        occurrences.close_due(at(13))
        occurrences.plan(given, at(13))
    first, second = rows(couple, client=mara)
    assert first.state == Occurrence.State.MISSED
    assert second.has_no_date
    assert second.state == Occurrence.State.OPEN


def test_what_was_sent_stays_with_its_round_when_the_session_moves(frozen, couple, therapist, mara, theo):
    one = session(couple, 16)
    give(couple, therapist)
    with acting_as(mara):
        mine = Occurrence.objects.get()
        answering.submit(mine, author=mara, raw={})
    with acting_as(theo):
        his = Occurrence.objects.get()
        question = next(q for q in his.assignment.edition.form if q.type == "long_text")
        drafts.save_draft(his, author=theo, raw={question.key: ["half a thought"]}, base_version=0)
    call_off(one)
    session(couple, 20)
    found = rows(couple)
    assert {row.slot for row in found} == {"round-0001"}
    assert {row.due_at for row in found} == {at(20, 14)}
    with inside_of(couple):
        assert Response.objects.get().occurrence_id == mine.pk
    assert {row.client_id: row.state for row in found}[mara.pk] == "done"
    with acting_as(theo):
        assert "half a thought" in str(drafts.kept(his, theo).raw)


def test_a_session_that_moved_away_opens_again_what_had_closed(frozen, couple, therapist, mara):
    one = session(couple, 16)
    give(couple, therapist, accept_late=False)
    frozen.move_to(at(16, 15))
    with inside_of(couple):
        occurrences.close_due(at(16, 15))
    assert rows(couple, client=mara)[0].state == Occurrence.State.MISSED
    move(one, 18)
    (row,) = rows(couple, client=mara)
    assert (row.state, row.due_at) == (Occurrence.State.OPEN, at(18, 14))


def test_nothing_hangs_on_a_session_to_which_one_does_not_come(frozen, couple, therapist, mara, theo):
    session(couple, 12, audience=[mara.pk])
    session(couple, 19)
    give(couple, therapist, opens_by="appointment")
    assert dues(couple, theo) == dues(couple, mara) == [at(19, 14)]
    assert {row.reveals_at for row in rows(couple)} == {at(19)}
    give(couple, therapist, lane="private", clients=(mara.pk,))
    private = rows(couple, client=mara, assignment__lane="private")
    assert [row.due_at for row in private] == [at(12, 14)], "her own thing goes by her own session"


def test_planning_again_any_number_of_times_changes_nothing(frozen, couple, therapist):
    session(couple, 12)
    session(couple, 19)
    given = give(couple, therapist, EACH)
    before = [(row.pk, row.slot, row.due_at, row.closes_at) for row in rows(couple)]
    for _n in range(3):
        with inside_of(couple):
            assert occurrences.plan(given, WEDNESDAY) == []
    assert [(row.pk, row.slot, row.due_at, row.closes_at) for row in rows(couple)] == before
