"""Passwords: what makes a good one, and how they are kept."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from hypothesis import example, given
from hypothesis import strategies as st

from practice import passwords
from practice.models import User
from tests.factories import make_user
from tests.properties import thorough

OURS = ["practice.passwords.Argon2"]
LONG = "a line of words that go on and on, " * 3


def refusals(password: str, email: str = "mara.linden@example.org") -> set[str]:
    try:
        validate_password(password, User(email=email))
    except ValidationError as found:
        return {one.code or "" for one in found.error_list}
    return set()


@pytest.mark.parametrize("password", ["x" * 14, "four words are", "Tr0ub4dor&3", "\U0001f49b" * 14])
def test_b31_fewer_than_fifteen_signs_are_too_few_with_a_second_step_as_well(password):
    """Always fifteen: a second step may be taken away again, and the password stays."""
    assert "password_too_short" in refusals(password)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "PasswordPassword1", "attuneattuneattune", "aaaaaaaaaaaaaaaaaaaa", "abababababababababab",
        "qwertyuiopasdfghjkl", "123456789012345678", "0987654321098765", "abcdefghijklmnopqrst", "Attune-therapy-1234",
        "mara.linden@example.org", "Mara Linden example", "linden-password-mara",
    ],
)  # fmt: skip
def test_b31_what_anybody_would_guess_is_refused_however_long(password):
    assert refusals(password)


@pytest.mark.parametrize(
    "password",
    [
        "four everyday words here", "correct horse battery staple", "x" * 7 + " kettle 92", "ünïcödé wörds für alle",
        "  leading and trailing  ", "a" * 64 + " and more", LONG * 9 + "a thousand", "Мой дядя самых честных",
        "\U0001f49b tea in the garden",
        "attune the old piano again",
    ],
)  # fmt: skip
def test_b31_long_lines_of_any_letters_and_spaces_are_taken(password):
    assert refusals(password) == set()


@pytest.mark.parametrize("length", [64, 100, 1000])
def test_b31_all_of_a_long_password_counts_to_the_last_sign(length, settings):
    settings.PASSWORD_HASHERS = OURS
    password = (LONG * 12)[: length - 1]
    kept = hashers.make_password(f"{password}a")
    assert hashers.check_password(f"{password}a", kept)
    assert not hashers.check_password(f"{password}b", kept)


@thorough
@given(password=st.text(min_size=1, max_size=300), other=st.text(min_size=1, max_size=300))
@example("ﬁve words with a ligature", "five words with a ligature")
@example("e\u0301te", "\u00e9te")
def test_b31_passwords_are_compared_exactly_as_they_were_typed(password, other):
    """No sign is folded, cut or trimmed: what differs by one of them is another password."""
    hasher = hashers.MD5PasswordHasher()
    kept = hasher.encode(password.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "salt")
    same = password.encode("utf-8", "surrogatepass") == other.encode("utf-8", "surrogatepass")
    assert hasher.verify(other.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), kept) == same


@pytest.mark.parametrize("page", ["/account/login/", "/sign-up/"])
def test_b31_fields_for_passwords_may_be_pasted_into_and_are_known_to_managers(page, db):
    html = Browser().get(page).content.decode()
    field = html[html.index('type="password"') - 300 : html.index('type="password"') + 300]
    assert "onpaste" not in html
    assert 'autocomplete="off"' not in field
    assert "autocomplete=" in field


# ── how they are kept ──


def test_b32_new_ones_are_kept_as_argon2id_at_our_cost_within_a_second(settings):
    settings.PASSWORD_HASHERS = OURS
    begun = time.process_time()
    kept = hashers.make_password("four everyday words here")
    assert time.process_time() - begun < 1
    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


class Cheaper(passwords.Argon2):
    memory_cost = 1024


@pytest.mark.django_db
def test_b32_one_kept_at_an_older_cost_is_kept_anew_when_its_owner_signs_in(settings):
    settings.PASSWORD_HASHERS = OURS
    user = make_user()
    user.password = Cheaper().encode("four everyday words here", "a salt of enough signs")
    user.save()
    Browser().post("/account/login/", {"login": user.email, "password": "four everyday words here"})
    user.refresh_from_db()
    assert ",t=2,p=1$" in user.password
    assert "m=19456" in user.password


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_b32_b33_an_unknown_address_costs_one_hash_as_a_known_one_does(settings, monkeypatch, known):
    settings.PASSWORD_HASHERS = OURS
    email = make_user().email if known else "nobody@example.org"
    hashed = []
    for name in ("encode", "verify"):
        was = getattr(passwords.Argon2, name)
        monkeypatch.setattr(passwords.Argon2, name, lambda *words, was=was: hashed.append(1) or was(*words))
    assert Browser().post("/account/login/", {"login": email, "password": "quite the wrong words"}).status_code == 200
    assert len(hashed) == 1
