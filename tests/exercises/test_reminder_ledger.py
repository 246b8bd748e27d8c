"""The therapist reads what became of each reminder, and nothing that is not for them."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import PortalVisit
from exercises import reminder_ledger
from exercises.models import Assignment, Occurrence, ReminderStop, Response
from practice.ids import uuid7
from practice.models import Message
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import ask, give
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
QUERIES = 17


def went(occurrence: Occurrence, person, state: str, **fields) -> Message:
    with as_attune(occurrence):
        at = fields.pop("at", timezone.now() - HOUR)
        return Message.objects.create(
            kind="reminder", step=fields.pop("step", "due"), occasion=str(uuid7()), person_id=person.pk,
            about_id=occurrence.pk, couple_id=occurrence.couple_id, planned_for=at, due_at=at,
            fresh_until=at + HOUR, state=state, **{"handed_off_at": at, "begun_at": at, **fields},
        )  # fmt: skip


def ledger(assignment: Assignment, couple, member) -> reminder_ledger.Ledger:
    with acting_as(member):
        return reminder_ledger.read(
            Assignment.objects.select_related("edition").get(pk=assignment.pk), couple, timezone.now()
        )


@pytest.fixture
def given(couple, therapist) -> Assignment:
    return give(couple, therapist)


def test_each_message_stands_with_its_step_channel_and_end(given, couple, therapist, mara):
    due = ask(given, mara)
    went(due, mara, "bounced", channel="sms")
    went(due, mara, "skipped", reason="answered", step="follow_up")
    [line] = ledger(given, couple, therapist).past
    assert line.client == mara
    assert [(one.step, one.channel, one.kind, one.words) for one in line.entries] == [
        ("At their own time on the day", "Text message", "ask", "came back"),
        ("Once more the day after", "E-mail", "skipped", "not needed: answered"),
    ]


def test_a_visit_and_an_answer_after_it_are_told_in_the_persons_own_time(given, couple, therapist, mara):
    due = ask(given, mara)
    went(due, mara, "accepted", at=timezone.now() - HOUR)
    with as_attune(given):
        PortalVisit.objects.create(client=mara, at=timezone.now() - 2 * HOUR)
    assert ledger(given, couple, therapist).past[0].signed_in == "", "that was before it"
    with as_attune(given):
        PortalVisit.objects.create(client=mara, at=timezone.now())
        Response.objects.create(
            couple_id=couple.pk, occurrence=due, author=mara, edition_id=given.edition_id, lane=given.lane,
            submitted_at=timezone.now(),
        )  # fmt: skip
    [line] = ledger(given, couple, therapist).past
    assert line.signed_in
    assert line.answered


def test_of_a_journal_it_tells_no_visit_and_no_answer(couple, therapist, mara):
    own = give(couple, therapist, lane="own", audience=[mara.pk])
    went(ask(own, mara), mara, "accepted")
    with as_attune(own):
        PortalVisit.objects.create(client=mara, at=timezone.now())
    read = ledger(own, couple, therapist)
    assert not read.tells_answers
    assert [(one.signed_in, one.answered) for one in read.past] == [("", "")]


def test_a_stop_is_shown_with_the_person_until_it_ends(given, couple, therapist, theo):
    with as_attune(given):
        stop = ReminderStop.objects.create(couple=couple, assignment=given, client=theo)
    assert [client for _stop, client, _position in ledger(given, couple, therapist).stopped] == [theo]
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/practice/{given.pk}/reminders/")
    assert "No answer for two weeks" in page.text
    with as_attune(given):
        ReminderStop.objects.filter(pk=stop.pk).update(ended_at=timezone.now())
    assert ledger(given, couple, therapist).stopped == []


def test_what_one_keeps_alone_is_not_in_the_others_ledger(given, couple, therapist, mara, theo):
    alone = give(couple, therapist, lane="private", audience=[theo.pk], number=1)
    went(ask(alone, theo), theo, "accepted")
    went(ask(given, mara), mara, "accepted")
    assert [line.client for line in ledger(given, couple, therapist).past] == [mara]


def test_it_costs_the_same_for_one_round_or_thirty(given, couple, therapist, mara, django_assert_num_queries):
    browser = signed_in(therapist)
    url = f"/desk/couples/{couple.pk}/practice/{given.pk}/reminders/"
    went(ask(given, mara), mara, "accepted")
    with django_assert_num_queries(QUERIES):
        browser.get(url)
    for day in range(1, 30):
        went(ask(given, mara, due=-day * 24 * HOUR), mara, "accepted")
    with django_assert_num_queries(QUERIES):
        page = browser.get(url)
    assert page.text.count("At their own time on the day") == 30


def test_another_caseload_finds_no_page(given, couple, colleague):
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/practice/{given.pk}/reminders/").status_code == 404
