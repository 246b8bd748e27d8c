"""The page for giving: said in plain words, kept when something is wrong, given once."""

from __future__ import annotations

import datetime
import re
import uuid

import pytest
from django.utils import timezone
from django.utils.html import escape

from clients.models import Appointment, Clearance, Contact
from exercises.library import shelf
from exercises.models import Assignment, Occurrence
from tests.exercises.test_assigning import inside_of
from tests.factories import acting_as, make_couple, signed_in
from tests.pages import plain

pytestmark = pytest.mark.django_db


def path(couple, rest=""):
    return f"/desk/couples/{couple.pk}/assign/{rest}"


def chosen(couple, **other):
    day = timezone.localtime(timezone.now(), couple.zone).date() + datetime.timedelta(days=1)
    sunday = day + datetime.timedelta(days=(6 - day.weekday()) % 7)
    filled = {
        "exercise": "weekly-state-of-us",
        "key": str(uuid.uuid4()),
        "who": "each",
        "why": "You both feel unseen at home.",
        "starts_on": sunday.isoformat(),
        "at": "18:00",
        "rhythm": "weekly",
        "every": "1",
        "weekdays": ["6"],
        "ends": "count",
        "count": "6",
        "lane": "reveal",
        "opens_by": "appointment",
        "remind": "on",
        **other,
    }
    return {name: value for name, value in filled.items() if value is not None}


def said(couple, therapist, **other):
    shown = signed_in(therapist).post(path(couple, "preview/"), chosen(couple, **other))
    assert shown.status_code == 200
    return " ".join(shown.content.decode().split())


def with_session(couple):
    with inside_of(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=20))


def test_first_one_picks_an_exercise(couple, therapist):
    browser = signed_in(therapist)
    assert "Find an exercise" in browser.get(path(couple)).content.decode()
    part = browser.get(path(couple, "?q=gratitude"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "?exercise=" in part


def test_the_page_comes_filled_with_what_the_exercise_suggests(couple, therapist):
    shown = signed_in(therapist).get(path(couple, "?exercise=weekly-state-of-us")).content.decode()
    assert "Every Sunday at 19:00; each answers alone" in shown
    assert "If it turns into a list of complaints" in shown
    assert 'value="suggested"' in shown


@pytest.mark.parametrize("kind", ["ritual", "agreement", "warning_signs", "reading", "repair", "measure"])
def test_every_kind_has_a_suggestion_that_can_be_read(couple, therapist, kind):
    with acting_as(therapist):
        slugs = list(shelf().filter(kind=kind).values_list("slug", flat=True))[:4]
    for slug in slugs:
        assert signed_in(therapist).get(path(couple, f"?exercise={slug}")).status_code == 200


def test_the_sentence(couple, therapist):
    with_session(couple)
    assert "Every Sunday at 18:00, for 6 weeks; each answers alone; both see the answers at the next session." in said(
        couple, therapist
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"rhythm": "once"}, "Once, on Sunday"),
        ({"rhythm": "daily", "ends": "open"}, "Every day at 18:00; each answers alone"),
        ({"rhythm": "daily", "every": "2", "ends": "open"}, "Every second day at 18:00"),
        ({"weekdays": ["1", "3", "5"], "ends": "open"}, "Every Tuesday, Thursday and Saturday at 18:00"),
        ({"rhythm": "monthly", "nth": "-1", "nth_weekday": "4", "ends": "open"}, "On the last Friday of each month"),
        ({"lane": "private"}, "only you read it"),
        ({"lane": "own"}, "nobody else reads it, not even you"),
        ({"opens_by": "all"}, "both see the answers when both have sent"),
        ({"opens_by": "therapist"}, "when you open them"),
        ({"opens_by": "date"}, "when the time to answer is over"),
        ({"opens_by": "appointment"}, "at the next session, once there is one"),
    ],
)
def test_other_choices_in_words(couple, therapist, other, words):
    assert words in said(couple, therapist, **other)


def test_together_is_said_and_given(couple, therapist):
    assert "they answer together" in said(couple, therapist, exercise="mood-patterns-talk", who="together")
    signed_in(therapist).post(path(couple), chosen(couple, exercise="mood-patterns-talk", who="together"))
    with inside_of(couple):
        assert Assignment.objects.get().lane == "joint"


CHECK = {"exercise": "private-safety-check", "lane": "private"}


