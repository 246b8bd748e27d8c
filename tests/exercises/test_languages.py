"""Exercises in the language of whoever reads them: the same answers under other words."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from clients.models import Contact
from exercises.languages import language_of, on_offer, spoken
from exercises.models import Answer, Response
from tests.exercises.given import as_attune, give, make_edition
from tests.exercises.test_portal import keep, send, words
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db

QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "how",
        "type": "single",
        "label": "How it was",
        "options": [{"value": "calm", "label": "Calm"}, {"value": "loud", "label": "Loud"}],
    },
    {"key": "why", "type": "short_text", "label": "What made it so"},
]
GERMAN = {
    "title": "Tee am Abend",
    "summary": "Ein kurzer Blick zurück.",
    "steps.0": "Nehmt euch Zeit.",
    "questions.how.label": "Wie es war",
    "questions.how.options.calm": "Ruhig",
    "questions.how.options.loud": "Laut",
}
CONTENT = {"language": "en", "translations": {"de": GERMAN}}


def reads(client, language: str) -> None:
    with as_attune(client):
        Contact.objects.filter(client=client).update(language=language)


def test_the_choice_of_a_person_comes_before_the_practices_own(practice, mara):
    with as_attune(mara):
        assert language_of(mara, practice) == practice.language
        reads(mara, "de")
        assert language_of(mara, practice) == "de"


def test_what_has_no_translation_is_read_as_it_was_written(couple):
    with as_attune(couple):
        edition = make_edition(QUESTIONS, **CONTENT)
    german = spoken(edition, "de-AT")
    assert german.title == "Tee am Abend"
    assert german.form["how"].label == "Wie es war"
    assert german.form["why"].label == "What made it so"
    assert edition.form["how"].label == "How it was", "the edition itself is as it was"
    assert spoken(edition, "fr") is edition
    assert spoken(edition, "en-gb") is edition


def test_each_reads_their_own_from_before_starting_to_the_reveal(couple, mara, theo, therapist):
    past = timezone.now() - datetime.timedelta(hours=1)
    hers, his = give(couple, therapist, "reveal", QUESTIONS, reveals_at=past, **CONTENT)
    reads(mara, "de")
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    before = words(browser.get(at))
    assert "Tee am Abend" in before
    assert "Nehmt euch Zeit" in before
    page = browser.get(f"{at}1/")
    assert "Wie es war" in words(page)
    assert 'lang="de"' in page.content.decode()
    keep(hers, mara, {"how": ["calm"]})
    assert "Ruhig" in words(browser.get(f"{at}check/"))
    send(hers, mara, {"how": ["calm"]})
    assert "Tee am Abend" in words(browser.get(f"{at}sent/"))
    send(his, theo, {"how": ["loud"]})
    browser.post(reverse("portal_unfold", args=[hers.pk]))
    german = words(browser.get(f"/together/{hers.pk}/"))
    assert german.index("Ruhig") < german.index("Laut")
    other = signed_in(theo)
    other.post(reverse("portal_unfold", args=[his.pk]))
    english = words(other.get(f"/together/{his.pk}/"))
    assert english.index("Calm") < english.index("Loud")
    with as_attune(couple):
        assert list(Answer.objects.filter(author=mara).values_list("choices", flat=True)) == [["calm"]]
        response = Response.objects.get(author=mara)
    assert "Calm" in words(signed_in(therapist).get(reverse("response", args=[couple.pk, response.pk])))


def test_a_choice_is_offered_where_there_is_one(couple, mara, theo, therapist):
    browser = signed_in(mara)
    assert 'name="language"' not in browser.get("/you/").content.decode()
    give(couple, therapist, "private", QUESTIONS, to=[mara], **CONTENT)
    page = browser.get("/you/").content.decode()
    assert '<option value="de">Deutsch</option>' in page
    assert 'name="language"' not in signed_in(theo).get("/you/").content.decode(), "what she was given alone"
    with acting_as(mara):
        assert {code for code, _name in on_offer(mara)} == {"en", "de"}
    with as_attune(mara):
        contact = Contact.objects.get(client=mara)
    filled = {
        "name": "Mara",
        "time_zone": contact.time_zone,
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "language": "de",
    }
    assert browser.post("/you/", filled).status_code == 302
    with as_attune(mara):
        assert Contact.objects.get(client=mara).language == "de"
    assert browser.post("/you/", {**filled, "language": "tlh"}).status_code in (200, 422)
    with as_attune(mara):
        assert Contact.objects.get(client=mara).language == "de"
