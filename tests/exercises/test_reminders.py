"""Reminders: at each person's own time, in neutral words, and never after they have answered."""

from __future__ import annotations

import datetime
import re
import threading
import time
import zoneinfo

import pytest
from django.db import connection
from django.utils import timezone

from clients import inviting
from clients import reach as reaching
from clients.models import Consent, Contact, Couple
from clients.signals import contact_changed
from exercises import reminders, reminding
from exercises.models import Assignment, Occurrence
from practice import delivery, moves, outbox
from practice.handing_off import HandOff
from practice.models import Message
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import (
    HOUR,
    LONDON,
    MINUTE,
    again,
    answer,
    ask,
    give,
    hours_ago,
    reach,
    reach_one,
    remind,
)
from tests.factories import PASSWORD, acting_as, make_couple

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_quiet_hours")]

State = Message.State


def hand_off(message: Message, worker: str) -> dict[str, int]:
    """Read again what was claimed, and let it leave unless something forbids it by now."""
    with delivery.Courier(time.monotonic() + 20) as courier:
        step = HandOff(message.practice_id, worker, frozenset(), courier.carrier_of)
        step.run([message.pk])
        return dict(step.tally)


# --- planning -----------------------------------------------------------------------------------


def test_one_for_each_occurrence_and_person(given, mara, theo):
    occurrences = [ask(given, one, due=day * 24 * HOUR) for day in (1, 2) for one in (mara, theo)]
    assert len(remind(*occurrences)) == 4
    assert remind(*occurrences) == []
    assert remind(*reversed(occurrences)) == []


def test_planning_many_costs_no_more_queries_than_one(given, mara, django_assert_num_queries):
    one = ask(given, mara, due=24 * HOUR)
    many = [ask(given, mara, due=day * 24 * HOUR) for day in range(2, 22)]
    with django_assert_num_queries(11):
        remind(one)
    with django_assert_num_queries(11):
        assert len(remind(*many)) == 20


def test_a_joint_one_reminds_both_in_their_own_zones(couple, therapist, mara, theo):
    with as_attune(couple):
        Contact.objects.filter(client=theo).update(time_zone="America/New_York")
    joint = ask(give(couple, therapist, lane="joint"), due=24 * HOUR, open_for=48 * HOUR)
    times = {one.person_id: one.due_at for one in remind(joint)}
    assert set(times) == {mara.pk, theo.pk}
    assert times[mara.pk] == joint.due_at
    wall = times[theo.pk].astimezone(zoneinfo.ZoneInfo("America/New_York"))
    assert wall.strftime("%Y-%m-%dT%H:%M") == joint.slot


def test_none_without_sign_in_without_wish_or_when_over(couple, therapist, mara, practice):
    silent = give(couple, therapist, remind=False)
    loud = give(couple, therapist)
    assert remind(ask(silent, mara)) == []
    assert remind(ask(loud, mara, due=-5 * HOUR)) == []
    assert remind(ask(loud, mara, due=HOUR, state=Occurrence.State.DONE)) == []
    waiting = make_couple(practice, ("Ada", "Ben"), therapist=therapist, login=False)
    assert remind(ask(give(waiting, therapist), waiting.clients[0], due=HOUR)) == []


def test_it_stays_fresh_until_it_closes_or_for_a_day(given, mara):
    short, long = remind(ask(given, mara, due=HOUR)), remind(ask(given, mara, due=2 * HOUR, open_for=99 * HOUR))
    assert short[0].fresh_until - short[0].due_at == 3 * HOUR
    assert long[0].fresh_until - long[0].due_at == 24 * HOUR


def test_a_due_time_in_quiet_hours_moves_to_their_end(given, mara, couple):
    reach(couple, quiet_from=datetime.time(17), quiet_until=datetime.time(20))
    occurrence = ask(given, mara, due=24 * HOUR, open_for=24 * HOUR)
    with as_attune(given):
        Occurrence.objects.filter(pk=occurrence.pk).update(slot="2099-11-22T18:00", closes_at=at(2099, 11, 23, 9))
        occurrence.refresh_from_db()
    (planned,) = remind(occurrence)
    assert planned.due_at == at(2099, 11, 22, 20)