def test_the_private_safety_check_offers_no_choice_of_people(couple, therapist):
    shown = signed_in(therapist).get(path(couple, "?exercise=private-safety-check")).content.decode()
    offered = re.findall(r'<input type="radio" name="who" value="([^"]+)"([^>]*)>', shown)
    assert [value for value, _more in offered] == ["each"]
    assert "checked" in offered[0][1]
    assert "So having it says nothing about anybody." in shown
    assert "So having it" not in signed_in(therapist).get(path(couple, "?exercise=burnout-signs")).content.decode()


def test_the_private_safety_check_for_one_is_refused_beside_the_field_and_nothing_is_lost(couple, therapist, mara):
    browser = signed_in(therapist)
    shown = browser.post(path(couple), chosen(couple, **CHECK, who=str(mara.pk), why="My own words.")).content.decode()
    field = shown.partition('id="id_who"')[2].partition('class="seg"')[0]
    assert "goes to each of them alike" in field
    assert "My own words." in shown
    with inside_of(couple):
        assert not Assignment.objects.exists()
    browser.post(path(couple), chosen(couple, **CHECK))
    with inside_of(couple):
        assert {tuple(one.audience) for one in Assignment.objects.all()} == {(one.pk,) for one in couple.clients}


def test_of_three_nobody_is_left_out_of_the_private_safety_check(practice, therapist):
    three = make_couple(practice, ("Ada", "Ben", "Cleo"), therapist=therapist)
    browser = signed_in(therapist)
    shown = browser.get(path(three, "?exercise=private-safety-check")).content.decode()
    assert 'name="people"' not in shown
    browser.post(path(three), chosen(three, **CHECK, people=str(three.clients[0].pk)))
    with inside_of(three):
        assert Assignment.objects.count() == 3


def test_both_partners_pages_about_the_private_safety_check_are_equal_but_for_their_own_names(
    couple, therapist, mara, theo
):
    """Also after the therapist tried to give it to one alone."""
    browser = signed_in(therapist)
    browser.post(path(couple), chosen(couple, **CHECK, who=str(mara.pk)))
    browser.post(path(couple), chosen(couple, **CHECK))
    seen = []
    for person in (mara, theo):
        with inside_of(couple):
            Occurrence.objects.filter(client=person).update(opens_at=timezone.now() - datetime.timedelta(minutes=1))
            first = Occurrence.objects.filter(client=person).order_by("slot").first()
        own = signed_in(person)
        pages = [own.get(one) for one in ("/today/", f"/do/{first.pk}/", f"/do/{first.pk}/1/")]
        seen.append([(one.status_code, neutral(one.content, person, couple)) for one in pages])
    for hers, his in zip(*seen, strict=True):
        assert hers[1].splitlines() == his[1].splitlines()
    assert seen[0] == seen[1]
    assert any("A form from your therapist" in body for _status, body in seen[0])


