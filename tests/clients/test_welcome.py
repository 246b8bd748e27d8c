"""Before anything else, each adult reads four pages and agrees for themselves."""

from __future__ import annotations

import pytest

from clients import consents
from clients.models import Consent
from practice.models import Practice
from tests.factories import inside, make_couple, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(practice, mara):
    """Mara on her first visit."""
    with inside(practice):
        Consent.objects.filter(client=mara).delete()
    return signed_in(mara)


def agree(browser, *steps: str) -> None:
    for step in steps:
        browser.post(f"/welcome/{step}/", {"adult": "on"})


def test_until_all_is_agreed_the_portal_leads_to_the_welcome(new):
    for path in ("/you/", "/today/", "/together/"):
        assert new.get(path).url == "/welcome/"


def test_the_first_page_says_what_cannot_be_hidden(new):
    page = new.get("/welcome/").content.decode()
    assert "What this page cannot hide" in page
    assert "router" in page
    assert "data-leave" in page


def test_the_lanes_are_explained_with_their_five_marks(new):
    page = new.get("/welcome/lanes/").content.decode()
    assert page.count('class="lanebox"') == 5


@pytest.mark.parametrize(
    ("policy", "words"), [("no_secrets", "works without secrets"), ("limited", "stays between the two of you")]
)
def test_each_practice_says_how_it_handles_secrets(new, practice, policy, words):
    with inside(practice):
        Practice.objects.update(secrets_policy=policy)
    assert words in new.get("/welcome/secrets/").content.decode()


def test_step_by_step_to_the_first_day(new, practice, mara):
    assert new.post("/welcome/limits/").url == "/welcome/lanes/"
    assert new.post("/welcome/lanes/").url == "/welcome/secrets/"
    assert new.post("/welcome/secrets/").url == "/welcome/care/"
    assert new.get("/you/").url == "/welcome/"
    assert new.post("/welcome/care/", {"adult": "on"}).url == "/today/"
    assert new.get("/you/").status_code == 200
    assert new.get("/welcome/").url == "/today/"
    with inside(practice):
        given = Consent.objects.filter(client=mara)
        assert {(one.about, one.version) for one in given} == set(consents.REQUIRED.items())


def test_looking_agrees_to_nothing(new, practice, mara):
    for step in ("limits", "lanes", "secrets", "care"):
        assert new.get(f"/welcome/{step}/").status_code == 200
    with inside(practice):
        assert not Consent.objects.filter(client=mara).exists()


def test_only_an_adult_who_says_so_agrees(new):
    agree(new, "limits", "lanes", "secrets")
    assert new.post("/welcome/care/").url == "/welcome/care/"
    assert new.get("/you/").url == "/welcome/"


def test_agreeing_twice_is_agreeing_once(new, practice, mara):
    agree(new, "lanes", "lanes")
    with inside(practice):
        consents.give(mara, "lanes")
        assert Consent.objects.filter(client=mara, about="lanes").count() == 1


def test_one_partner_never_agrees_for_the_other(practice, therapist):
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist)
    lea, noor = couple.clients
    with inside(practice):
        Consent.objects.all().delete()
    agree(signed_in(lea), "lanes", "secrets", "care")
    with inside(practice):
        assert consents.missing(lea) == []
        assert len(consents.missing(noor)) == 3
    assert signed_in(noor).get("/you/").url == "/welcome/"


def test_new_words_are_agreed_to_anew(practice, mara, monkeypatch):
    browser = signed_in(mara)
    assert browser.get("/you/").status_code == 200
    monkeypatch.setitem(consents.REQUIRED, Consent.About.LANES, "2027-01")
    assert browser.get("/you/").url == "/welcome/"
    assert browser.post("/welcome/limits/").url == "/welcome/lanes/"
    assert browser.post("/welcome/lanes/").url == "/today/"


def test_unknown_steps_and_staff_find_nothing(new, therapist):
    assert new.get("/welcome/nothing/").status_code == 404
    assert signed_in(therapist).get("/welcome/").status_code == 404
    assert signed_in(therapist).get("/you/").status_code == 404
