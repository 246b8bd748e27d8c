"""A client's page about themselves, and help that anybody finds."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client as Browser
from time_machine import travel

from clients.models import Client, Contact
from clients.signals import contact_changed
from practice import countries, crisis
from practice.models import Practice
from tests.factories import inside, signed_in, user_of

pytestmark = pytest.mark.django_db

GOOD = {
    "name": "Mara",
    "pronouns": "she/her",
    "time_zone": "America/Lima",
}


def test_a_client_changes_what_is_theirs(practice, mara):
    signed_in(mara).post("/you/", GOOD)
    with inside(practice):
        now, contact = Client.objects.get(pk=mara.pk), Contact.objects.get(client=mara)
    assert (now.name, now.pronouns) == ("Mara", "she/her")
    assert contact.time_zone == "America/Lima"
    assert contact.confirmed_at
    assert user_of(mara).time_zone == "America/Lima"


def test_reminders_are_told_of_the_change(practice, mara):
    heard = []

    def listen(client, **kwargs):
        heard.append(client.pk)

    contact_changed.connect(listen)
    try:
        signed_in(mara).post("/you/", GOOD)
    finally:
        contact_changed.disconnect(listen)
    assert heard == [mara.pk]


def test_the_partner_stays_as_they_are(practice, mara, theo):
    signed_in(mara).post("/you/", GOOD)
    with inside(practice):
        assert Contact.objects.get(client=theo).time_zone == "Europe/London"
    page = signed_in(theo).get("/you/").content.decode()
    assert "America/Lima" not in page.split("selected")[1][:40]
    assert user_of(mara).email not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\x00"),
        ("name", "N" * 1_000_000),
        ("time_zone", "Nowhere/Land"),
        ("time_zone", "America/lima"),
    ],
)
def test_bad_input_is_explained_beside_its_field_and_kept(mara, field, value):
    answer = signed_in(mara).post("/you/", {**GOOD, field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}


def test_what_was_agreed_to_is_listed_with_its_day(mara):
    page = signed_in(mara).get("/you/").content.decode()
    for words in ("Using the portal between sessions", "Who reads what", "How secrets between partners"):
        assert words in page


def test_titles_and_paths_are_neutral(mara):
    browser = signed_in(mara)
    for path in ("/you/", "/you/help/", "/you/limits/"):
        page = browser.get(path).content.decode()
        title = page.split("<title>")[1].split("</title>")[0]
        assert not any(word in title for word in ("Linden", "Mara", "Theo", "therap"))


# ── help ──


def test_help_is_there_before_signing_in():
    page = Browser().get("/you/help/").content.decode()
    assert "112" in page
    assert "not for emergencies" in page


def test_help_is_that_of_the_practices_country_and_says_when_somebody_reads(practice, mara):
    with inside(practice):
        Practice.objects.update(country="DE", reply_hours="on Tuesdays and Thursdays")
    page = signed_in(mara).get("/you/help/").content.decode()
    assert "0800 111 0 111" in page
    assert "on Tuesdays and Thursdays" in page
    assert "Samaritans" not in page


def test_another_country_can_be_chosen():
    assert "Samaritans" in Browser().get("/you/help/?country=gb").content.decode()


@pytest.mark.parametrize("odd", ["", "XX", "\x00", "G" * 10_000, "<b>", "💛"])
def test_odd_countries_get_the_general_answer(odd):
    page = Browser().get("/you/help/", {"country": odd})
    assert page.status_code == 200
    assert "112" in page.content.decode()


def test_help_is_a_link_on_every_portal_page(mara):
    for path in ("/you/", "/you/limits/", "/you/help/"):
        assert "/you/help/" in signed_in(mara).get(path).content.decode()


def test_every_resource_names_its_source_and_is_fresh():
    today = datetime.date(2026, 11, 22)
    for one in crisis.resources():
        assert one.source
        assert one.name
        assert one.contact
        assert one.need in {"emergency", "crisis", "abuse", "directory"}
        assert one.for_whom in {"", "women", "men", "lgbt"}
        assert one.by in {"phone", "text", "web"}
        assert one.on_bill in {"", "no"}
        assert today - one.listed_on <= crisis.OLDEST, one.name


def test_nothing_unverified_is_shown():
    assert all(one.verified for country in ("GB", "IE", "DE", "ES") for one in crisis.help_in(country))
    assert [one.contact for one in crisis.help_in("ES")] == ["016"]
    assert crisis.help_in("IT") == []
    assert crisis.emergency_number("ES") == "112"
    assert crisis.emergency_number("ZZ") == ""


def test_b158_every_country_has_a_number_and_where_we_know_no_place_a_list_of_them():
    for country in countries.names():
        found = crisis.help_for(country)
        assert found.emergency
        assert found.places or found.elsewhere
    page = Browser().get("/you/help/?country=it").content.decode()
    assert "we have no numbers that we trust" in page
    assert "https://www.befrienders.org/" in page


def test_b158_an_entry_that_nobody_looked_at_for_too_long_is_not_shown():
    assert crisis.help_in("GB")
    with travel(datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)):
        assert crisis.help_in("GB") == []
        assert crisis.help_for("GB").emergency == "999"


def test_help_is_that_of_the_country_a_person_says_they_live_in(practice, mara, theo):
    said = {"name": "Mara", "pronouns": "", "time_zone": "Europe/London", "country": "FR"}
    assert signed_in(mara).post("/you/", said).status_code == 302
    assert "3114" in signed_in(mara).get("/you/help/").content.decode()
    assert "3114" not in signed_in(theo).get("/you/help/").content.decode()
    assert signed_in(mara).post("/you/", {**said, "country": "ZZ"}).status_code == 200
    assert "does not show on the bill" in Browser().get("/you/help/?country=es").content.decode()
