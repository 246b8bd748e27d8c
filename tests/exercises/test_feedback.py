"""How it went: optional, private unless shown, and never a way to learn what is sealed."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from exercises import answering, feedback
from exercises.feedback import Said
from exercises.models import Feedback, Occurrence, Win
from tests.exercises.given import NEAR, as_attune, give
from tests.factories import acting_as, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def sent(couple, therapist, author, lane: str, **extra) -> Occurrence:
    """Something that ``author`` was given, and has sent."""
    rows = give(couple, therapist, lane, **extra)
    mine = next(one for one in rows if one.client_id in (author.pk, None) and author.pk in one.audience)
    with acting_as(author):
        answering.submit(Occurrence.objects.get(pk=mine.pk), author=author, raw=NEAR)
        return Occurrence.objects.select_related("assignment").get(pk=mine.pk)


def say(author, occurrence, **what) -> Feedback:
    with acting_as(author):
        return feedback.give(occurrence, author, Said(**what))


def test_it_is_private_unless_one_says_otherwise(couple, therapist, mara, theo):
    row = say(mara, sent(couple, therapist, mara, "shared"), words="I was tired")
    assert (row.lane, row.readers) == ("private", [])
    with acting_as(theo):
        assert not Feedback.objects.exists()
    with acting_as(therapist):
        assert Feedback.objects.get().words == "I was tired"


def test_it_can_be_shown_where_the_task_is_open_to_all(couple, therapist, mara, theo):
    say(mara, sent(couple, therapist, mara, "shared"), words="We laughed", show=True, win="A look over the pan")
    with acting_as(theo):
        assert Feedback.objects.get().words == "We laughed"
    page = signed_in(theo).get("/together/").content.decode()
    assert "A look over the pan" in page


@pytest.mark.parametrize("lane", ["private", "reveal"])
def test_asking_to_show_it_shows_nothing_while_the_task_itself_is_hidden(couple, therapist, mara, theo, lane):
    later = timezone.now() + datetime.timedelta(days=2)
    row = say(mara, sent(couple, therapist, mara, lane, reveals_at=later), show=True, win="Brave")
    assert row.lane == "private"
    with acting_as(theo):
        assert not Feedback.objects.exists()
        assert not Win.objects.exists()


def test_after_the_opening_a_sealed_task_may_be_talked_of(couple, therapist, mara, theo):
    ago = timezone.now() - datetime.timedelta(minutes=1)
    row = say(mara, sent(couple, therapist, mara, "reveal", reveals_at=ago), show=True)
    assert (row.lane, row.readers) == ("shared", [theo.pk])


def test_what_is_said_about_a_task_of_ones_own_is_ones_own(couple, therapist, mara):
    row = say(mara, sent(couple, therapist, mara, "own"), too_much=True)
    assert row.lane == "own"
    with acting_as(therapist):
        assert not Feedback.objects.exists()
        assert not feedback.to_note([couple.pk])


def test_said_again_the_newer_words_stand(couple, therapist, mara):
    occurrence = sent(couple, therapist, mara, "shared")
    say(mara, occurrence, usefulness=3, win="One")
    say(mara, occurrence, usefulness=8)
    with acting_as(mara):
        assert Feedback.objects.get().usefulness == 8
        assert not Win.objects.exists()


def test_the_page_offers_itself_after_sending_and_takes_everything_or_nothing(couple, therapist, mara):
    occurrence = sent(couple, therapist, mara, "shared")
    browser = signed_in(mara)
    assert f"/do/{occurrence.pk}/after/" in browser.get(f"/do/{occurrence.pk}/sent/").content.decode()
    assert browser.post(f"/do/{occurrence.pk}/after/", {}).status_code == 302
    said = {"extent": "little", "usefulness": "4", "difficulty": "9", "obstacles": ["tired", "hard"], "words": "Late"}
    assert browser.post(f"/do/{occurrence.pk}/after/", said).status_code == 302
    page = browser.get(f"/do/{occurrence.pk}/after/").content.decode()
    assert 'value="little" checked' in " ".join(page.split()) or "checked" in page
    with acting_as(mara):
        row = Feedback.objects.get()
    assert (row.extent, row.usefulness, row.difficulty, row.obstacles) == ("little", 4, 9, ["tired", "hard"])


def test_nonsense_is_refused_and_nothing_typed_is_lost(couple, therapist, mara):
    occurrence = sent(couple, therapist, mara, "shared")
    answer = signed_in(mara).post(
        f"/do/{occurrence.pk}/after/", {"usefulness": "11", "obstacles": ["aliens"], "words": "Keep me"}
    )
    assert answer.status_code == 422
    assert "Keep me" in answer.content.decode()
    with acting_as(mara):
        assert not Feedback.objects.exists()


def test_before_it_is_sent_there_is_nothing_to_say(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    assert signed_in(mara).get(f"/do/{occurrence.pk}/after/").status_code == 404


@pytest.mark.parametrize("what", [{"too_much": True}, {"obstacles": ("not_free",)}])
def test_too_much_and_not_free_wait_for_the_therapist_until_noted(couple, therapist, mara, theo, what):
    say(mara, sent(couple, therapist, mara, "shared"), **what)
    browser = signed_in(therapist)
    assert "Too much, or not free to speak" in browser.get("/desk/").content.decode()
    address = f"/desk/couples/{couple.pk}/private/{mara.pk}/kept/"
    assert "I have taken note" in browser.get(address).content.decode()
    browser.post(f"{address}note/")
    assert "Too much, or not free to speak" not in browser.get("/desk/").content.decode()
    assert "I have taken note" not in browser.get(address).content.decode()


def test_other_obstacles_call_for_nobody(couple, therapist, mara):
    say(mara, sent(couple, therapist, mara, "shared"), obstacles=("tired",))
    with acting_as(therapist):
        assert feedback.to_note([couple.pk]) == []


def test_the_therapists_page_costs_the_same_for_one_and_for_many(
    couple, therapist, mara, django_assert_max_num_queries
):
    say(mara, sent(couple, therapist, mara, "shared"), show=True, win="One")
    browser, address = signed_in(therapist), f"/desk/couples/{couple.pk}/kept/"
    browser.get(address)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        browser.get(address)
    for _ in range(5):
        say(mara, sent(couple, therapist, mara, "shared"), show=True, win="More")
    with django_assert_max_num_queries(len(one)):
        browser.get(address)


def test_a_neighbours_therapist_finds_nothing(couple, therapist, mara, colleague):
    say(mara, sent(couple, therapist, mara, "shared"), too_much=True)
    address = f"/desk/couples/{couple.pk}/private/{mara.pk}/kept/"
    assert signed_in(colleague).get(address).status_code == 404
    assert signed_in(colleague).post(f"{address}note/").status_code == 404
    with as_attune(couple):
        assert Feedback.objects.get().noted_at is None