def at(*when: int, zone=LONDON) -> datetime.datetime:
    return datetime.datetime(*when, tzinfo=zone)  # type: ignore[misc]


def test_planned_reminders_follow_a_person_to_another_zone(given, mara):
    occurrence = ask(given, mara, due=48 * HOUR, open_for=12 * HOUR)
    (planned,) = remind(occurrence)
    with acting_as(mara):
        contact = Contact.objects.get(client=mara)
        contact.time_zone = "America/New_York"
        contact.save()
        contact_changed.send(sender=Contact, client=mara)
    wall = again(planned).due_at.astimezone(zoneinfo.ZoneInfo("America/New_York"))
    assert wall.strftime("%Y-%m-%dT%H:%M") == occurrence.slot
    with as_attune(given):
        assert Message.objects.filter(about_id=occurrence.pk).count() == 1


def test_what_left_already_does_not_follow(given, mara, reminder, mail_server):
    delivery.deliver()
    before = again(reminder)
    with as_attune(given):
        Contact.objects.filter(client=mara).update(time_zone="Pacific/Honolulu")
    with as_attune(given):
        reminders.follow_contact(mara)
    assert (again(reminder).state, again(reminder).due_at) == (State.ACCEPTED, before.due_at)
    assert delivery.deliver() == {}


def test_who_joins_later_gets_the_reminders_from_then_on(practice, therapist):
    waiting = make_couple(practice, ("Ada", "Ben"), therapist=therapist, login=False)
    ada = waiting.clients[0]
    # At noon, so that no quiet hours move it.
    noon = (timezone.now() + datetime.timedelta(days=1)).replace(hour=12, minute=0)
    occurrence = ask(give(waiting, therapist), ada, due=noon - timezone.now())
    assert remind(occurrence) == []
    with as_attune(ada):
        Contact.objects.filter(client=ada).update(email="ada@example.org")
        invitation = inviting.invite(ada, waiting, by=therapist)
        ticket = inviting.link(invitation).rstrip("/").rpartition("/")[2]
    inviting.accept(ticket, password=PASSWORD)
    with as_attune(ada):
        assert Message.objects.filter(person_id=ada.pk, about_id=occurrence.pk).count() == 1


# --- delivering ---------------------------------------------------------------------------------


def test_it_arrives_at_the_persons_own_address(reminder, mara, mail_server):
    assert delivery.deliver() == {"accepted": 1}
    assert mail_server.recipients == [mara.user.email]


def completed(occurrence, author):
    answer(occurrence, author)


def done(occurrence, author):
    with as_attune(occurrence):
        Occurrence.objects.filter(pk=occurrence.pk).update(state="done")


def withdrawn(occurrence, author):
    with as_attune(occurrence):
        Assignment.objects.filter(pk=occurrence.assignment_id).update(withdrawn_at=timezone.now())


def couple_is(status):
    def changed(occurrence, author):
        with as_attune(occurrence):
            Couple.objects.filter(pk=occurrence.couple_id).update(status=status)

    return changed


def wants_none(occurrence, author):
    with as_attune(occurrence):
        reaching.end(author.pk, by="you")


def consent_withdrawn(occurrence, author):
    with as_attune(occurrence):
        Consent.objects.filter(client=author, about="care").update(withdrawn_at=timezone.now())


def account_closed(occurrence, author):
    from practice.models import User

    User.objects.filter(pk=author.user_id).update(is_active=False)


def left(occurrence, author):
    with as_attune(occurrence):
        author.partnerships.update(left_at=timezone.now())


EVENTS = [
    (completed, "answered"),
    (done, "done"),
    (withdrawn, "withdrawn"),
    (couple_is("paused"), "paused"),
    (couple_is("separated"), "separated"),
    (wants_none, "wants none"),
    (consent_withdrawn, "no consent"),
    (account_closed, "account closed"),
    (left, "left the couple"),
]