def neutral(body: bytes, person, couple) -> str:
    """A page without what is anybody's own: tokens, ids and names."""
    text = re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}|(?<=data-answer=")[0-9a-f]{16}', "ID", plain(body).decode())
    for one in couple.clients:
        text = text.replace(one.name, "ME" if one.pk == person.pk else "YOU")
    return text


def test_dates_are_each_partners_own(couple, therapist, theo):
    with inside_of(couple):
        Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
    shown = said(couple, therapist)
    assert "Asia/Tokyo" in shown
    assert "Europe/London" in shown


def test_giving(couple, therapist, mara):
    answer = signed_in(therapist).post(path(couple), chosen(couple), follow=True)
    assert "Given to Mara and Theo: Weekly state of us." in answer.content.decode()
    with inside_of(couple):
        assignment = Assignment.objects.get()
        assert assignment.rule == "FREQ=WEEKLY;BYDAY=SU;COUNT=6"
        assert assignment.given_by_id == therapist.pk
        assert assignment.remind
        assert Occurrence.objects.filter(client=mara).count() >= 4


def test_the_suggestion_itself_can_be_given(couple, therapist):
    with acting_as(therapist):
        exercises = shelf().select_related("newest")
        reviewed = next(one for one in exercises if one.newest.content["cadence"].get("reviews"))
    other = {"exercise": reviewed.slug, "rhythm": "suggested", "ends": "open", "lane": "private", "count": ""}
    answer = signed_in(therapist).post(path(couple), chosen(couple, **other))
    if answer.status_code == 302:
        with inside_of(couple):
            assert Assignment.objects.first().reviews
    else:
        assert "joint work is safe" in answer.content.decode()


def test_a_second_press_gives_nothing_more(couple, therapist):
    data, browser = chosen(couple), signed_in(therapist)
    assert [browser.post(path(couple), data).status_code for _ in range(3)] == [302, 302, 302]
    with inside_of(couple):
        assert Assignment.objects.count() == 1


def test_one_partner_alone_leads_to_their_private_view(couple, therapist, mara):
    answer = signed_in(therapist).post(path(couple), chosen(couple, who=str(mara.pk), lane="private"))
    assert answer.headers["Location"].endswith(f"/private/{mara.pk}/")


def test_clearance_is_asked_for_and_then_enough(couple, therapist):
    with acting_as(therapist):
        slug = shelf().filter(needs_clearance=True, lane="reveal").values_list("slug", flat=True)[0]
    browser = signed_in(therapist)
    shown = browser.get(path(couple, f"?exercise={slug}")).content.decode()
    assert "First, your record that joint work is safe" in shown
    assert "/clearance/" in shown
    refused = browser.post(path(couple), chosen(couple, exercise=slug))
    assert refused.status_code == 200
    assert "Please add it first" in refused.content.decode()
    with acting_as(therapist):
        assert Assignment.objects.count() == 0
        Clearance.objects.create(couple=couple, recorded_by=therapist, note="Seen apart.")
    assert "goes deep" in browser.post(path(couple), chosen(couple, exercise=slug)).content.decode()
    assert browser.post(path(couple), chosen(couple, exercise=slug, sure="on")).status_code == 302


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"why": ""}, "Please write one line"),
        ({"why": "x" * 10_240}, "300"),
        ({"why": "a\x00b"}, "Null characters"),
        ({"starts_on": "2027-02-31"}, "Please write a date"),
        ({"starts_on": "9999-12-31"}, "more than a year ahead"),
        ({"starts_on": "0001-01-01"}, "This day is over"),
        ({"starts_on": ""}, "Please choose a first date"),
        ({"at": "25:99"}, "Please write a time"),
        ({"rhythm": "hourly"}, "valid choice"),
        ({"every": "1000000"}, "99"),
        ({"every": "-3"}, "1"),
        ({"count": "99999999999999999999"}, "400"),
        ({"count": ""}, "Please say how many times"),
        ({"ends": "until", "until": ""}, "Please choose the last day"),
        ({"ends": "until", "until": "2020-01-01"}, "Nothing would ever fall due"),
        ({"weekdays": ["9"]}, "valid choice"),
        ({"who": str(uuid.uuid4())}, "among the partners"),
        ({"who": None}, "required"),
        ({"lane": "shared"}, "valid choice"),
        ({"lane": "' OR 1=1"}, "valid choice"),
        ({"opens_by": "date", "opens_on": "1999-01-01", "rhythm": "once"}, "before the answers are due"),
        ({"key": "nonsense"}, "valid UUID"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(couple, therapist, other, words):
    data = chosen(couple, **{"why": "A line to keep <b>&amp;</b>", **other})
    answer = signed_in(therapist).post(path(couple), data)
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert words in shown
    assert "data-error-summary" in shown
    if "why" not in other:
        assert escape("A line to keep <b>&amp;</b>") in shown
    assert signed_in(therapist).post(path(couple, "preview/"), data).status_code == 200
    with inside_of(couple):
        assert Assignment.objects.count() == 0


def test_somebody_elses_partner_is_refused(couple, therapist, practice):
    other = make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    answer = signed_in(therapist).post(path(couple), chosen(couple, who=str(other.clients[0].pk)))
    assert "among the partners" in answer.content.decode()


@pytest.mark.parametrize("slug", ["nothing-like-it", "\x00", "../x", "x" * 9000, "🙂"])
def test_an_unknown_exercise_is_404(couple, therapist, slug):
    browser = signed_in(therapist)
    assert browser.post(path(couple, "preview/"), chosen(couple, exercise=slug)).status_code == 404
    assert browser.post(path(couple), chosen(couple, exercise=slug)).status_code in (200, 404)


def test_minutes_a_week_add_up(couple, therapist):
    signed_in(therapist).post(path(couple), chosen(couple))
    assert "90 min" in said(couple, therapist)
