"""Reminders by channel and step: what is planned, and how it follows what people and practices choose."""

from __future__ import annotations

import datetime
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients import reach as reaching
from clients.models import Client, Contact
from clients.signals import contact_changed
from exercises import reminders
from exercises.models import Occurrence
from practice import clock, delivery, moves, outbox
from practice.models import Message
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import (
    HOUR,
    LONDON,
    MIDNIGHT,
    again,
    ask,
    give,
    reach,
    reach_one,
    remind,
)
from tests.factories import acting_as, make_couple, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_quiet_hours")]

State = Message.State
DAY = 24 * HOUR
ALL = ["opens", "due", "follow_up"]


def evening(days: int = 3) -> datetime.datetime:
    """At 18:00 in London, some days ahead."""
    day = timezone.localdate(timezone=LONDON) + datetime.timedelta(days=days)
    return datetime.datetime.combine(day, datetime.time(18), tzinfo=LONDON)


def ask_in_the_evening(assignment, client, *, days: int = 3, opens: int = 48, closes: int = 72, **fields) -> Occurrence:
    """Ask for something that opens two days before its evening and closes three days after it."""
    due = evening(days)
    occurrence = ask(assignment, client, due=due - timezone.now(), **fields)
    with as_attune(assignment):
        Occurrence.objects.filter(pk=occurrence.pk).update(
            slot=due.strftime("%Y-%m-%dT%H:%M"),
            due_at=due,
            opens_at=due - opens * HOUR,
            closes_at=due + closes * HOUR,
        )
        occurrence.refresh_from_db()
    return occurrence


def switch(client: Client, channel: str, *, on: bool) -> None:
    """Choose a channel, or end it, as the person does."""
    with acting_as(client):
        if on:
            reaching.choose(client, channel, "reminders")
        else:
            reaching.end(client.pk, by="you", channel=channel, topic="reminders")
        contact_changed.send(sender=Contact, client=client)


def standing(occurrence: Occurrence, state: str = "planned") -> dict[tuple[str, str], datetime.datetime]:
    with as_attune(occurrence):
        rows = Message.objects.filter(about_id=occurrence.pk, state=state)
        return {(one.channel, one.step): one.due_at for one in rows}


# --- steps --------------------------------------------------------------------------------------


def test_each_step_has_a_message_of_its_own(couple, therapist, mara):
    occurrence = ask_in_the_evening(give(couple, therapist, reminder_steps=None), mara)
    remind(occurrence)
    assert standing(occurrence) == {
        ("email", "opens"): occurrence.opens_at,
        ("email", "due"): occurrence.due_at,
        ("email", "follow_up"): evening(4),
    }
    with as_attune(couple):
        occasions = set(Message.objects.values_list("occasion", flat=True))
    assert occasions == {f"occurrence:{occurrence.pk}:{step}" for step in ALL}


@pytest.mark.parametrize("chosen", [["due"], ["opens", "follow_up"], []])
def test_an_assignment_has_its_own_steps(couple, therapist, mara, chosen):
    occurrence = ask_in_the_evening(give(couple, therapist, reminder_steps=chosen), mara)
    remind(occurrence)
    assert {step for _channel, step in standing(occurrence)} == set(chosen)


def test_they_come_at_the_hour_that_somebody_likes(couple, therapist, mara):
    occurrence = ask_in_the_evening(give(couple, therapist), mara)
    remind(occurrence)
    with acting_as(mara):
        Contact.objects.filter(client=mara).update(remind_at=datetime.time(8, 30))
        contact_changed.send(sender=Contact, client=mara)
    wall = standing(occurrence)["email", "due"].astimezone(LONDON)
    assert (wall.date(), wall.time()) == (evening().date(), datetime.time(8, 30))


