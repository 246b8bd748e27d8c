"""What ends, holds and brings back reminders: answers, pauses, time off, parting, and two weeks of silence."""

from __future__ import annotations

import threading

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from clients import status
from clients.models import Contact, Couple, PortalVisit
from exercises import answering, desk, drafts, pausing, plans, reminders, stops
from exercises.models import Assignment, Occurrence, Pause, ReminderStop
from practice import delivery, moves, sweeping, tenancy
from practice.handing_off import HandOff
from practice.models import Message
from practice.outbox import Skip
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import (
    HOUR,
    MINUTE,
    again,
    answer,
    ask,
    give,
    hours_ago,
    remind,
)
from tests.factories import acting_as, signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_quiet_hours")]

State = Message.State
DAY = 24 * HOUR
WEEK = 7 * DAY


def state_of(message: Message) -> tuple[str, str]:
    now = again(message)
    return now.state, now.reason


# --- an answer in the same moment (R11) ----------------------------------------------------------


def skip(occurrence, author) -> None:
    answering.skip(occurrence, author=author)


def send(occurrence, author) -> None:
    """Send an answer as the portal does: response, state and reminders in one transaction."""
    with tenancy.elevated():
        slot = answering.lock_slot(occurrence, author)
    answering.write(slot, author, {}, timezone.now())
    with tenancy.elevated():
        answering._settle(slot, author, timezone.now())


class Elsewhere(threading.Thread):
    """Another connection that does something, and commits when it is told to."""

    def __init__(self, act, author, occurrence) -> None:
        super().__init__()
        self.act, self.author, self.occurrence = act, author, occurrence
        self.done, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        with acting_as(self.author):
            one = Occurrence.objects.select_related("assignment__edition").get(pk=self.occurrence.pk)
            self.act(one, self.author)
            self.done.set()
            self.may_commit.wait(20)
        connection.close()


@pytest.mark.parametrize("act", [send, skip])
def test_r11_b150_who_answers_before_the_hand_off_commits_gets_nothing(reminder, due, mara, mail_server, act):
    """The answer is written and not committed: the hand-off does not wait for it, and lets nothing leave."""
    assert moves.claim(reminder.practice_id, "me") == [reminder.pk]
    elsewhere = Elsewhere(act, mara, due)
    elsewhere.start()
    assert elsewhere.done.wait(20)
    with delivery.Courier(0) as courier:
        assert HandOff(reminder.practice_id, "me", frozenset(), courier.carrier_of).run([reminder.pk]) == []
    elsewhere.may_commit.set()
    elsewhere.join()
    assert again(reminder).state == State.CANCELLED
    assert delivery.deliver() == {}
    assert mail_server.taken == []


@pytest.mark.parametrize("act", [send, skip])
def test_r11_b150_who_answers_between_claim_and_hand_off_gets_nothing(reminder, due, mara, mail_server, act):
    assert moves.claim(reminder.practice_id, "me") == [reminder.pk]
    with acting_as(mara):
        act(Occurrence.objects.select_related("assignment__edition").get(pk=due.pk), mara)
    with delivery.Courier(0) as courier:
        assert HandOff(reminder.practice_id, "me", frozenset(), courier.carrier_of).run([reminder.pk]) == []
    assert again(reminder).state == State.CANCELLED


@pytest.mark.parametrize("act", [send, skip])
def test_r11_b150_who_answers_after_the_hand_off_and_before_the_first_byte_gets_nothing(
    reminder, due, mara, mail_server, monkeypatch, act
):
    before = moves.turn_over

    def answer_first(*args, **kwargs):
        if again(reminder).state == State.HANDING_OFF and again(reminder).begun_at is None:
            with acting_as(mara):
                act(Occurrence.objects.select_related("assignment__edition").get(pk=due.pk), mara)
        return before(*args, **kwargs)

    monkeypatch.setattr(moves, "turn_over", answer_first)
    delivery.deliver()
    assert again(reminder).state == State.CANCELLED
    assert mail_server.taken == []


