"""A sign-in at which nobody does anything, on a real screen."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD, user_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _as_in_life(settings):
    settings.SIGN_IN_RESTS = datetime.timedelta(minutes=15)


def test_b57_it_says_so_before_it_ends_and_what_was_typed_waits_for_its_author(mara, screen_of, axe, fits):
    page = screen_of(mara)
    page.clock.install()
    page.goto("/you/")
    notice = page.get_by_role("button", name="Stay signed in")
    page.clock.fast_forward("12:00")
    expect(notice).to_be_hidden()
    page.clock.fast_forward("01:10")
    expect(notice).to_be_visible()
    axe(page)
    fits(page)
    notice.click()
    expect(notice).to_be_hidden()
    page.clock.fast_forward("12:00")
    page.get_by_label("What should we call you?").fill("Mara of the hills")  # whoever types is there
    page.clock.fast_forward("12:00")
    expect(notice).to_be_hidden()
    page.clock.fast_forward("03:10")
    page.wait_for_url("**/account/login/**")
    page.get_by_label("E-mail address").fill(user_of(mara).email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account/kept/")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Send it now").click()
    page.wait_for_url("**/you/")
    expect(page.get_by_label("What should we call you?")).to_have_value("Mara of the hills")


def test_b59_another_tab_shows_nothing_any_more_on_its_next_act(mara, screen_of):
    page = screen_of(mara)
    page.goto("/you/")
    other = page.context.new_page()
    other.goto("/today/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/")
    other.goto("/you/")
    assert "/account/login/" in other.url
