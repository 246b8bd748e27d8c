"""Leaving a couple: at once, by one alone, and looking the same to everybody else."""

from __future__ import annotations

import pytest

from clients.models import Couple, Parting
from tests.factories import PASSWORD, inside, signed_in

pytestmark = pytest.mark.django_db
END = "/you/care/end/"


def freshly(browser):
    """Sign in once more, as the page asks for it."""
    answer = browser.post("/account/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302
    return browser


def again(couple: Couple) -> Couple:
    return Couple.objects.with_partners().get(pk=couple.pk)


def test_b43_stopping_asks_for_a_fresh_sign_in_and_no_post_goes_around_it(practice, couple, mara):
    browser = signed_in(mara)
    for answer in (browser.get(END), browser.post(END, {"sure": "on"})):
        assert answer.url.startswith("/account/reauthenticate/")
    with inside(practice):
        assert again(couple).status == "active"


def test_b27_one_partner_ends_it_alone_and_at_once(practice, couple, mara, theo):
    browser = freshly(signed_in(mara))
    assert browser.get(END).status_code == 200
    assert browser.post(END, {}).status_code == 422
    with inside(practice):
        assert again(couple).status == "active"
    assert browser.post(END, {"sure": "on"}).url == "/you/care/"
    with inside(practice):
        assert again(couple).status == "separated"
        assert [(one.client_id, one.decided_by_id) for one in Parting.objects.all()] == [(mara.pk, None)]
    assert browser.get(END).url == "/you/care/"
    for who in (mara, theo):
        assert b"Your own space" in signed_in(who).get("/today/").content