@pytest.mark.parametrize(("event", "reason"), EVENTS, ids=[reason for _, reason in EVENTS])
@pytest.mark.parametrize("claimed", [False, True], ids=["before the claim", "after the claim"])
def test_what_happens_before_the_hand_off_is_respected(reminder, due, mara, mail_server, event, reason, claimed):
    if claimed:
        assert moves.claim(reminder.practice_id, "me") == [reminder.pk]
    event(due, mara)
    if claimed:
        assert hand_off(reminder, "me") == {"skipped": 1}
    else:
        assert delivery.deliver() == {"skipped": 1}
    assert again(reminder).reason == reason
    assert mail_server.taken == []


def test_whoever_answers_during_the_hand_off_waits_for_it(reminder, due, mara, mail_server, monkeypatch):
    """Either the answer commits first and nothing is sent, or the hand-off does: never both half."""
    order = []
    compose = reminders.Reminder.compose_all

    def answer_elsewhere() -> None:
        answer(due, mara)
        order.append("answered")
        connection.close()

    thread = threading.Thread(target=answer_elsewhere)

    def compose_while_somebody_answers(self, messages):
        thread.start()
        thread.join(timeout=0.5)
        order.append("composed")
        return compose(self, messages)

    monkeypatch.setattr(reminders.Reminder, "compose_all", compose_while_somebody_answers)
    delivery.deliver()
    thread.join()
    assert order == ["composed", "answered"]
    assert len(mail_server.taken) == 1


def test_a_joint_one_stops_for_who_gave_their_part_and_goes_on_for_the_other(
    couple, therapist, mara, theo, mail_server
):
    joint = ask(give(couple, therapist, lane="joint"))
    remind(joint)
    answer(joint, mara)
    assert delivery.deliver() == {"skipped": 1, "accepted": 1}
    assert mail_server.recipients == [theo.user.email]


def test_in_quiet_hours_it_waits_for_their_end(reminder, couple, mail_server):
    now = timezone.localtime(timezone.now(), LONDON)
    reach(couple, quiet_from=(now - HOUR).time(), quiet_until=(now + HOUR).time())
    assert delivery.deliver() == {"planned": 1}
    assert HOUR - MINUTE < again(reminder).due_at - timezone.now() <= HOUR
    assert mail_server.taken == []


def test_in_quiet_hours_that_last_too_long_it_is_skipped(reminder, couple, mail_server):
    now = timezone.localtime(timezone.now(), LONDON)
    reach(couple, quiet_from=(now - HOUR).time(), quiet_until=(now + 5 * HOUR).time())
    assert delivery.deliver() == {"skipped": 1}
    assert again(reminder).reason == "stale"


def test_after_a_long_silence_only_the_newest_goes_out(given, mara, theo, mail_server):
    missed = [ask(given, mara, due=-hours * HOUR, open_for=99 * HOUR) for hours in (20, 10, 1)]
    other = ask(given, theo, due=-20 * HOUR, open_for=99 * HOUR)
    planned = remind(*missed, other)
    assert delivery.deliver() == {"accepted": 2, "skipped": 2}
    sent = {one.about_id for one in map(again, planned) if one.state == State.ACCEPTED}
    assert sent == {missed[-1].pk, other.pk}
    assert {again(one).reason for one in planned} == {"", "a newer one is due"}


