"""Giving, taking back and opening: what is allowed, and that it happens once."""

from __future__ import annotations

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone

from clients import clearing
from clients.models import Clearance, Couple
from exercises import answering, assigning, plans
from exercises.assigning import ClearanceMissing, Refused
from exercises.giving import Giving, lanes_on_offer
from exercises.library import find_exercise, shelf
from exercises.models import Answer, Assignment, Edition, Exercise, Occurrence, Response
from exercises.recurrence import Recurrence
from practice import tenancy
from practice.models import Message, Practice
from tests.factories import acting_as, inside, make_couple, make_member, make_practice

pytestmark = pytest.mark.django_db

WEEKLY = "FREQ=WEEKLY;COUNT=6"


def inside_of(couple):
    """Work as Attune itself where the couple is in care."""
    return tenancy.acting(tenancy.as_system(couple.practice_id))


def giving(couple, slug="weekly-state-of-us", **chosen):
    edition = find_exercise(slug).newest
    zone = couple.zone
    return Giving(
        **{
            "couple": couple,
            "edition": edition,
            "clients": tuple(client.pk for client in couple.clients),
            "lane": edition.content["lane"],
            "why": "Let us put it on paper first.",
            "starts_on": timezone.localtime(timezone.now(), zone).date() + datetime.timedelta(days=1),
            "at": datetime.time(18),
            "recurrence": Recurrence.parse(WEEKLY),
            "opens_by": "appointment",
            **chosen,
        }
    )


def first(**where):
    return next(one for one in shelf().select_related("newest") if all(getattr(one, k) == v for k, v in where.items()))


def refused(couple, therapist, practice=None, **chosen):
    slug = chosen.pop("slug", "weekly-state-of-us")
    with acting_as(therapist):
        with pytest.raises(Refused) as caught:
            assigning.give(giving(couple, slug, **chosen), by=therapist)
        assert Assignment.objects.count() == 0
    return set(caught.value.errors)


def test_one_assignment_for_both_and_an_occurrence_for_each(couple, therapist):
    with acting_as(therapist):
        given = assigning.give(giving(couple), by=therapist)
        assert len(given) == 1
        assert set(given[0].audience) == {client.pk for client in couple.clients}
        assert given[0].why == "Let us put it on paper first."
        rows = list(Occurrence.objects.all())
    assert {row.client_id for row in rows} == {client.pk for client in couple.clients}
    assert all(row.audience == [row.client_id] for row in rows)
    assert len(rows) == 2 * 5  # weekly, in the next 30 days


def test_private_ones_are_apart_and_tell_nothing_of_each_other(couple, therapist, mara, theo):
    with acting_as(therapist):
        given = assigning.give(giving(couple, "burnout-signs"), by=therapist)
    assert sorted(len(one.audience) for one in given) == [1, 1]
    assert len({one.given_key for one in given}) == 1
    with acting_as(mara):
        assert [one.audience for one in Assignment.objects.all()] == [[mara.pk]]
        assert all(one.client_id == mara.pk for one in Occurrence.objects.all())


def test_together_is_one_occurrence_of_all(couple, therapist, mara, theo):
    with acting_as(therapist):
        assigning.give(giving(couple, "mood-patterns-talk"), by=therapist)
        assert {one.client_id for one in Occurrence.objects.all()} == {None}
    for person in (mara, theo):
        with acting_as(person):
            assert Occurrence.objects.count() > 0


def test_reminders_are_planned_unless_they_are_not_wanted(couple, therapist):
    with acting_as(therapist):
        assigning.give(giving(couple, remind=False), by=therapist)
    with inside_of(couple):
        assert Message.objects.count() == 0
    with acting_as(therapist):
        assigning.give(giving(couple), by=therapist)
    with inside_of(couple):
        assert Message.objects.filter(step="due").count() == Occurrence.objects.count() / 2 > 0


def test_the_same_key_gives_once(couple, therapist):
    with acting_as(therapist):
        draft = giving(couple, "burnout-signs")
        once, twice = assigning.give(draft, by=therapist), assigning.give(draft, by=therapist)
        assert [one.pk for one in once] == [one.pk for one in twice]
        assert Assignment.objects.count() == 2


def test_going_back_and_changing_something_gives_that_too(couple, therapist):
    with acting_as(therapist):
        draft = giving(couple)
        first = assigning.give(draft, by=therapist)[0]
        other = assigning.give(replace(draft, at=datetime.time(20)), by=therapist)[0]
        assert first.pk != other.pk
        assert (first.at, other.at) == (datetime.time(18), datetime.time(20))


@pytest.mark.django_db(transaction=True)
def test_a_double_click_gives_nothing_twice():
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    with acting_as(therapist):
        draft = giving(couple)

    def click(_n):
        try:
            with acting_as(therapist):
                return [one.pk for one in assigning.give(draft, by=therapist)]
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(click, range(3)))
    assert results[0] == results[1] == results[2]
    with inside(practice):
        assert Assignment.objects.count() == 1
        assert Occurrence.objects.values("slot", "client").distinct().count() == Occurrence.objects.count()


