"""Who comes along with a session, and when that does not count."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from practice import clock
from practice.models import Membership, SignIn
from practice.sessions import SessionStore
from tests.factories import PASSWORD, inside, signed_in, user_of

pytestmark = pytest.mark.django_db


def is_let_in(browser: Browser, path: str = "/desk/") -> bool:
    return browser.get(path).status_code == 200


def asked(browser: Browser, path: str = "/desk/") -> str:
    with CaptureQueriesContext(connection) as sent:
        assert is_let_in(browser, path)
    return sent[0]["sql"]


def bound_user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.user', true)")
        return cursor.fetchone()[0]


def session_of(browser: Browser) -> SessionStore:
    return SessionStore(browser.session.session_key)


def test_user_and_what_they_are_come_in_one_trip(therapist):
    first = asked(signed_in(therapist))
    for table in ("django_session", "practice_user", "practice_membership", "clients_client"):
        assert f'FROM "{table}"' in first


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nobody_stays_bound(therapist):
    session = session_of(signed_in(therapist))
    assert session[SESSION_KEY] == str(therapist.user_id)
    assert session.along is not None
    assert [one.membership for one in session.along.identities] == [therapist]
    assert not bound_user()


def test_a_sign_in_that_is_not_listed_goes_on(therapist):
    browser = signed_in(therapist)
    SignIn.objects.all().delete()
    assert is_let_in(browser)


def test_the_session_says_whose_it_is_whatever_the_list_says(therapist, mara):
    browser = signed_in(mara)
    SignIn.objects.update(user=user_of(therapist))
    assert is_let_in(browser, "/you/help/")
    assert not is_let_in(browser, "/desk/")


def test_a_closed_account_is_nobody(therapist):
    browser = signed_in(therapist)
    user = user_of(therapist)
    user.is_active = False
    user.save()
    assert browser.get("/desk/").url.startswith("/account/login/")


def test_another_password_ends_it(therapist):
    browser = signed_in(therapist)
    user = user_of(therapist)
    user.set_password(PASSWORD + " and more")
    user.save()
    assert browser.get("/desk/").url.startswith("/account/login/")
    assert SESSION_KEY not in browser.session


def test_a_key_that_was_changed_proves_it_still(therapist, settings):
    browser = signed_in(therapist)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of this machine " + "y" * 40
    assert is_let_in(browser)


def test_a_session_that_has_run_out_is_nobodys(therapist):
    session = session_of(signed_in(therapist))
    session.set_expiry(-1)
    session.save()
    assert SESSION_KEY not in SessionStore(session.session_key)


def test_whoever_left_since_finds_nothing(therapist):
    browser = signed_in(therapist)
    assert is_let_in(browser)
    with inside(therapist.practice):
        Membership.objects.filter(pk=therapist.pk).update(ended_at=clock.now())
    assert browser.get("/desk/").status_code == 404
