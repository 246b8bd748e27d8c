"""Signing a practice up: what comes into being, and what a stranger learns (nothing)."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client as Browser

from practice import limits, tenancy
from practice.models import Membership, Practice, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

NEW = {
    "owner": "Nia Bell",
    "email": "nia@example.org",
    "password": "a long line of words",
    "name": "Hill Street Practice",
    "country": "DE",
    "time_zone": "Europe/Berlin",
}


def sign_up(browser: Browser | None = None, **changes: str):
    return (browser or Browser()).post("/sign-up/", {**NEW, **changes})


def practice_of(email: str) -> tuple[Membership, Practice]:
    user = User.objects.get(email=email)
    tenancy.bind_user(user.pk)
    membership = Membership.objects.get(user=user)
    with tenancy.acting(tenancy.as_system(membership.practice_id)):
        return membership, Practice.objects.get()


def test_makes_a_practice_with_its_owner():
    sign_up()
    membership, practice = practice_of("nia@example.org")
    assert (membership.role, membership.name) == ("owner", "Nia Bell")
    assert (practice.name, practice.country, practice.time_zone) == (
        "Hill Street Practice",
        "DE",
        "Europe/Berlin",
    )
    assert re.fullmatch(r"hill-street-practice-[0-9a-f]{6}", practice.slug)


def test_two_practices_of_the_same_name_have_different_slugs():
    sign_up()
    sign_up(email="other@example.org")
    slugs = {practice_of(email)[1].slug for email in ("nia@example.org", "other@example.org")}
    assert len(slugs) == 2


def test_the_address_is_verified_by_a_code_before_anything_opens():
    browser = Browser()
    answer = sign_up(browser)
    assert answer.url == "/account/confirm-email/"
    assert browser.get("/desk/account/").status_code == 302
    [letter] = mail.outbox
    code = re.search(r"\b\d{6}\b", letter.body).group()
    assert browser.post("/account/confirm-email/", {"code": code}).url == "/"
    assert EmailAddress.objects.get(email="nia@example.org").verified
    assert browser.get("/desk/account/").status_code == 200


def test_a_wrong_code_opens_nothing():
    browser = Browser()
    sign_up(browser)
    answer = browser.post("/account/confirm-email/", {"code": "000000"})
    assert answer.status_code == 200
    assert not EmailAddress.objects.get(email="nia@example.org").verified


def test_b33_a_known_address_gets_the_same_answer_and_nothing_is_made():
    known = make_user("nia@example.org")
    before = known.password
    fresh, again = sign_up(email="fresh@example.org"), sign_up(email=" NIA@example.org ")
    assert (again.status_code, again.url) == (fresh.status_code, fresh.url)
    known.refresh_from_db()
    assert known.password == before
    tenancy.bind_user(known.pk)
    assert not Membership.objects.filter(user=known).exists()


def test_b33_after_sign_up_known_and_new_addresses_meet_the_same_page():
    make_user("nia@example.org")
    pages = []
    for email in ("nia@example.org", "newer@example.org"):
        browser = Browser()
        sign_up(browser, email=email)
        page = browser.get("/account/confirm-email/")
        text = re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page.content.decode())
        pages.append((page.status_code, text.replace(email, "…")))
    assert pages[0] == pages[1]


def test_a_code_that_was_never_sent_does_not_sign_in_to_a_known_address():
    make_user("nia@example.org")
    browser = Browser()
    sign_up(browser)
    [letter] = mail.outbox
    assert not re.search(r"\b\d{6}\b", letter.body)
    assert "_auth_user_id" not in browser.session


def test_letters_name_nobody_and_say_nothing_about_therapy():
    make_user("known@example.org")
    sign_up()
    sign_up(email="known@example.org")
    for letter in mail.outbox:
        text = f"{letter.subject} {letter.body}".lower()
        assert not any(word in text for word in ("nia", "hill street", "therap", "couple", "partner"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"),
        ("email", "nia@exa\x00mple.org"),
        ("email", "x" * 300 + "@example.org"),
        ("password", "short"),
        ("password", "aaaaaaaaaaaaaaa" * 100),
        ("password", "passwordpassword\x00"),
        ("owner", ""),
        ("owner", "\x00"),
        ("owner", "N" * 1_000_000),
        ("name", "   "),
        ("country", "XX"),
        ("country", "germany"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "posix/Europe/Berlin"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "europe/berlin"),
        ("time_zone", ""),
    ],
)
def test_bad_input_is_explained_beside_its_field_and_makes_nothing(field, value):
    answer = sign_up(**{field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not User.objects.exists()


def test_what_was_typed_is_kept_except_the_password():
    page = sign_up(country="").content.decode()
    assert "Nia Bell" in page
    assert "Hill Street Practice" in page
    assert NEW["password"] not in page


@pytest.mark.parametrize("name", ["Praxis für Paare 💛", "عيادة الأزواج", "<script>alert(1)</script>", "..//.."])
def test_any_letters_make_a_name(name):
    sign_up(name=name)
    _membership, practice = practice_of("nia@example.org")
    assert practice.name == name
    assert re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{6}", practice.slug)


def test_b42_addresses_are_one_however_they_are_spelled():
    sign_up(email="Ｎia@Example.ORG\u200b")
    assert User.objects.get().email == "nia@example.org"


def test_b98_too_many_sign_ups_from_one_place_are_slowed_down(monkeypatch):
    few = limits.PageLimit(limits.by_place, (limits.Rate(2, limits.HOUR),))
    monkeypatch.setitem(limits.PAGES, "sign_up", (few,))
    answers = [sign_up(email="not an address") for _number in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "A moment, please" in answers[-1].content.decode()
    assert 0 < int(answers[-1]["Retry-After"]) <= limits.HOUR // 2