def test_what_the_practice_does_from_now_on_is_done_at_once(couple, therapist, owner, mara):
    usual = ask_in_the_evening(give(couple, therapist, reminder_steps=None), mara)
    own = ask_in_the_evening(give(couple, therapist, reminder_steps=["opens"]), mara)
    remind(usual, own)
    browser = signed_in(owner)
    page = {
        "name": "Linden House", "country": "GB", "time_zone": "Europe/London", "reply_hours": "on working days",
        "secrets_policy": "limited", "reminder_steps": ["due"],
    }  # fmt: skip
    assert browser.post("/desk/practice/", page).status_code == 302
    assert set(standing(usual)) == {("email", "due")}
    assert set(standing(usual, "cancelled")) == {("email", "opens"), ("email", "follow_up")}
    assert set(standing(own)) == {("email", "opens")}
    browser.post("/desk/practice/", page | {"reminder_steps": ALL})
    assert {step for _channel, step in standing(usual)} == set(ALL)


def test_an_assignment_that_changes_its_mind_takes_its_reminders_along(couple, therapist, mara):
    given = give(couple, therapist)
    occurrence = ask_in_the_evening(given, mara)
    remind(occurrence)
    with as_attune(couple):
        given.remind = False
        given.save()
        reminders.follow_assignment(given)
    assert standing(occurrence) == {}
    with as_attune(couple):
        given.remind, given.reminder_steps = True, ["follow_up"]
        given.save()
        reminders.follow_assignment(given)
    assert set(standing(occurrence)) == {("email", "follow_up")}


def test_nobody_hears_twice_on_one_day_of_the_same_round(couple, therapist, mara):
    occurrence = ask_in_the_evening(give(couple, therapist, reminder_steps=None), mara, opens=6, closes=6)
    remind(occurrence)
    assert set(standing(occurrence)) == {("email", "due")}


# --- channels -----------------------------------------------------------------------------------


def test_each_chosen_channel_has_a_message_of_its_own(couple, therapist, mara, theo):
    switch(mara, "push", on=True)
    occurrence = ask_in_the_evening(give(couple, therapist, lane="joint"), None)
    remind(occurrence)
    with as_attune(couple):
        rows = set(Message.objects.filter(about_id=occurrence.pk).values_list("person_id", "channel"))
    assert rows == {(mara.pk, "email"), (mara.pk, "push"), (theo.pk, "email")}


def test_whoever_wants_nothing_sent_finds_it_on_their_pages_and_the_ledger_says_so(
    couple, therapist, mara, mail_server
):
    switch(mara, "email", on=False)
    (message,) = remind(ask(give(couple, therapist), mara))
    assert message.channel == "portal"
    assert delivery.deliver() == {"accepted": 1}
    assert again(message).state == State.ACCEPTED
    assert mail_server.taken == []


def test_a_channel_switched_off_calls_off_and_switched_on_again_plans_in_the_same_transaction(couple, therapist, mara):
    occurrence = ask_in_the_evening(give(couple, therapist), mara)
    remind(occurrence)
    switch(mara, "push", on=True)
    assert set(standing(occurrence)) == {("email", "due"), ("push", "due")}
    switch(mara, "email", on=False)
    assert set(standing(occurrence)) == {("push", "due")}
    with as_attune(couple):
        assert Message.objects.get(channel="email").reason == "wants none"
    switch(mara, "push", on=False)
    assert set(standing(occurrence)) == {("portal", "due")}
    switch(mara, "email", on=True)
    assert set(standing(occurrence)) == {("email", "due")}
    with as_attune(couple):
        assert Message.objects.count() == 3, "the same rows, again"


def test_a_channel_switched_off_calls_off_what_is_prepared_already(couple, therapist, mara):
    (message,) = remind(ask(give(couple, therapist), mara))
    with as_attune(couple):
        moves.claim(message.practice_id, "me")
        Message.objects.filter(pk=message.pk).update(state=State.HANDING_OFF)
    switch(mara, "email", on=False)
    assert again(message).state == State.CANCELLED