def test_r11_after_the_first_byte_one_message_is_on_its_way_and_stays_one(reminder, due, mara, mail_server):
    delivery.deliver()
    with acting_as(mara):
        send(Occurrence.objects.select_related("assignment__edition").get(pk=due.pk), mara)
    assert again(reminder).state == State.ACCEPTED
    assert delivery.deliver() == {}
    assert len(mail_server.taken) == 1


@pytest.mark.parametrize("held", ["couple", "assignment", "contact"])
def test_nobody_waits_for_a_row_that_somebody_holds(reminder, due, mara, mail_server, held):
    model, pk = {
        "couple": (Couple, due.couple_id),
        "assignment": (Assignment, due.assignment_id),
        "contact": (Contact, None),
    }[held]
    holds, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with as_attune(due):
            rows = model.objects.filter(**({"pk": pk} if pk else {"client": mara}))
            list(rows.select_for_update().values_list("pk"))
            holds.set()
            may_go.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(20)
    assert delivery.deliver() == {"planned": 1}
    may_go.set()
    thread.join()
    with as_attune(due):
        Message.objects.update(due_at=timezone.now() - MINUTE)
    assert delivery.deliver() == {"accepted": 1}


# --- pauses, time off and parting ------------------------------------------------------------------


def pause(couple, therapist, **fields) -> Pause:
    with acting_as(therapist):
        today = timezone.localdate(timezone=couple.zone)
        return pausing.pause(couple, by=therapist, kind=Pause.Kind.REST, starts_on=today, ends_on=None, **fields)


def test_r10_between_pause_and_resume_nothing_leaves_and_then_the_newest_while_it_is_fresh(
    couple, therapist, given, mara, theo, mail_server
):
    old = ask(given, mara, due=-20 * HOUR, open_for=60 * HOUR)
    new = ask(given, mara, due=-2 * HOUR, open_for=60 * HOUR)
    stale = ask(give(couple, therapist), theo, due=-25 * HOUR, open_for=60 * HOUR)
    ahead = ask(given, mara, due=30 * HOUR, open_for=60 * HOUR)
    for one in (old, new, stale, ahead):
        with as_attune(couple):
            Occurrence.objects.filter(pk=one.pk).update(opens_at=one.due_at - 2 * DAY)
    with as_attune(couple):
        everything = list(Occurrence.objects.order_by("due_at"))
    planned = remind(*everything)
    rest = pause(couple, therapist)
    assert {state_of(one) for one in planned} == {(State.CANCELLED, "paused")}
    assert delivery.deliver() == {}
    with acting_as(therapist):
        pausing.lift(rest)
    while delivery.deliver():
        pass
    assert mail_server.recipients == [mara.user.email]
    sent = {one.about_id for one in map(again, planned) if one.state == State.ACCEPTED}
    assert sent == {new.pk}
    assert {again(one).state for one in planned if one.about_id == ahead.pk} == {State.PLANNED}


def test_r10_while_the_couple_rests_what_falls_due_is_skipped_and_what_lies_ahead_stays(
    couple, therapist, reminder, given, mara, mail_server
):
    (ahead,) = remind(ask(given, mara, due=DAY))
    with acting_as(therapist):
        status.change(couple, Couple.Status.PAUSED)
    assert delivery.deliver() == {"skipped": 1}
    assert state_of(ahead) == (State.PLANNED, "")
    with acting_as(therapist):
        status.change(couple, Couple.Status.ACTIVE)
    assert delivery.deliver() == {}
    assert mail_server.taken == []