# ── refusals ─────────────────────────────────────────────────────────────────


def test_only_partners_of_the_couple(couple, therapist, practice):
    other = make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    assert "who" in refused(couple, therapist, clients=(other.clients[0].pk,))
    assert "who" in refused(couple, therapist, clients=())
    assert "who" in refused(couple, therapist, clients=(uuid.uuid4(),))


def test_a_lane_may_be_stricter_and_never_wider(couple, therapist, practice):
    with acting_as(therapist):
        reveal = find_exercise("weekly-state-of-us").newest
        assert [str(lane) for lane in lanes_on_offer(reveal, practice)] == ["own", "private", "reveal"]
        joint = find_exercise("mood-patterns-talk").newest
        assert [str(lane) for lane in lanes_on_offer(joint, practice)][-1] == "joint"
    assert "lane" in refused(couple, therapist, lane="shared")
    assert "who" in refused(couple, therapist, lane="joint")
    assert "lane" in refused(couple, therapist, lane="everybody")
    with acting_as(therapist):
        assert assigning.give(giving(couple, lane="private"), by=therapist)


def test_a_practice_without_secrets_keeps_private_for_safety_alone(couple, therapist, practice):
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(secrets_policy="no_secrets")
    assert "lane" in refused(couple, therapist, lane="private")
    with acting_as(therapist):
        assert assigning.give(giving(couple, "private-safety-check"), by=therapist)


def test_questions_about_safety_always_reach_the_therapist(couple, therapist):
    assert "lane" in refused(couple, therapist, slug="private-safety-check", lane="own")


@pytest.mark.parametrize("who", [0, 1])
def test_the_private_safety_check_is_given_to_nobody_alone(couple, therapist, who):
    assert refused(couple, therapist, slug="private-safety-check", clients=(couple.clients[who].pk,)) == {"who"}


def test_the_private_safety_check_reaches_each_apart_at_the_same_times_in_the_same_words(couple, therapist):
    with acting_as(therapist):
        given = assigning.give(giving(couple, "private-safety-check"), by=therapist)
        assert sorted(one.audience for one in given) == sorted([one.pk] for one in couple.clients)
        assert len({(one.lane, one.why, one.rule, one.starts_on, one.at, one.remind) for one in given}) == 1
        times = [
            list(Occurrence.objects.filter(assignment=one).order_by("slot").values_list("slot", "opens_at", "due_at"))
            for one in given
        ]
    assert times[0] == times[1] != []


def test_the_private_safety_check_of_one_is_not_changed_apart_from_the_others(couple, therapist):
    with acting_as(therapist):
        hers, _his = assigning.give(giving(couple, "private-safety-check"), by=therapist)
        with pytest.raises(Refused) as caught:
            plans.carry_on(hers, replace(plans.draft_of(hers), why="Please."), by=therapist)
    assert "end it for each of them" in str(caught.value.errors["who"])


def test_the_one_adult_of_individual_work_is_everybody(practice, therapist):
    alone = make_couple(practice, ("Ada",), therapist=therapist)
    with acting_as(therapist):
        assert len(assigning.give(giving(alone, "private-safety-check"), by=therapist)) == 1


def test_whoever_has_left_is_not_waited_for(couple, therapist, mara, theo):
    with inside_of(couple):
        couple.partners.filter(client=theo).update(left_at=timezone.now())
    with acting_as(therapist):
        there = Couple.objects.with_partners().get(pk=couple.pk)
        assert assigning.give(giving(there, "private-safety-check", clients=(mara.pk,)), by=therapist)


def test_a_practices_own_copy_of_the_safety_check_goes_to_everybody_too(couple, therapist, practice, mara):
    """A copy of a copy as well; another private form that asks about safety may be one person's."""
    with acting_as(therapist):
        shipped = find_exercise("private-safety-check").newest
    copy = own_edition(practice, shipped.content, adapted_from=shipped)
    again = own_edition(practice, shipped.content, adapted_from=copy)
    other = own_edition(practice, shipped.content)
    with acting_as(therapist):
        for edition in (copy, again):
            with pytest.raises(Refused) as caught:
                assigning.give(
                    replace(giving(couple, lane="private", clients=(mara.pk,)), edition=edition), by=therapist
                )
            assert set(caught.value.errors) == {"who"}
        assert assigning.give(replace(giving(couple, lane="private", clients=(mara.pk,)), edition=other), by=therapist)


def own_edition(practice, content, **began):
    with inside(practice):
        exercise = Exercise.objects.create(
            practice=practice, slug=uuid.uuid4().hex, kind=content["kind"], title="Ours", summary="Ours", themes=[],
            participation="each_alone", level="gentle", minutes=5, lane=content["lane"], **began,
        )  # fmt: skip
        return Edition.objects.create(
            practice=practice, exercise=exercise, number=1, title="Ours", digest=exercise.slug, content=content
        )