def test_text_messages_keep_to_the_law_when_they_are_planned(couple, therapist, mara):
    reach_one(mara, time_zone="America/New_York")
    switch(mara, "sms", on=True)
    occurrence = ask_in_the_evening(give(couple, therapist), mara)
    with as_attune(couple):
        slot = evening().strftime("%Y-%m-%dT") + "22:30"
        Occurrence.objects.filter(pk=occurrence.pk).update(slot=slot)
        occurrence.refresh_from_db()
    remind(occurrence)
    planned = standing(occurrence)
    zone = Contact(time_zone="America/New_York").zone
    assert planned["email", "due"].astimezone(zone).time() == datetime.time(22, 30)
    assert planned["sms", "due"].astimezone(zone).time() == datetime.time(8)


# --- following, in any order ---------------------------------------------------------------------


def test_r9_planning_again_in_any_order_gives_the_same_rows(couple, therapist, mara, theo):
    switch(theo, "push", on=True)
    given = give(couple, therapist, reminder_steps=None)
    occurrences = [ask_in_the_evening(given, one, days=day) for day in (3, 9, 15) for one in (mara, theo)]

    def rows():
        with as_attune(couple):
            return set(Message.objects.values_list("pk", "person_id", "channel", "occasion", "due_at", "fresh_until"))

    remind(*occurrences)
    first = rows()
    assert len(first) == 27
    for _ in range(5):
        random.shuffle(occurrences)
        for one in occurrences[::2]:
            assert remind(one) == []
        assert remind(*occurrences) == []
        with as_attune(couple):
            reminders.follow_contact(theo)
            reminders.follow_practice()
    assert rows() == first


def test_what_waits_for_its_turn_is_not_moved_back(couple, therapist, mara):
    (message,) = remind(ask(give(couple, therapist), mara))
    with as_attune(couple):
        later = timezone.now() + HOUR
        Message.objects.filter(pk=message.pk).update(due_at=later)
        reminders.follow_contact(mara)
    assert again(message).due_at == later


def test_a_round_that_is_moved_on_takes_along_what_is_due_already(couple, therapist, mara):
    occurrence = ask(give(couple, therapist), mara, open_for=90 * HOUR)
    (message,) = remind(occurrence)
    later = timezone.now() + 26 * HOUR
    with as_attune(couple):
        Occurrence.objects.filter(pk=occurrence.pk).update(due_at=later, moved_at=timezone.now())
        occurrence.refresh_from_db()
    assert remind(occurrence) == []
    assert again(message).due_at == later


def test_r4_who_moves_zone_after_it_left_gets_it_no_second_time(couple, therapist, mara, mail_server):
    occurrence = ask(give(couple, therapist), mara, open_for=40 * HOUR)
    (_message,) = remind(occurrence)
    assert delivery.deliver() == {"accepted": 1}
    for zone in ("Pacific/Honolulu", "Pacific/Kiritimati", "Europe/London"):
        with acting_as(mara):
            Contact.objects.filter(client=mara).update(time_zone=zone)
            contact_changed.send(sender=Contact, client=mara)
        delivery.deliver()
    assert len(mail_server.taken) == 1
    with as_attune(couple):
        assert Message.objects.filter(about_id=occurrence.pk, step="due").count() == 1


# --- deciding about many ------------------------------------------------------------------------


def decide(messages: list[Message]):
    with as_attune(messages[0]):
        return reminders.Reminder().decide(messages, clock.now())


def test_deciding_about_many_costs_no_more_queries_than_about_one(practice, therapist):
    couples = [make_couple(practice, therapist=therapist) for _ in range(13)]
    for one in couples:
        reach(one, quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)
    messages = [
        message for one in couples for person in one.clients for message in remind(ask(give(one, therapist), person))
    ][:25]
    counts = []
    for some in (messages[:1], messages):
        with as_attune(messages[0]), CaptureQueriesContext(connection) as queries:
            verdicts = reminders.Reminder().decide(some, clock.now())
        assert set(verdicts.values()) == {outbox.Send()}
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14, counts


def test_what_is_no_longer_there_is_skipped(couple, therapist, mara):
    (message,) = remind(ask(give(couple, therapist), mara))
    message.about_id = message.pk
    assert decide([message]) == {message.pk: outbox.Skip("no longer there")}
    with as_attune(couple):
        assert reminders.Reminder().wanted(message) == "no longer there"