@pytest.mark.parametrize("hours", [6, 6 * 24])
def test_r21_after_hours_or_days_off_each_person_gets_one_message_at_most(
    couple, therapist, mara, theo, mail_server, hours
):
    """Three assignments each, twice a day; nothing was sent for all that time."""
    given = [give(couple, therapist) for _ in range(3)]
    missed = [
        ask(one, person, due=-ago * HOUR, open_for=14 * DAY)
        for one in given
        for person in (mara, theo)
        for ago in range(1, hours + 1, 12)
    ]
    with as_attune(couple):  # planned in time, and nobody was there to send
        rows = [
            reminders.outbox.draft(
                reminders.KIND,
                person_id=one.client_id,
                about_id=one.pk,
                couple_id=couple.pk,
                occasion=f"occurrence:{one.pk}:due",
                due_at=one.due_at,
                fresh_for=DAY,
                step="due",
            )
            for one in missed
        ]
        reminders.outbox.add(rows)
    for _ in range(20):
        delivery.deliver()
        with as_attune(couple):
            Message.objects.filter(state="planned").update(due_at=timezone.now() - MINUTE)
    sweeping.sweep()
    assert sorted(mail_server.recipients) == sorted([mara.user.email, theo.user.email])
    newest = max(one.due_at for one in missed)
    sent = [one for one in map(again, rows) if one.state == State.ACCEPTED]
    assert all(newest - one.planned_for < HOUR for one in sent)
    ends = {(again(one).state, again(one).reason) for one in rows}
    assert ends <= {("accepted", ""), ("skipped", "stale"), ("skipped", "merged"), ("skipped", "a newer one is due")}


@pytest.mark.parametrize("ended", [Couple.Status.SEPARATED, Couple.Status.CLOSED])
def test_r23_r25_parting_calls_off_everything_in_the_same_transaction(
    couple, therapist, given, mara, theo, ended, mail_server
):
    joint = give(couple, therapist, lane="joint")
    planned = remind(ask(joint), ask(given, mara), ask(given, theo, due=DAY))
    moves.claim(couple.practice_id, "me", most=1)
    with acting_as(therapist), transaction.atomic():
        status.change(couple, ended)
        assert not Message.objects.filter(state__in=["planned", "claimed"]).exists()
    assert {again(one).state for one in planned} == {State.CANCELLED}
    assert delivery.deliver() == {}
    assert remind(ask(joint, due=2 * DAY)) == [] or delivery.deliver() == {}
    assert mail_server.taken == []


def test_r25_taken_back_left_out_and_ended_call_off_at_once(couple, therapist, given, mara, theo):
    mine, later = ask(given, mara, due=DAY), ask(given, theo, due=2 * DAY)
    planned = remind(mine, later)
    with acting_as(therapist):
        plans.skip(given, mine.slot, by=therapist, reason="away")
    assert state_of(planned[0]) == (State.CANCELLED, "skipped")
    with acting_as(therapist):
        plans.unskip(given, mine.slot)
    assert again(planned[0]).state == State.PLANNED
    with acting_as(therapist):
        plans.end(given)
    assert {state_of(one) for one in planned} == {(State.CANCELLED, "withdrawn")}


# --- two weeks of silence --------------------------------------------------------------------------


def went_out(given: Assignment, person, *days_ago: float) -> None:
    """Reminders of past rounds left for this person, and nobody answered."""
    for days in days_ago:
        (message,) = remind(_past(given, person))
        with as_attune(given):
            Message.objects.filter(pk=message.pk).update(state=State.CLAIMED)
            Message.objects.filter(pk=message.pk).update(state=State.HANDING_OFF, begun_at=timezone.now())
            Message.objects.filter(pk=message.pk).update(state=State.ACCEPTED)
        hours_ago(message, 24 * days)
        with as_attune(given):
            Occurrence.objects.filter(pk=message.about_id).update(
                state="missed", due_at=timezone.now() - days * DAY, closes_at=timezone.now() - days * DAY + HOUR
            )


_minutes = iter(range(2, 2000))


def _past(given: Assignment, person) -> Occurrence:
    return ask(given, person, due=-next(_minutes) * MINUTE, open_for=40 * HOUR)


def verdict_on(message: Message):
    with as_attune(message):
        return reminders.Reminder().decide([message], timezone.now())[message.pk]


def stopped(given: Assignment) -> list:
    with as_attune(given):
        return list(ReminderStop.objects.filter(ended_at=None).values_list("client_id", flat=True))


@pytest.fixture
def ignored(given, mara) -> Message:
    """The next reminder after three weeks without a word."""
    went_out(given, mara, 21, 14, 7)
    (message,) = remind(ask(given, mara))
    return message


