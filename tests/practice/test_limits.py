"""The limiter: exact when two hundred come at once, blind to what can be forged, and open for the owner."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.test import RequestFactory

from exercises import drafts
from exercises.models import Response
from practice import limits
from practice.limits import FEW_FROM_ONE_PLACE, TRIES, Rate
from practice.models import Limit
from tests.exercises.given import give
from tests.exercises.test_answering import mine
from tests.factories import PASSWORD, acting_as, make_user, signed_in, user_of
from tests.properties import times

pytestmark = pytest.mark.django_db

FEW = Rate(5, 60)
MOST = TRIES[0].amount


def tries(number: int, whose: str = "somebody", rate: Rate = FEW) -> int:
    let_through = 0
    for _number in range(number):
        try:
            limits.take("test", whose, rate)
            let_through += 1
        except limits.TooMany:
            pass
    return let_through


def sign_in(email: str, password: str, browser: Browser | None = None, **headers: str) -> int:
    fields = {"login": email, "password": password}
    return (browser or Browser()).post("/account/login/", fields, **headers).status_code


def use_up(email: str) -> None:
    assert [sign_in(email, f"quite wrong number {n}") for n in range(MOST + 1)] == [*[200] * MOST, 429]


def test_so_many_at_once_and_then_one_after_the_other_as_time_goes_by():
    assert tries(9) == 5
    Limit.objects.update(full_until=Limit.objects.get().full_until - datetime.timedelta(seconds=25))
    assert tries(9) == 2


def test_it_says_when_one_more_is_let_through():
    tries(5)
    with pytest.raises(limits.TooMany) as reached:
        limits.take("test", "somebody", FEW)
    assert 10 < reached.value.wait <= 12


def test_everybody_and_every_act_has_a_limit_of_their_own():
    assert (tries(9), tries(9, "somebody else"), tries(9, rate=Rate(7, 60))) == (5, 5, 7)


def test_b34_keys_name_nobody():
    sign_in("mara.linden@example.org", "wrong")
    assert Limit.objects.count() > 2
    for key in Limit.objects.values_list("key", flat=True):
        assert len(key) == 64
        assert not set(key) - set("0123456789abcdef")


def test_what_time_has_caught_up_with_is_forgotten():
    tries(2)
    Limit.objects.update(full_until="2020-01-01T00:00Z")
    tries(1, "somebody else")
    assert (limits.forget_full(), Limit.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_b34_b98_two_hundred_at_once_get_what_one_after_the_other_would(settings):
    def one(_number: int) -> int:
        try:
            return tries(1, rate=Rate(7, 3600))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(200))) == 7


@pytest.mark.django_db(transaction=True)
def test_b34_b98_many_wrong_passwords_at_once_for_one_account(settings):
    email, many = make_user().email, times(40, 200)

    def one(number: int) -> int:
        try:
            return sign_in(email, f"quite wrong number {number}", REMOTE_ADDR=f"192.0.2.{number + 1}")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(many)))
    assert sorted(answers) == [*[200] * MOST, *[429] * (many - MOST)]


def test_b34_the_right_password_does_not_get_past_it(mara):
    use_up(user_of(mara).email)
    assert sign_in(user_of(mara).email, PASSWORD) == 429


def test_b34_many_places_and_forged_headers_change_nothing(mara):
    email = user_of(mara).email
    answers = [
        sign_in(email, f"wrong {n}", REMOTE_ADDR=f"198.51.100.{n}", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}")
        for n in range(1, 9)
    ]
    assert answers.count(200) == MOST


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{}\u200b", "\uff2d{}"])
def test_b34_another_spelling_of_the_address_is_the_same_account(mara, spelling):
    user = user_of(mara)
    user.email = "mia@example.org"
    user.save()
    use_up("mia@example.org")
    other = spelling.format("IA@example.org" if spelling.startswith("\uff2d") else "MIA@example.org")
    assert sign_in(other, PASSWORD) == 429


def test_b34_one_network_of_the_new_kind_is_one_place():
    def seen(address: str) -> str:
        return limits.by_place(RequestFactory().post("/", REMOTE_ADDR=address))

    assert seen("2001:db8:1:2::7") == seen("2001:db8:1:2:ffff::1") != seen("2001:db8:1:3::7")


def test_b34_b101_an_emptied_cache_changes_nothing(mara):
    email = user_of(mara).email
    answers = []
    for number in range(MOST + 3):
        cache.clear()
        answers.append(sign_in(email, f"wrong {number}"))
    assert answers.count(200) == MOST


def test_b101_signing_in_needs_no_cache(mara, settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    browser = Browser()
    assert sign_in(user_of(mara).email, PASSWORD, browser) == 302
    assert browser.get("/today/").status_code == 200


def test_b101_a_check_in_is_taken_without_a_cache(couple, mara, therapist, settings):
    occurrence = give(couple, therapist, "shared")[0]
    browser = signed_in(mara)
    with acting_as(mara):
        drafts.save_draft(mine(occurrence), author=mara, raw={"good": ["Tea"]}, base_version=0)
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert browser.post(f"/do/{occurrence.pk}/send/").status_code == 302
    with acting_as(mara):
        assert Response.objects.filter(occurrence=occurrence).exists()


def test_b101_where_the_limits_do_not_answer_nobody_is_let_in(mara, monkeypatch):
    def broken(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(limits, "take_each", broken)
    browser = Browser(raise_request_exception=False)
    assert sign_in(user_of(mara).email, PASSWORD, browser) == 500
    assert "_auth_user_id" not in browser.session


def test_b33_b34_an_unknown_address_is_limited_alike(mara):
    known, unknown = user_of(mara).email, "nobody@example.org"
    answers = {email: [sign_in(email, f"wrong {n}") for n in range(MOST + 2)] for email in (known, unknown)}
    assert answers[known] == answers[unknown]


def test_b33_letters_to_one_address_are_few_whoever_it_is(mara):
    for path in ("/account/login/code/", "/account/password/reset/"):
        for email in (user_of(mara).email, "nobody@example.org"):
            answers = [Browser().post(path, {"email": email}).status_code for _number in range(7)]
            assert answers == [302] * 5 + [429] * 2


def test_b100_a_browser_that_its_owner_used_before_still_lets_them_in(mara):
    email, own = user_of(mara).email, Browser()
    assert sign_in(email, PASSWORD, own) == 302
    own.post("/account/logout/")
    use_up(email)
    assert sign_in(email, PASSWORD) == 429
    assert sign_in(email, PASSWORD, own) == 302


@pytest.mark.parametrize("path", ["/account/login/code/", "/account/password/reset/"])
def test_b100_whoever_uses_up_the_letters_of_an_address_leaves_its_owner_theirs(mara, path):
    email, own = user_of(mara).email, Browser()
    assert sign_in(email, PASSWORD, own) == 302
    own.post("/account/logout/")
    answers = [Browser().post(path, {"email": email}).status_code for _number in range(6)]
    assert answers == [302] * 5 + [429]
    assert [own.post(path, {"email": email}).status_code for _number in range(6)] == answers


def test_b100_a_passkey_asks_nobody_for_the_account(mara):
    use_up(user_of(mara).email)
    browser = Browser(headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"})
    assert "challenge" in browser.get("/account/2fa/webauthn/login/").content.decode()
    assert browser.post("/account/2fa/webauthn/login/", {"credential": "{}"}).status_code != 429


def test_b100_a_known_browser_has_few_tries_too_and_none_for_others(mara, theo):
    own = Browser()
    sign_in(user_of(mara).email, PASSWORD, own)
    own.post("/account/logout/")
    answers = [sign_in(user_of(mara).email, f"wrong {n}", own) for n in range(MOST + 2)]
    assert answers.count(200) == MOST
    use_up(user_of(theo).email)
    assert sign_in(user_of(theo).email, PASSWORD, own) == 429


@pytest.mark.parametrize("forged", ["", "x", "." * 200, "a" * 24 + "." + "b" * 32, "é" * 24 + "." + "é" * 32])
def test_b100_a_forged_cookie_has_no_tries_of_its_own(mara, forged):
    email = user_of(mara).email
    use_up(email)
    other = Browser()
    other.cookies["known"] = forged
    assert sign_in(email, PASSWORD, other) == 429


def test_somebody_who_gets_in_begins_anew(mara):
    email = user_of(mara).email
    for _round in range(3):
        assert [sign_in(email, "wrong") for _n in range(MOST - 1)] == [200] * (MOST - 1)
        assert sign_in(email, PASSWORD) == 302


#: What costs something, or tells something: each has a limit. Readings of the path stay free.
COSTLY = {
    "account_login", "mfa_authenticate", "mfa_reauthenticate", "account_reauthenticate", "account_confirm_login_code",
    "account_reset_password", "account_request_login_code", "account_email", "sign_up", "join", "join_team",
    "portal_number", "portal_proof", "portal_reach_try", "staff_invite", "invitation_send", "delivery_try",
    "webhooks", "webhook_test", "webhook_renew",
    "report_new", "report_download", "report_preview", "caseload_new", "caseload_files", "portal_document",
    "library", "do_file", "portal_space_file", "do_send", "letterhead_logo", "mail_hook", "texts_came", "pass",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(COSTLY))
def test_b98_what_is_costly_has_a_limit(name):
    assert all(rate.amount > 0 and rate.seconds >= limits.MINUTE for one in limits.PAGES[name] for rate in one.rates)


def test_b98_every_limit_belongs_to_an_address():
    from tests.doors import patterns

    assert set(limits.PAGES) <= {name for name, _arguments in patterns()}


def test_b98_it_says_how_long_to_wait(mara):
    use_up(user_of(mara).email)
    answer = Browser().post("/account/login/", {"login": user_of(mara).email, "password": "x"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= TRIES[0].seconds
    assert FEW_FROM_ONE_PLACE[0].amount > MOST
