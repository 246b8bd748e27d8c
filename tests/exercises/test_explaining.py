"""From a message to what it was about, and why it came: for the person it was for, and for nobody else."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.utils import timezone

from clients import trying
from clients.models import Contact
from exercises import threads
from exercises.models import Occurrence
from practice import outbox
from practice.ids import uuid7
from practice.models import Message
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, inside, signed_in
from tests.pages import same_answer

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


def sent(client, kind: str = "reminder", about=None, *, state: str = "accepted", ago=HOUR, channel="email", **fields):
    """A message that left some time ago."""
    now = timezone.now()
    with as_attune(client):
        one = outbox.draft(
            kind, person_id=client.pk, about_id=about or uuid7(), couple_id=None, occasion=f"x:{uuid7()}",
            due_at=now - ago, fresh_for=HOUR, channel=channel, step=fields.pop("step", ""),
        )  # fmt: skip
        one.state, one.handed_off_at = state, now - ago
        for name, value in fields.items():
            setattr(one, name, value)
        return outbox.add([one])[0]


@pytest.fixture
def round_of_mara(couple, mara, therapist) -> Occurrence:
    return give(couple, therapist, "private", to=[mara])[0]


def opens(client, message_id):
    return signed_in(client).get(f"/open/{message_id}/")


# ── the link of a letter ─────────────────────────────────────────────────────


def test_a_reminder_leads_to_what_it_was_for(mara, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    assert opens(mara, message.pk)["Location"] == f"/do/{round_of_mara.pk}/"


def test_whoever_is_not_signed_in_signs_in_first_and_then_arrives(client, mara, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    assert client.get(f"/open/{message.pk}/")["Location"] == f"/account/login/?next=/open/{message.pk}/"


def test_r23_another_persons_message_is_like_one_that_never_was(mara, theo, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    foreign, unknown = opens(theo, message.pk), opens(theo, uuid7())
    assert foreign["Location"] == "/today/"
    assert same_answer(foreign, unknown)


def test_a_message_that_spoke_for_several_leads_to_the_first_page(mara, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    sent(mara, about=round_of_mara.pk, state="skipped", merged_into=message.pk, handed_off_at=None)
    assert opens(mara, message.pk)["Location"] == "/today/"


def test_what_was_taken_back_leads_to_the_first_page(mara, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    with as_attune(mara):
        Occurrence.objects.filter(pk=round_of_mara.pk).update(state="withdrawn")
    assert opens(mara, message.pk)["Location"] == "/today/"


def test_a_letter_about_words_leads_to_the_conversation(couple, mara, therapist):
    with acting_as(therapist):
        thread = threads.begin(couple, [mara.pk], by=therapist, text="Hello", key=uuid7(), about=threads.About())
    message = sent(mara, "talk", thread.pk)
    assert opens(mara, message.pk)["Location"] == f"/talk/{thread.pk}/"


def test_opening_changes_nothing(mara, practice, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    browser = signed_in(mara)
    with inside(practice):
        before = Message.objects.values().get(pk=message.pk)
    for _time in range(2):
        browser.get(f"/open/{message.pk}/")
        browser.head(f"/open/{message.pk}/")
    assert browser.post(f"/open/{message.pk}/").status_code == 405
    with inside(practice):
        assert Message.objects.values().get(pk=message.pk) == before


# ── why did I get this ───────────────────────────────────────────────────────


def page_of(client, path: str = "/you/arrived/") -> str:
    return signed_in(client).get(path).content.decode()


def test_each_message_says_what_it_was_about_why_it_came_and_what_became_of_it(mara, round_of_mara):
    with as_attune(mara):
        title = Occurrence.objects.select_related("assignment__edition").get(pk=round_of_mara.pk)
    sent(mara, about=round_of_mara.pk, step="follow_up", state="bounced")
    page = page_of(mara)
    assert title.assignment.edition.neutral_title in page
    assert f'href="/do/{round_of_mara.pk}/"' in page
    assert "Something is due" in page
    assert "Once more, the day after." in page
    assert "Came back" in page
    assert 'href="/you/reach/#email"' in page


def test_times_are_those_of_the_persons_own_clock(mara, round_of_mara):
    with as_attune(mara):
        Contact.objects.filter(client=mara).update(time_zone="Pacific/Auckland")
    message = sent(mara, about=round_of_mara.pk)
    there = message.handed_off_at.astimezone(zoneinfo.ZoneInfo("Pacific/Auckland"))
    assert f"{there:%H:%M}" in page_of(mara)


def test_what_was_said_for_others_is_named_as_well(couple, mara, therapist, round_of_mara):
    message = sent(mara, about=round_of_mara.pk)
    other = give(couple, therapist, "private", to=[mara])[0]
    sent(mara, about=other.pk, state="skipped", merged_into=message.pk, handed_off_at=None)
    assert page_of(mara).count(f"/do/{other.pk}/") == 1


def test_only_ones_own_messages_of_sixty_days_are_there(mara, theo, round_of_mara):
    sent(theo, about=round_of_mara.pk)
    sent(mara, ago=datetime.timedelta(days=61))
    sent(mara, "proof")
    sent(mara, state="planned", handed_off_at=None)
    assert "Nothing was sent to you" in page_of(mara)
    assert str(round_of_mara.pk) not in page_of(theo), "what was given to her alone is not named to him"


def test_the_page_costs_the_same_for_one_message_or_many(
    couple, mara, therapist, round_of_mara, django_assert_max_num_queries
):
    browser = signed_in(mara)
    sent(mara, about=round_of_mara.pk)
    with django_assert_max_num_queries(19):
        browser.get("/you/arrived/")
    with acting_as(therapist):
        thread = threads.begin(couple, [mara.pk], by=therapist, text="Hello", key=uuid7(), about=threads.About())
    for number in range(25):
        sent(mara, "talk" if number % 2 else "reminder", thread.pk if number % 2 else round_of_mara.pk)
    with django_assert_max_num_queries(20):
        page = browser.get("/you/arrived/").content.decode()
    assert "Page 1 of 2" in page


# ── a test, and what waits on the first page ─────────────────────────────────


def test_a_test_on_these_pages_is_said_on_the_first_page_for_an_hour(mara):
    sent(mara, "test", channel="portal", ago=datetime.timedelta(minutes=5))
    assert "The test that you asked for arrived here" in page_of(mara, "/today/")


@pytest.mark.parametrize(
    ("kind", "channel", "state", "hours"),
    [
        ("test", "portal", "accepted", 2),
        ("test", "email", "accepted", 0),
        ("test", "portal", "planned", 0),
        ("reminder", "portal", "accepted", 0),
        ("talk", "portal", "accepted", 0),
    ],
)
def test_the_first_page_does_not_nag(mara, kind, channel, state, hours):
    sent(mara, kind, channel=channel, state=state, ago=datetime.timedelta(hours=hours, minutes=1))
    assert "arrived here" not in page_of(mara, "/today/")


def test_a_test_goes_out_at_once_and_the_page_says_what_became_of_it(practice, mara):
    browser = signed_in(mara)
    assert browser.post("/you/reach/try/", {"channel": "email"})["Location"] == "/you/reach/"
    with inside(practice):
        message = Message.objects.get(kind="test")
        assert message.due_at <= timezone.now()
    page = browser.get("/you/reach/").content.decode()
    assert "On its way" in page
    assert 'hx-trigger="every 2s"' in page
    for steps, words in [(("claimed", "handing_off", "accepted"), "Handed over"), (("bounced",), "Came back")]:
        with inside(practice):
            for state in steps:
                Message.objects.filter(pk=message.pk).update(state=state)
        page = browser.get("/you/reach/").content.decode()
        assert words in page
        assert "hx-trigger" not in page
    part = browser.get("/you/reach/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<section class="section" id="tests"')


@pytest.mark.parametrize("channel", ["sms", "push", "pigeon", ""])
def test_a_test_needs_a_way_and_an_address(practice, mara, channel):
    signed_in(mara).post("/you/reach/try/", {"channel": channel})
    with inside(practice):
        assert not Message.objects.filter(kind="test").exists()


def test_no_more_than_five_tests_an_hour(practice, mara):
    browser = signed_in(mara)
    for number in range(7):
        browser.post("/you/reach/try/", {"channel": "portal" if number % 2 else "email"})
    with inside(practice):
        assert Message.objects.filter(kind="test").count() == trying.AN_HOUR
    assert "five tests within an hour" in browser.get("/you/reach/").content.decode()


# ── what staff see ───────────────────────────────────────────────────────────


def test_staff_see_by_which_ways_a_person_is_reached_and_what_they_stopped(couple, mara, theo, therapist):
    from clients import reach, stopping

    with as_attune(theo):
        reach.choose_all(theo, (), among=reach.OUTWARD)
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/").content.decode()
    assert "Reached by: E-mail" in page
    assert "Wants nothing sent; looks here" in page
    stopping.obey(stopping.Stop(couple.practice_id, mara.pk, "email", "news"), whole_channel=True)
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/").content.decode()
    assert "E-mail stopped today" in page
    assert "Stopped from a message" in page
