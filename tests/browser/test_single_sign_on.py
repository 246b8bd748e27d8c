"""Single sign-on in a browser: set up, tried, switched on, and gone through; every page by day and by night."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from practice import single_sign_on
from practice.local import openid_provider
from practice.local.openid_provider import CLIENT, SECRET
from tests.browser.conftest import DESK, PHONE
from tests.factories import inside, make_member
from tests.practice.test_single_sign_on import linked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def provider():
    one = openid_provider.Provider()
    server = openid_provider.serve(one)
    yield one
    server.shutdown()
    server.server_close()


def test_it_is_set_up_tried_and_gone_through(
    page,
    new_context,
    sign_in,
    axe_day_and_night,
    fits,
    practice,
    therapist,
    provider,
    live_server,
    monkeypatch,
    settings,
):
    settings.ATTUNE_URL = live_server.url
    new_context.leads_to.append(f"{provider.issuer}/authorize?")
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: True)

    def look(name: str, at=page) -> None:
        for size in (PHONE, DESK):
            at.set_viewport_size(size)
            axe_day_and_night(at)
            fits(at)
            if shots := os.environ.get("SHOTS"):
                for colours in ("dark", "light"):
                    at.emulate_media(color_scheme=colours)
                    at.screenshot(path=Path(shots) / f"sso-{name}-{size['width']}-{colours}.png", full_page=True)

    sign_in(make_member(practice, "owner"))
    page.goto("/desk/practice/single-sign-on/")
    page.get_by_label("Address of the provider").fill(provider.issuer)
    page.get_by_label("Client id").fill(CLIENT)
    page.get_by_label("Client secret").fill(SECRET)
    page.get_by_label("Domains of e-mail addresses").fill("linden.example")
    page.get_by_label("Claim with the groups").fill("groups")
    page.get_by_label("Roles by group").fill("therapists = therapist\noffice = coordinator")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("link", name="anna@linden.example").click()
    expect(page.get_by_role("heading", name="It works")).to_be_visible()
    look("tried")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("Staff sign in at this address")).to_be_visible()
    page.get_by_role("button", name="Save").scroll_into_view_if_needed()
    page.get_by_label("Roles by group").fill("no group")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is not of the form group = role")).to_have_count(2)
    look("wrong")
    with inside(practice):
        linked(practice, single_sign_on.own(), therapist, "anna")
    page.goto("/account/providers/")
    look("links")

    other = new_context().new_page()
    other.goto("/sign-in/")
    look("address", other)
    other.goto(f"/sign-in/{practice.slug}/")
    look("door", other)
    other.get_by_role("button", name="Sign in with your practice").click()
    other.get_by_role("link", name="ole@linden.example").click()
    expect(other.get_by_text("Nobody here is linked")).to_be_visible()
    look("refused", other)
    other.goto(f"/sign-in/{practice.slug}/")
    other.get_by_role("button", name="Sign in with your practice").click()
    other.get_by_role("link", name="anna@linden.example").click()
    other.wait_for_url("**/desk/")
    other.goto("/account/email/")
    look("limits", other)
    other.goto("/account/provider/again/?next=/desk/")
    look("again", other)
