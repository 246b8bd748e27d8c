"""What may be begun at any time, what follows by itself, and trials that end with a review."""

from __future__ import annotations

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from clients import clearing
from clients.models import Clearance, Couple
from exercises import answering, assigning, following_up, occurrences, on_demand, pausing
from exercises.library import find_exercise
from exercises.models import Assignment, Occurrence
from exercises.recurrence import Recurrence
from practice.models import Message
from tests.exercises.test_assigning import giving, inside_of
from tests.factories import acting_as, make_couple, make_member, make_practice, signed_in

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
WEDNESDAY = datetime.datetime(2027, 3, 10, 12, tzinfo=LONDON)
REPAIR, DAY_AFTER, CARE = "nine-step-repair", "day-after-follow-up", "after-sharing-care"


@pytest.fixture
def frozen():
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        yield clock


def cleared(couple, therapist):
    with acting_as(therapist):
        Clearance.objects.create(couple=couple, recorded_by=therapist, note="Seen apart.")


def give_repair(couple, therapist, **chosen):
    cleared(couple, therapist)
    with acting_as(therapist):
        draft = giving(couple, REPAIR, due="on_demand", recurrence=Recurrence.parse("once"), **chosen)
        return assigning.give(draft, by=therapist)[0]


def rows(couple, **where):
    with inside_of(couple):
        return list(Occurrence.objects.filter(**where).order_by("due_at", "pk"))


def begin(assignment, person):
    with acting_as(person):
        return on_demand.begin(assignment, person)


def offered(couple, person):
    with acting_as(person):
        return [one.edition.title for one in on_demand.offered(person, [couple.pk], WEDNESDAY)]


def test_it_asks_for_nothing_until_somebody_begins(frozen, couple, therapist, mara, theo):
    give_repair(couple, therapist)
    assert rows(couple) == []
    assert len(offered(couple, mara)) == len(offered(couple, theo)) == 1


def test_either_may_begin_it_for_both_and_the_day_after_is_written_at_once(frozen, couple, therapist, mara, theo):
    with acting_as(therapist):
        day_after = find_exercise(DAY_AFTER).newest
    given = give_repair(couple, therapist, follow_up=day_after)
    mine = begin(given, theo)
    assert mine.client_id == theo.pk
    begun = rows(couple, assignment=given)
    assert {one.client_id for one in begun} == {mara.pk, theo.pk}
    after = rows(couple, assignment__due="follow_up")
    assert {one.client_id for one in after} == {mara.pk, theo.pk}
    assert {one.due_at for one in after} == {WEDNESDAY + datetime.timedelta(hours=24)}
    assert {one.follows_id for one in after} == {one.pk for one in begun}
    assert offered(couple, mara) == [], "it is open for her; it is not offered besides"
    for one in begun:
        assert one.begun_by_id == (theo.pk if one.client_id == theo.pk else None)


def test_begun_twice_it_is_begun_once_and_later_once_more(frozen, couple, therapist, mara):
    given = give_repair(couple, therapist)
    assert begin(given, mara).pk == begin(given, mara).pk
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(assignment=given), author=mara, raw={})
    assert begin(given, mara).slot == "round-0002"


@pytest.mark.django_db(transaction=True)
def test_two_who_press_in_the_same_moment_begin_one_round():
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    given = give_repair(couple, therapist)

    def run(person):
        try:
            return begin(given, person).slot
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        slots = set(pool.map(run, [*couple.clients, *couple.clients]))
    assert slots == {"round-0001"}
    assert len(rows(couple, assignment=given)) == 2


def test_without_clearance_it_can_neither_be_given_nor_begun(frozen, couple, therapist, mara):
    with acting_as(therapist), pytest.raises(assigning.ClearanceMissing):
        assigning.give(giving(couple, REPAIR, due="on_demand", recurrence=Recurrence.parse("once")), by=therapist)
    given = give_repair(couple, therapist)
    with inside_of(couple):
        # The record alone goes, as if taking back had not been told: the door holds by itself.
        Clearance.objects.all().delete()
    assert offered(couple, mara) == []
    with pytest.raises(on_demand.NotNow):
        begin(given, mara)


def test_with_clearance_withdrawn_it_is_gone(frozen, couple, therapist, mara):
    given = give_repair(couple, therapist)
    with acting_as(therapist):
        clearing.withdraw(couple, by=therapist)
    with pytest.raises(on_demand.NotNow):
        begin(given, mara)


def test_the_portal_begins_it_with_one_press(couple, therapist, mara, colleague):
    give_repair(couple, therapist)
    with inside_of(couple):
        given = Assignment.objects.get()
    browser = signed_in(mara)
    assert "Whenever you need it" in browser.get("/today/").content.decode()
    first = browser.post(f"/begin/{given.pk}/")
    assert first.status_code == 302
    assert first.url == browser.post(f"/begin/{given.pk}/").url
    assert browser.get(first.url).status_code == 200
    assert browser.post(f"/begin/{uuid.uuid4()}/").status_code == 404


