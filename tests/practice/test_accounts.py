"""Signing in: the pages, the second factor, and what strangers learn."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Contact
from practice.models import User
from tests.factories import PASSWORD, inside, make_member, make_user, signed_in, user_of

pytestmark = pytest.mark.django_db

PLAIN_PAGES = [
    "account_login",
    "account_request_login_code",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
    "sign_up",
    "portal_help",
    "portal_limits",
]
OWN_PAGES = ["account_logout", "account_email", "mfa_index", "account_change_password"]
FRESH_PAGES = ["mfa_activate_totp", "mfa_add_webauthn"]


def sign_in(email: str, password: str = PASSWORD, browser: Browser | None = None, **more: str):
    return (browser or Browser()).post("/account/login/", {"login": email, "password": password, **more})


@pytest.fixture
def fresh(mara):
    """Mara, who has just shown once more that it is she."""
    browser = signed_in(mara)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    return browser


def in_our_clothes(page) -> None:
    html = page.content.decode()
    assert page.status_code == 200
    assert 'class="portal plain' in html
    assert "data-leave" in html
    assert 'style="' not in html
    for script in re.findall(r"<script(?![^>]*type=\"application/json\")[^>]*>", html):
        assert "nonce=" in script, script


@pytest.mark.parametrize("name", PLAIN_PAGES)
def test_pages_before_signing_in_wear_our_design(name):
    in_our_clothes(Browser().get(reverse(name)))


@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_of_ones_own_account_wear_our_design(name, mara):
    in_our_clothes(signed_in(mara).get(reverse(name)))


@pytest.mark.parametrize("name", FRESH_PAGES)
def test_b43_changing_how_one_signs_in_asks_once_more_who_it_is(name, mara, fresh):
    assert "/account/reauthenticate/" in signed_in(mara).get(reverse(name)).url
    in_our_clothes(fresh.get(reverse(name)))


def test_signing_in_with_a_password(mara):
    browser = Browser()
    assert sign_in(user_of(mara).email, browser=browser).url == "/"
    assert browser.get("/you/").status_code == 200


def test_b58_nothing_keeps_one_signed_in_for_longer(mara):
    browser = Browser()
    sign_in(user_of(mara).email, browser=browser, remember="on")
    assert browser.session.get_expire_at_browser_close()
    assert browser.session.get_expiry_age() == 12 * 3600


def test_b33_unknown_addresses_and_wrong_passwords_get_the_same_answer(mara):
    texts = []
    for email in (user_of(mara).email, "nobody@example.org"):
        page = sign_in(email, "something quite wrong")
        text = page.content.decode().replace(email, "…")
        texts.append((page.status_code, re.sub(r'nonce="[^"]*"|value="[^"]*"', "", text)))
    assert texts[0] == texts[1]


def test_b33_a_code_signs_in_and_unknown_addresses_see_the_same_page(mara):
    pages = []
    for email in (user_of(mara).email, "nobody@example.org"):
        browser = Browser()
        asked = browser.post("/account/login/code/", {"email": email})
        page = browser.get(asked.url)
        text = page.content.decode().replace(email, "…")
        pages.append((asked.url, page.status_code, re.sub(r'nonce="[^"]*"|value="[^"]*"', "", text)))
        if email != "nobody@example.org":
            [letter] = mail.outbox
            code = re.search(r"\b\d{6}\b", letter.body).group()
            assert browser.post(asked.url, {"code": code}).url == "/"
            assert browser.get("/you/").status_code == 200
    assert pages[0] == pages[1]


def test_b39_a_link_for_a_new_password_works_once_and_does_not_sign_in(mara):
    Browser().post("/account/password/reset/", {"email": user_of(mara).email})
    [letter] = mail.outbox
    path = re.search(r"https?://[^/]+(/\S+)", letter.body).group(1)
    browser = Browser()
    form = browser.get(path, follow=True)
    in_our_clothes(form)
    new = {"password1": "another long line of words", "password2": "another long line of words"}
    done = browser.post(form.request["PATH_INFO"], new)
    assert done.url == "/account/password/reset/key/done/"
    assert browser.get("/you/").status_code == 302
    assert "no longer works" in Browser().get(path, follow=True).content.decode()
    assert sign_in(user_of(mara).email, "another long line of words").url == "/"


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("x" * 14, False),
        ("four words are", False),
        ("x" * 7 + " 8 words", True),
        ("ünïcödé wörds 💛 all of them", True),
        ("a" * 500 + " long one", True),
        ("  leading and trailing  ", True),
    ],
)
def test_b31_passwords_are_judged_by_length_and_taken_as_typed(password, fits, mara, fresh):
    sent = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    fresh.post("/account/password/change/", sent)
    user = User.objects.get(pk=mara.user_id)
    assert user.check_password(password if fits else PASSWORD)


def test_b42_changing_the_address_keeps_the_old_one_until_the_new_is_proved(mara, fresh, practice):
    old = user_of(mara).email
    fresh.post("/account/email/", {"email": "mara.new@example.org", "action_add": ""})
    assert user_of(mara).email == old
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()
    fresh.post("/account/confirm-email/", {"code": code})
    assert user_of(mara).email == "mara.new@example.org"
    with inside(practice):
        assert Contact.objects.get(client=mara).email == "mara.new@example.org"
    assert mail.outbox[-1].to == [old]
    assert "mara" not in mail.outbox[-1].body.lower()


def test_b24_b42_another_persons_address_cannot_be_taken_and_is_not_betrayed(mara, theo, fresh):
    before = user_of(mara).email
    answer = fresh.post("/account/email/", {"email": user_of(theo).email.upper(), "action_add": ""})
    other = fresh.post("/account/email/", {"email": "free@example.org", "action_add": ""})
    assert (answer.status_code, getattr(answer, "url", "")) == (other.status_code, getattr(other, "url", ""))
    assert user_of(mara).email == before
    assert EmailAddress.objects.filter(email=user_of(theo).email, user=mara.user_id).count() == 0


@pytest.fixture
def strict(settings):
    settings.STAFF_NEED_SECOND_FACTOR = True


def test_b38_staff_without_a_second_factor_find_only_the_page_to_set_one_up(strict, owner, coordinator):
    for member in (owner, coordinator):
        browser = signed_in(member)
        for path in ("/desk/practice/", "/desk/account/", "/desk/couples/new/", "/desk/"):
            assert browser.get(path).url == "/account/2fa/?needed=1"
            assert browser.post(path, {}).url == "/account/2fa/?needed=1"
        assert "One more step" in browser.get("/account/2fa/?needed=1").content.decode()


def test_with_an_app_set_up_the_desk_opens_and_signing_in_asks_for_its_code(strict, practice):
    member = make_member(practice, "owner", "Nia Bell")
    browser = signed_in(member)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    page = browser.get("/account/2fa/totp/activate/")
    secret = page.context["form"].secret
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    code = totp.format_hotp_value(totp.hotp_value(secret, counter))
    assert browser.post("/account/2fa/totp/activate/", {"code": code}).status_code == 302
    assert browser.get("/desk/practice/").status_code == 200
    assert secret not in Authenticator.objects.get(type="totp").data["secret"]
    again = Browser()
    assert sign_in(user_of(member).email, browser=again).url == "/account/2fa/authenticate/"
    in_our_clothes(again.get("/account/2fa/authenticate/"))
    assert again.get("/desk/practice/").status_code == 302
    in_our_clothes(browser.get("/account/2fa/recovery-codes/"))
    in_our_clothes(browser.get("/account/2fa/recovery-codes/generate/"))
    in_our_clothes(browser.get("/account/2fa/totp/deactivate/"))


def test_clients_may_do_without_a_second_factor(strict, mara):
    assert signed_in(mara).get("/you/").status_code == 200


def test_b46_ended_members_find_nothing_from_their_next_request_on(practice, therapist, owner):
    browser = signed_in(therapist)
    assert browser.get("/desk/account/").status_code == 200
    signed_in(owner).post(f"/desk/practice/team/{therapist.pk}/end/", {"to": owner.pk})
    assert browser.get("/desk/account/").status_code == 404


def test_every_letter_about_an_account_is_neutral(mara):
    make_user("other@example.org")
    Browser().post("/account/password/reset/", {"email": user_of(mara).email})
    Browser().post("/account/login/code/", {"email": user_of(mara).email})
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        text = f"{letter.subject} {letter.body} {letter.from_email}".lower()
        assert not any(word in text for word in ("mara", "linden", "therap", "couple", "practice"))


@pytest.mark.parametrize("bad", ["\x00", "x" * 1_000_000, "a@b\r\nBcc: c@example.org", "💛", "‮a@b.example"])
def test_odd_input_at_the_door_is_never_a_server_error(bad):
    for path, fields in {
        "/account/login/": ("login", "password"),
        "/account/login/code/": ("email",),
        "/account/password/reset/": ("email",),
        "/account/login/code/confirm/": ("code",),
        "/account/2fa/login/": ("credential",),
    }.items():
        assert Browser().post(path, dict.fromkeys(fields, bad)).status_code < 500