def test_after_two_ignored_weeks_it_stops_and_the_therapist_is_told_instead(
    ignored, given, couple, therapist, mara, theo, mail_server
):
    assert delivery.deliver() == {"skipped": 1}
    assert again(ignored).reason == "two weeks without an answer"
    assert stopped(given) == [mara.pk]
    with acting_as(therapist):
        (item,) = [one for one in desk.queue(therapist, [couple.pk]) if "reminders have stopped" in one.what]
    assert "Mara" in item.detail
    assert item.url.endswith(f"/practice/{given.pk}/")
    for person in (mara, theo):
        page = signed_in(person).get("/today/").content.decode()
        assert "stopped" not in page
    assert mail_server.taken == []


@pytest.mark.parametrize("days", [(12, 5), (21,), (3, 2, 1)])
def test_less_than_two_weeks_or_a_single_round_is_no_reason_to_stop(given, mara, days, mail_server):
    went_out(given, mara, *days)
    remind(ask(given, mara))
    assert delivery.deliver() == {"accepted": 1}
    assert stopped(given) == []


def test_whoever_looked_in_has_not_ignored_it(ignored, given, mara, mail_server):
    with as_attune(given):
        PortalVisit.objects.create(client=mara, at=timezone.now() - 6 * DAY)
    assert delivery.deliver() == {"accepted": 1}


def test_what_the_other_partner_does_is_no_sign_from_this_one(ignored, given, mara, theo, mail_server):
    answer(ask(given, theo, due=-DAY, open_for=WEEK), theo)
    with as_attune(given):
        PortalVisit.objects.create(client=theo, at=timezone.now() - 6 * DAY)
    assert delivery.deliver() == {"skipped": 1}


def test_an_answer_ends_the_stop_in_the_same_transaction(ignored, given, mara, mail_server):
    delivery.deliver()
    later = ask(given, mara, due=-2 * MINUTE, open_for=WEEK)
    with acting_as(mara):
        one = Occurrence.objects.select_related("assignment__edition").get(pk=later.pk)
        drafts.save_draft(one, author=mara, raw={}, base_version=0)
    assert stopped(given) == []
    (again_reminded,) = remind(ask(given, mara, due=0 * MINUTE))
    assert verdict_on(again_reminded) != Skip("two weeks without an answer")


def test_the_therapist_starts_them_again_or_makes_it_lighter(ignored, given, couple, therapist, mara, mail_server):
    delivery.deliver()
    browser = signed_in(therapist)
    page = browser.get(f"/desk/couples/{couple.pk}/practice/{given.pk}/").content.decode()
    assert "reminders have stopped" in page
    assert "Start again" in page
    browser.post(f"/desk/couples/{couple.pk}/practice/{given.pk}/act/", {"act": "remind"})
    assert stopped(given) == []
    with as_attune(given):
        assert ReminderStop.objects.get().ended_by_id == therapist.pk
    remind(ask(given, mara, due=0 * MINUTE))
    assert delivery.deliver() == {"accepted": 1}


def test_of_what_is_somebodys_own_nobody_is_told(couple, therapist, mara, mail_server):
    own = give(couple, therapist, lane="own", audience=[mara.pk])
    went_out(own, mara, 21, 14, 7)
    remind(ask(own, mara))
    assert delivery.deliver() == {"skipped": 1}
    assert stopped(own) == [mara.pk]
    with acting_as(therapist):
        assert [one for one in desk.queue(therapist, [couple.pk]) if "stopped" in one.what] == []
        assert stops.of_assignment(own) == set()


def test_the_asker_of_a_stop_is_nobody_but_staff(ignored, mara, therapist, colleague):
    delivery.deliver()
    with acting_as(therapist):
        assert ReminderStop.objects.count() == 1
    with acting_as(colleague):
        assert ReminderStop.objects.count() == 0
    with acting_as(mara), pytest.raises(ProgrammingError), transaction.atomic():
        ReminderStop.objects.exists()
