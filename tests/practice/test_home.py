"""The front door, several places, and leaving."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from practice.models import Membership
from tests.factories import inside, make_user, signed_in, user_of

pytestmark = pytest.mark.django_db


def test_strangers_are_asked_to_sign_in():
    assert Browser().get("/").url == "/account/login/"


def test_staff_come_to_the_desk(therapist):
    assert signed_in(therapist).get("/").url == "/desk/"


def test_clients_come_to_their_day(mara):
    assert signed_in(mara).get("/").url == "/today/"


def test_who_belongs_nowhere_reads_what_to_do():
    browser = Browser()
    browser.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = browser.get("/")
    assert page.status_code == 200
    assert "nothing here for you yet" in page.content.decode()
    assert browser.get("/desk/practice/").status_code == 404


def test_who_works_in_two_practices_chooses_and_is_remembered(therapist, neighbour):
    with inside(neighbour):
        Membership.objects.create(practice=neighbour, user=user_of(therapist), role="owner", name="Ines Karlsen")
    browser = signed_in(therapist)
    assert browser.get("/").url == "/choose/"
    page = browser.get("/choose/").content.decode()
    assert "Linden House" in page
    assert "Harbour Rooms" in page
    assert browser.post("/choose/", {"practice": str(neighbour.pk)}).url == "/desk/"
    assert browser.get("/").url == "/desk/"
    assert "Harbour Rooms" in browser.get("/desk/account/").content.decode()


def test_a_practice_one_does_not_belong_to_cannot_be_chosen(therapist, neighbour):
    browser = signed_in(therapist)
    assert browser.post("/choose/", {"practice": str(neighbour.pk)}).status_code == 200
    assert "Linden House" in browser.get("/desk/account/").content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_leaving_ends_the_session_at_once(mara, method, settings):
    browser = signed_in(mara)
    assert browser.get("/you/").status_code == 200
    answer = getattr(browser, method)("/leave/")
    assert browser.get("/you/").status_code == 302
    if method == "get":
        assert answer.url == settings.ATTUNE_LEAVE_URL
    else:
        assert (answer.status_code, answer["Clear-Site-Data"]) == (204, '"cache", "storage"')


def test_leaving_works_for_whoever_is_not_signed_in(settings):
    assert Browser().get("/leave/").url == settings.ATTUNE_LEAVE_URL


def test_a_beacon_without_a_token_leaves_and_is_no_alarm(mara, caplog):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(user_of(mara), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post("/leave/").status_code == 204
    assert [one for one in caplog.records if one.name.startswith("django.security")] == []


def test_signing_out_takes_a_post(mara):
    browser = signed_in(mara)
    assert browser.get("/account/logout/").status_code == 200
    assert browser.get("/you/").status_code == 200
    browser.post("/account/logout/")
    assert browser.get("/you/").status_code == 302


def test_the_demos_mail_is_in_the_demo_only(settings):
    assert Browser().get("/demo/mail/").status_code == 404
    settings.DEMO = True
    assert Browser().get("/demo/mail/").status_code == 200
    for odd in ("nothing", "..", "%00", "1" * 300):
        assert Browser().get(f"/demo/mail/{odd}/").status_code == 404


def test_the_demos_mail_shows_a_letter_that_can_run_nothing(settings, tmp_path):
    from practice.local import smtp

    settings.DEMO, settings.STATE = True, tmp_path
    raw = (
        b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello <b>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><p>hi</p>"
    )
    pk = smtp.save(tmp_path / "demo", raw, ["b@example.org"])
    page = Browser().get("/demo/mail/").content.decode()
    assert "Hello &lt;b&gt;" in page
    assert "<script>alert" not in page
    part = Browser().get(f"/demo/mail/{pk}/html/")
    policy = part["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert part["X-Frame-Options"] == "SAMEORIGIN"
