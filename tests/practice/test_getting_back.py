"""Getting an account back, changing its address, and what strangers learn from either."""

from __future__ import annotations

import datetime
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from practice.models import User
from tests.factories import PASSWORD, make_user, signed_in, user_of
from tests.pages import plain

pytestmark = pytest.mark.django_db

NEW = "another long line of words"
LATER = "and yet another one of those"


def link_for(email: str, **headers: str) -> str:
    """Ask for a new password; return where the letter leads."""
    Browser().post("/account/password/reset/", {"email": email}, **headers)
    return re.search(r"https?://\S+", mail.outbox[-1].body).group()


def path_of(link: str) -> str:
    return re.sub(r"^https?://[^/]+", "", link)


def choose(link: str, password: str = NEW, browser: Browser | None = None) -> Browser:
    browser = browser or Browser()
    page = browser.get(path_of(link), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
    return browser


def has(who, password: str) -> bool:
    return User.objects.get(pk=who.user_id).check_password(password)


# ── a new password through the mailbox ──


def test_b39_a_link_works_once(mara):
    link = link_for(user_of(mara).email)
    choose(link)
    choose(link, LATER)
    assert has(mara, NEW)


def test_b39_the_second_of_two_links_dies_with_the_first(mara):
    first, second = link_for(user_of(mara).email), link_for(user_of(mara).email)
    choose(first)
    choose(second, LATER)
    assert has(mara, NEW)


def test_b39_a_link_dies_when_its_owner_signs_in_after_all(mara):
    link = link_for(user_of(mara).email)
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=2)):
        Browser().post("/account/login/", {"login": user_of(mara).email, "password": PASSWORD})
    choose(link)
    assert has(mara, PASSWORD)


def test_b39_a_link_dies_with_the_address_it_went_to(mara):
    user = user_of(mara)
    link = link_for(user.email)
    User.objects.filter(pk=user.pk).update(email="elsewhere@example.org")
    EmailAddress.objects.filter(user=user).update(email="elsewhere@example.org")
    choose(link)
    assert has(mara, PASSWORD)


def test_b39_a_link_is_good_for_an_hour(mara):
    now = timezone.now()
    link = link_for(user_of(mara).email)
    with time_machine.travel(now + datetime.timedelta(minutes=61)):
        choose(link)
    assert has(mara, PASSWORD)
    with time_machine.travel(now + datetime.timedelta(minutes=50)):
        choose(link)
    assert has(mara, NEW)


def test_b39_it_signs_nobody_in_and_the_second_step_is_asked_for_still(mara):
    totp.TOTP.activate(user_of(mara), totp.generate_totp_secret())
    browser = choose(link_for(user_of(mara).email))
    assert "_auth_user_id" not in browser.session
    answer = browser.post("/account/login/", {"login": user_of(mara).email, "password": NEW})
    assert answer.url == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("headers", [{"HTTP_HOST": "evil.example"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}])
def test_b39_a_hostile_host_stands_in_no_letter(mara, headers, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert link_for(user_of(mara).email, **headers).startswith(f"{settings.ATTUNE_URL}/")


# ── another address ──


@pytest.fixture
def fresh(mara):
    browser = signed_in(mara)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    return browser


def change_to(browser: Browser, address: str):
    return browser.post("/account/email/", {"email": address, "action_add": ""})


def test_b42_another_address_asks_for_a_fresh_sign_in(mara):
    assert "reauthenticate" in change_to(signed_in(mara), "new@example.org").url
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize(
    "spelling", ["THEO@example.org", "\uff34heo@example.org", "theo\u200b@example.org", " theo@example.org "]
)
def test_b24_b42_another_spelling_of_the_partners_address_is_the_partners(mara, theo, fresh, spelling):
    User.objects.filter(pk=theo.user_id).update(email="theo@example.org")
    EmailAddress.objects.filter(user=theo.user_id).update(email="theo@example.org")
    change_to(fresh, spelling)
    code = re.findall(r"\b\d{6}\b", "".join(one.body for one in mail.outbox))
    for one in code:
        fresh.post("/account/confirm-email/", {"code": one})
    assert user_of(mara).email != "theo@example.org"
    assert EmailAddress.objects.filter(email__iexact="theo@example.org", verified=True).count() == 1


def test_b42_an_address_that_was_not_proved_signs_nobody_in(mara, fresh):
    before = user_of(mara).email
    change_to(fresh, "new@example.org")
    answer = Browser().post("/account/login/", {"login": "new@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    assert user_of(mara).email == before


# ── what strangers learn ──


def seen(page) -> tuple[int, str, bytes, set[str]]:
    return page.status_code, page.get("Location", ""), plain(page.content), set(page.headers)


@pytest.mark.parametrize("path", ["/account/login/", "/account/login/code/", "/account/password/reset/"])
def test_b33_known_unknown_inactive_and_partners_addresses_get_the_same_answer(mara, theo, path):
    gone = make_user("gone@example.org")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    answers = []
    for email in (user_of(mara).email, user_of(theo).email, gone.email, "nobody@example.org"):
        fields = {"login": email, "password": "quite the wrong words", "email": email}
        page = Browser().post(path, fields)
        answers.append((seen(page)[0], seen(page)[1], seen(page)[2].replace(email.encode(), b""), seen(page)[3]))
    assert all(one == answers[0] for one in answers)


def test_b33_letters_go_to_known_addresses_alone_and_name_nobody(mara):
    """Nobody can have Attune write to a mailbox of their choice: not a line goes to whoever is unknown."""
    for path in ("/account/password/reset/", "/account/login/code/"):
        Browser().post(path, {"email": "nobody@example.org"})
        assert mail.outbox == [], path
        Browser().post(path, {"email": user_of(mara).email})
        assert [one.to for one in mail.outbox] == [[user_of(mara).email]], path
        mail.outbox.clear()