def test_a_deep_thing_is_followed_by_care_for_whoever_did_it(frozen, couple, therapist, mara, theo):
    with acting_as(therapist):
        care = find_exercise(CARE).newest
        draft = giving(couple, "emotional-blocks", lane="private", follow_up=care, at=datetime.time(18))
        assigning.give(draft, by=therapist)
    frozen.move_to(WEDNESDAY + datetime.timedelta(days=1))
    with acting_as(mara):
        one = Occurrence.objects.filter(client=mara).order_by("due_at").first()
        answering.submit(one, author=mara, raw={})
    after = rows(couple, assignment__due="follow_up")
    assert [row.client_id for row in after] == [mara.pk]
    with inside_of(couple):
        assert {one.lane for one in Assignment.objects.filter(due="follow_up")} == {"private"}
    with acting_as(theo):
        assert not Occurrence.objects.filter(assignment__due="follow_up").exists()


def test_taken_back_what_follows_goes_along(frozen, couple, therapist, mara):
    with acting_as(therapist):
        day_after = find_exercise(DAY_AFTER).newest
    given = give_repair(couple, therapist, follow_up=day_after)
    begin(given, mara)
    with acting_as(therapist):
        assigning.withdraw(given, therapist)
    assert {row.state for row in rows(couple)} == {"withdrawn"}


def test_a_rest_holds_it_back_and_says_only_that(frozen, couple, therapist, mara):
    given = give_repair(couple, therapist)
    with acting_as(therapist):
        pausing.pause(couple, by=therapist, kind="crisis", starts_on=WEDNESDAY.date(), ends_on=None, reason="a death")
    with acting_as(mara):
        assert [one.rests for one in on_demand.offered(mara, [couple.pk], WEDNESDAY)] == [True]
    with pytest.raises(on_demand.NotNow):
        begin(given, mara)
    page = signed_in(mara).get("/today/").content.decode()
    assert "Resting" in page
    assert "a death" not in page


class TestTrials:
    def trial(self, couple, therapist, rule="FREQ=DAILY;COUNT=14"):
        with acting_as(therapist):
            review = find_exercise("effort-or-pressure").newest
            draft = giving(
                couple,
                "nightly-gratitude-exchange",
                recurrence=Recurrence.parse(rule),
                follow_up=review,
                follow_up_when="last",
            )
            return assigning.give(draft, by=therapist)[0]

    def test_after_the_fourteenth_time_the_review_is_due_and_the_series_stops(self, frozen, couple, therapist, mara):
        given = self.trial(couple, therapist)
        own = rows(couple, assignment=given, client=mara)
        assert len(own) == 14
        (review,) = rows(couple, assignment__due="follow_up", client=mara)
        assert review.due_at == own[-1].due_at + datetime.timedelta(hours=24)
        with inside_of(couple):
            assert Message.objects.get(about_id=review.pk, step="due").due_at == review.due_at, (
                "reminded when that is due"
            )
        frozen.move_to(review.due_at + datetime.timedelta(days=8))
        with inside_of(couple):
            now = review.due_at + datetime.timedelta(days=8)
            occurrences.close_due(now)
            occurrences.end_finished(now)
            assert Assignment.objects.get(pk=given.pk).ended_at is not None

    def test_it_is_written_only_once_the_end_is_in_sight_and_once(self, frozen, couple, therapist, mara):
        given = self.trial(couple, therapist, "FREQ=WEEKLY;COUNT=8")
        assert rows(couple, assignment__due="follow_up") == []
        later = WEDNESDAY + datetime.timedelta(weeks=5)
        frozen.move_to(later)
        for _n in range(2):
            with inside_of(couple):
                occurrences.plan(given, later)
        assert len(rows(couple, assignment__due="follow_up", client=mara)) == 1

    def test_an_endless_rhythm_has_no_last_time(self, frozen, couple, therapist):
        with pytest.raises(assigning.Refused) as refused:
            self.trial(couple, therapist, "FREQ=DAILY")
        assert "follow_up_when" in refused.value.errors


def test_what_follows_never_has_a_wider_lane(frozen, couple, therapist):
    with acting_as(therapist):
        shared = find_exercise("nightly-gratitude-exchange").newest
        parent = Assignment(lane="reveal", audience=[uuid.uuid4(), uuid.uuid4()], follow_up=shared)
        assert following_up.lane_after(parent) == "reveal"
        parent.lane = "joint"
        assert following_up.lane_after(parent) == "shared"
        assert following_up.lane_after(Assignment(lane="own", audience=[uuid.uuid4()], follow_up=shared)) == "own"


def test_nothing_is_offered_where_care_is_paused(frozen, couple, therapist, mara):
    give_repair(couple, therapist)
    with inside_of(couple):
        Couple.objects.update(status="paused")
    assert offered(couple, mara) == []