def test_a_seal_needs_two(couple, therapist, mara):
    assert "lane" in refused(couple, therapist, clients=(mara.pk,))


def test_clearance_comes_first(couple, therapist):
    with acting_as(therapist):
        exercise = first(needs_clearance=True)
        with pytest.raises(ClearanceMissing):
            assigning.give(giving(couple, exercise.slug), by=therapist)
        record = Clearance.objects.create(couple=couple, recorded_by=therapist, note="Seen apart.")
        assert assigning.give(giving(couple, exercise.slug), by=therapist)
        record.withdrawn_at = timezone.now()
        record.save()
        with pytest.raises(ClearanceMissing):
            assigning.give(giving(couple, exercise.slug), by=therapist)


@pytest.mark.parametrize("status", ["paused", "separated", "closed"])
def test_only_active_couples_are_given_something(couple, therapist, status):
    with inside_of(couple):
        Couple.objects.filter(pk=couple.pk).update(status=status)
    couple.status = status
    assert "couple" in refused(couple, therapist)


def test_dates_make_sense(couple, therapist):
    today = timezone.localtime(timezone.now(), couple.zone).date()
    day = datetime.timedelta(days=1)
    assert "starts_on" in refused(couple, therapist, starts_on=today - day)
    assert "starts_on" in refused(couple, therapist, starts_on=today + 400 * day)
    over = Recurrence.parse(f"FREQ=WEEKLY;UNTIL={today - 30 * day:%Y%m%d}")
    assert "until" in refused(couple, therapist, recurrence=over)
    assert "why" in refused(couple, therapist, why="   ")
    assert "why" in refused(couple, therapist, why="x" * 10_000)
    assert "opens_by" in refused(couple, therapist, opens_by="whenever")


def test_a_time_that_has_passed_is_asked_about(couple, therapist):
    today = timezone.localtime(timezone.now(), couple.zone).date()
    assert "at" in refused(couple, therapist, starts_on=today, at=datetime.time(0))


def test_a_neighbours_couple_is_out_of_reach(couple, neighbour):
    stranger = make_member(neighbour)
    with acting_as(stranger), pytest.raises(Couple.DoesNotExist):
        assigning.give(giving(couple), by=stranger)


# ── taking back, opening ─────────────────────────────────────────────────────


def answered(person, value="7"):
    with acting_as(person):
        occurrence = Occurrence.objects.order_by("due_at").first()
        raw = {question.key: [value] for question in occurrence.assignment.edition.form if question.type == "scale"}
        return answering.submit(occurrence, author=person, raw=raw)


def today_at_end(couple):
    return {"starts_on": timezone.localtime(timezone.now(), couple.zone).date(), "at": datetime.time(23, 59)}


def test_taken_back_asks_and_reminds_nobody_and_keeps_what_was_sent(couple, therapist, mara, theo):
    with acting_as(therapist):
        assignment = assigning.give(giving(couple, **today_at_end(couple)), by=therapist)[0]
    answered(mara)
    with acting_as(therapist):
        assigning.withdraw(assignment, therapist)
        assigning.withdraw(assignment, therapist)
        assert Occurrence.objects.open().count() == 0
        assert Occurrence.objects.filter(state="done").count() == 1
        assert Response.objects.count() == 1
    with inside_of(couple):
        assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db(transaction=True)  # the database's now() stands still inside a transaction
def test_opening_shows_those_who_sent_to_each_other(couple, therapist, mara, theo):
    with acting_as(therapist):
        assignment = assigning.give(giving(couple, opens_by="therapist", **today_at_end(couple)), by=therapist)[0]
        slot = Occurrence.objects.order_by("due_at").first().slot
    answered(mara)
    with acting_as(therapist):
        assert assigning.open_reveal(assignment, slot, therapist) == 1
    with acting_as(theo):
        assert Response.objects.count() == 0, "whoever has not sent sees nothing"
    answered(theo, "3")
    for person in (mara, theo):
        with acting_as(person):
            assert Response.objects.count() == 2
            assert Answer.objects.values("author").distinct().count() == 2


def test_withdrawing_clearance_takes_back_what_needed_it_and_nothing_else(couple, therapist):
    with acting_as(therapist):
        clearing.record(couple, note="Seen apart.", by=therapist)
        risky = first(needs_clearance=True)
        lane = lanes_on_offer(risky.newest, Practice.objects.get())[-1]
        [needed_it, *others] = assigning.give(giving(couple, risky.slug, lane=lane), by=therapist)
        [harmless] = assigning.give(giving(couple), by=therapist)
        clearing.withdraw(couple, by=therapist)
        running = set(Assignment.objects.running().filter(couple=couple))
        assert running == {harmless}
        assert not Occurrence.objects.open().filter(assignment__in=[needed_it, *others]).exists()
        assert Occurrence.objects.open().filter(assignment=harmless).exists()
