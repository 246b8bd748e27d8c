"""Passkeys: what a device must prove, each lie refused, and whose they are."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser

from practice.models import AccountEvent
from tests.factories import PASSWORD, signed_in, user_of
from tests.practice.passkeys import Device, add, asked_at_the_door, enter, handle_of, options_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _origins_are_looked_at(settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False


@pytest.fixture
def device(mara):
    """Mara's phone, with a passkey that stands for password and second step."""
    device = Device()
    assert add(signed_in(mara), device).status_code == 302
    assert Authenticator.objects.filter(user=mara.user_id, type="webauthn").exists()
    return device


def at_the_door(device: Device, browser: Browser | None = None) -> bool:
    browser = browser or Browser()
    return enter(browser, device.sign(asked_at_the_door(browser)))


def test_b37_a_passkey_that_asks_who_holds_it_is_password_and_second_step_in_one(mara, device, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    browser = Browser()
    assert at_the_door(device, browser)
    assert browser.session["_auth_user_id"] == str(mara.user_id)
    assert browser.get("/today/").status_code == 200
    assert browser.get("/account/closed/").status_code == 302  # nothing is closed to it


def test_b37_a_passkey_that_asks_nobody_is_not_enough_alone(device):
    device.asks_who = False
    assert not at_the_door(device)


def test_b37_nor_with_a_challenge_that_was_made_for_a_second_step(mara, theo, device):
    """Whoever found the key signs in as themselves, and takes that challenge to the door."""
    thief = Browser()
    add(signed_in(theo), Device())
    thief.post("/account/login/", {"login": user_of(theo).email, "password": PASSWORD})
    options = options_of(thief.get("/account/2fa/authenticate/"))
    device.asks_who = False
    assert not enter(thief, device.sign(options))


def test_b37_as_a_second_step_it_comes_after_the_password(mara, device):
    browser = Browser()
    browser.post("/account/login/", {"login": user_of(mara).email, "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    said = device.sign(options_of(browser.get("/account/2fa/authenticate/")))
    browser.post("/account/2fa/authenticate/", {"credential": said})
    assert browser.session["_auth_user_id"] == str(mara.user_id)


@pytest.mark.parametrize(
    ("what", "lie"),
    [
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        ("origin", "http://testserver"),
        ("origin", "https://testserver.evil.example"),
        ("id", b"another key of theirs, 32 bytes."),
    ],
)
def test_b37_what_was_signed_elsewhere_or_with_another_key_is_refused(device, what, lie):
    setattr(device, what, lie)
    assert not at_the_door(device)


def test_b37_a_challenge_counts_once_and_only_in_its_own_session(mara, device):
    browser = Browser()
    said = device.sign(asked_at_the_door(browser))
    assert not enter(Browser(), said)
    assert enter(browser, said)
    browser.post("/account/logout/")
    assert not enter(browser, said)
    asked_at_the_door(browser)
    assert not enter(browser, said)


def test_b37_another_users_passkey_opens_nothing_of_ones_own(mara, theo, device):
    theirs = Device()
    add(signed_in(theo), theirs)
    theirs.handle = handle_of(user_of(mara))
    assert not at_the_door(theirs)
    browser = Browser()
    browser.post("/account/login/", {"login": user_of(mara).email, "password": PASSWORD})
    said = theirs.sign(options_of(browser.get("/account/2fa/authenticate/")))
    browser.post("/account/2fa/authenticate/", {"credential": said})
    assert "_auth_user_id" not in browser.session


def test_b37_a_device_that_has_signed_less_often_than_before_is_a_copy(mara):
    device = Device(counts=7)
    add(signed_in(mara), device)
    for counts, enters in ((7, False), (8, True), (8, False), (3, False), (0, False), (20, True)):
        device.counts = counts
        assert at_the_door(device) == enters, counts


def test_b37_devices_that_do_not_count_are_let_in_again_and_again(device):
    assert [at_the_door(device) for _time in range(3)] == [True] * 3


def test_b37_a_changed_signature_is_refused(device):
    browser = Browser()
    said = json.loads(device.sign(asked_at_the_door(browser)))
    said["response"]["signature"] = said["response"]["signature"][:-6] + "AAAAAA"
    assert not enter(browser, json.dumps(said))


@pytest.mark.parametrize("said", ["{}", "[]", "null", "x", '{"id": 1}', '{"response": {"userHandle": "%%%"}}'])
def test_b37_what_is_no_answer_of_a_device_is_refused_calmly(said):
    browser = Browser()
    asked_at_the_door(browser)
    assert not enter(browser, said)


@pytest.mark.parametrize("said", ["{}", "[]", "null", "x", '{"id": "x"}', '{"response": {}}'])
def test_b37_nor_does_half_an_answer_make_a_passkey(mara, said):
    browser = signed_in(mara)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    browser.get("/account/2fa/webauthn/add/")
    assert browser.post("/account/2fa/webauthn/add/", {"name": "x", "credential": said}).status_code in (200, 422)
    assert not Authenticator.objects.filter(user=mara.user_id).exists()


def test_b24_a_passkey_belongs_to_one_of_the_two(mara, theo, device):
    """The one who comes second is told to make another, and not whose it is."""
    copy = Device(id=device.id, key=device.key)
    page = add(signed_in(theo), copy).content.decode()
    assert "Please make a new one" in page
    assert not any(word in page.lower() for word in ("mara", "partner", "somebody else"))
    assert not Authenticator.objects.filter(user=theo.user_id).exists()


def test_b60_a_new_passkey_ends_all_other_sign_ins_and_is_noted(mara):
    here, there = signed_in(mara), signed_in(mara)
    add(here, Device())
    assert (here.get("/today/").status_code, there.get("/today/").status_code) == (200, 302)
    assert AccountEvent.objects.filter(user=mara.user_id, what="factor_added").exists()