def test_what_is_due_together_leaves_as_one(couple, therapist, mara, theo, mail_server):
    planned = remind(*[ask(give(couple, therapist), mara) for _ in range(5)])
    planned += remind(ask(give(couple, therapist), theo))
    threads = [threading.Thread(target=lambda: (delivery.deliver(), connection.close())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while delivery.deliver():
        pass
    assert sorted(mail_server.recipients) == sorted([mara.user.email, theo.user.email])
    assert {again(one).reason for one in planned} == {"", "merged"}


def test_r19_nobody_gets_more_than_the_days_share(couple, therapist, mara, mail_server):
    zone = zoneinfo.ZoneInfo(where_it_is_afternoon())
    reach_one(mara, time_zone=zone.key)
    for hours in range(reminding.MOST_A_DAY, 0, -1):
        (planned,) = remind(ask(give(couple, therapist), mara, zone=zone))
        assert delivery.deliver() == {"accepted": 1}, again(planned).reason
        hours_ago(planned, hours + 0.1)
    (one_more,) = remind(ask(give(couple, therapist), mara, zone=zone))
    assert delivery.deliver() == {"skipped": 1}
    assert again(one_more).reason == "enough for today"


def where_it_is_afternoon() -> str:
    hours = 14 - timezone.now().hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def test_an_address_that_refuses_is_left_alone_and_the_next_one_stands_on_their_pages(
    given, mara, couple, therapist, mail_server
):
    mail_server.answers = ["RCPT 550 5.1.1 nobody of this name"]
    remind(ask(given, mara, due=-3 * MINUTE))
    assert delivery.deliver() == {"dead": 1}
    (second,) = remind(ask(give(couple, therapist), mara, due=-2 * MINUTE))
    assert second.channel == "portal"
    assert delivery.deliver() == {"accepted": 1}
    assert mail_server.taken == []


def test_after_a_pause_what_fell_due_meanwhile_stays_unsent(reminder, due, given, mara, couple, mail_server):
    couple_is("paused")(due, mara)
    delivery.deliver()
    with as_attune(couple):
        Couple.objects.filter(pk=couple.pk).update(status="active")
    assert delivery.deliver() == {}
    remind(ask(given, mara, due=MINUTE * 0))
    assert delivery.deliver() == {"accepted": 1}


def test_separation_calls_off_everything(given, mara, theo, couple):
    remind(ask(given, mara, due=24 * HOUR), ask(given, theo, due=48 * HOUR))
    with as_attune(couple):
        assert outbox.cancel_for_couple(couple.pk, "separated") == 2


# --- neutrality ---------------------------------------------------------------------------------

#: What would tell somebody over the shoulder where this comes from or what it is about.
TELLING = re.compile(
    r"mara|theo|karlsen|linden|therap|couple|partner|practice|exercise|relationship|session|homework"
    r"|overdue|missed|late\b|failed|\d+ (things|items|questions)",
    re.IGNORECASE,
)


def comparable(raw: bytes) -> bytes:
    """Without what differs between letters by right: address, date, ids, the person's own link to stop."""
    boundary = re.search(rb'boundary="([^"]+)"', raw)
    assert boundary is not None
    raw = re.sub(rb"=\r?\n", b"", raw.replace(boundary[1], b""))
    raw = re.sub(rb"(?mi)^(To|Date|Message-ID|List-Unsubscribe): .*\n(?:[ \t].*\n)*", b"", raw)
    return re.sub(rb"/(open|stop)/[^\s\"<>]+", rb"/\1/", raw)


def test_r24_letters_are_the_same_whatever_they_are_about(couple, therapist, mara, theo, mail_server):
    one = give(couple, therapist, number=3, lane="private", audience=[mara.pk], why="About the money, Mara")
    two = give(couple, therapist, number=90, lane="joint", why="Talk about Sunday")
    (first,) = remind(ask(one, mara))
    delivery.deliver()
    hours_ago(first, 2)
    remind(ask(two, open_for=1 * HOUR))
    delivery.deliver()
    assert len(mail_server.raw) == 3
    assert len({comparable(raw) for raw in mail_server.raw}) == 1


def test_letters_say_nothing(reminder, due, couple, mail_server):
    delivery.deliver()
    (letter,) = mail_server.taken
    text = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    with as_attune(couple):
        title = Occurrence.objects.select_related("assignment__edition").get(pk=due.pk).assignment.edition.title
    for said in (str(letter["Subject"]), str(letter["From"]), text, html):
        assert not TELLING.search(said), TELLING.search(said)
        assert title not in said
        for known in (due.pk, couple.pk, reminder.person_id):
            assert str(known) not in said
    assert letter["Subject"] == "You have something to look at"
    links = set(re.findall(r"https?://\S+?(?=[\s\"<])", html))
    assert f"http://localhost:8000/open/{reminder.pk}/" in links, "its own number, which tells nothing, and a sign-in"
    assert {one.split("/")[3] for one in links} == {"open", "stop"}
    assert "<script" not in html
    assert "src=" not in html
    assert len(text.splitlines()) < 15
