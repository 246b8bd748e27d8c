"""The quick exit keeps what was typed on the server, ends the sign-in, and lets nobody else write."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from exercises import drafts, journal
from exercises.models import Occurrence
from practice.ids import uuid7
from tests.exercises.given import give
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db
WORDS = "half a sentence"
PASSWORD = "willow by the water"


@pytest.fixture
def asked(couple, therapist, mara) -> Occurrence:
    return next(one for one in give(couple, therapist) if one.client_id == mara.pk)


def beacon(browser: Browser, asked: Occurrence, *, save: str = "", **more: str):
    draft = urlencode({"base_version": "0", "question": "good", "good": WORDS})
    return browser.post("/leave/", {"save": save or f"/do/{asked.pk}/save/", "draft": [draft], **more})


def typed(asked: Occurrence, who) -> str:
    with acting_as(who):
        return str(drafts.kept(asked, who).raw.get("good"))


def test_b20_what_was_typed_is_kept_and_the_sign_in_is_over(asked, mara):
    browser = signed_in(mara)
    answer = beacon(browser, asked)
    assert answer.status_code == 204
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert WORDS in typed(asked, mara)
    assert browser.get("/today/").status_code == 302


def test_b20_another_site_writes_nothing_and_they_leave_all_the_same(asked, mara):
    browser = signed_in(mara, enforce_csrf_checks=True)
    assert beacon(browser, asked).status_code == 204
    assert WORDS not in typed(asked, mara)
    assert browser.get("/today/").status_code == 302


def test_b20_nothing_else_can_be_posted_on_the_way_out(asked, mara, theo):
    browser = signed_in(mara)
    assert beacon(browser, asked, save=f"/do/{asked.pk}/send/").status_code == 204
    assert beacon(signed_in(theo), asked).status_code == 204
    assert beacon(signed_in(mara), asked, save="/no/such/page/").status_code == 204
    assert WORDS not in typed(asked, mara)


def test_b20_a_page_of_the_journal_is_saved_on_the_way_out(mara):
    browser = signed_in(mara)
    key = uuid7()
    draft = urlencode({"key": key, "base_version": "0", "text": WORDS})
    assert browser.post("/leave/", {"save": "/space/new/", "draft": [draft]}).status_code == 204
    with acting_as(mara):
        assert journal.of(mara).get(pk=key).text == WORDS
    assert "Saved" not in browser.get("/account/login/").content.decode()


def test_b20_any_other_form_waits_for_its_author_alone(mara, theo):
    form = {"path": "/talk/new/", "form": urlencode({"text": WORDS, "password": "not this"})}
    browser = signed_in(mara)
    assert browser.post("/leave/", form).status_code == 204
    assert browser.get("/account/kept/").status_code == 302
    assert WORDS not in browser.get("/account/login/").content.decode()
    page = sign_in_by_hand(browser, mara)
    assert page.redirect_chain[-1][0] == "/account/kept/"
    assert WORDS in page.content.decode()
    assert "not this" not in page.content.decode()

    other = signed_in(mara)
    other.post("/leave/", form)
    assert WORDS not in sign_in_by_hand(other, theo).content.decode()
    assert other.get("/account/kept/").status_code == 302

    forged = signed_in(mara, enforce_csrf_checks=True)
    forged.post("/leave/", form)
    forged.handler.enforce_csrf_checks = False
    assert WORDS not in sign_in_by_hand(forged, mara).content.decode()


def sign_in_by_hand(browser: Browser, who):
    who.user.set_password(PASSWORD)
    who.user.save()
    return browser.post("/account/login/", {"login": who.user.email, "password": PASSWORD}, follow=True)


def test_b20_without_script_a_plain_link_leaves_no_trace_of_where_one_was(mara):
    browser = signed_in(mara)
    answer = browser.get("/leave/")
    assert answer.status_code == 302
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Location"].startswith("https://")
    assert browser.get("/today/").status_code == 302
