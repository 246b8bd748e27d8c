"""Taking a couple's record out, and those of all couples: on a phone and on a desk, by day and by night."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from practice.tasks import make_archive
from reports.taking_out import asking
from tests.browser.conftest import DESK, PHONE
from tests.factories import PASSWORD, acting_as, make_couple
from tests.reports.taking_out.test_taking_out import run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_fit_and_pass_axe_at_every_step(
    page, sign_in, axe_day_and_night, fits, practice, couple, therapist, owner, monkeypatch
):
    monkeypatch.setattr(make_archive, "delay", lambda **ids: None)
    make_couple(practice, therapist=owner)

    def looked_at(name: str) -> None:
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            fits(page)
            axe_day_and_night(page)
            if shots := os.environ.get("SHOTS"):
                for colours in ("dark", "light"):
                    page.emulate_media(color_scheme=colours)
                    page.screenshot(path=Path(shots) / f"out-{name}-{size['width']}-{colours}.png", full_page=True)

    for who, path, heading in (
        (therapist, f"/desk/couples/{couple.pk}/take-out/", "Take the record out"),
        (owner, "/desk/practice/answers/", "Take answers out"),
    ):
        page.context.clear_cookies()
        sign_in(who)
        page.goto(path)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        looked_at(f"{who.role}-new")
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Make the file").click()
        expect(page.get_by_text("Choose at least one.").first).to_be_visible()
        looked_at(f"{who.role}-mistake")
        page.get_by_label("A table (CSV)").check()
        page.get_by_role("button", name="Make the file").click()
        expect(page.get_by_text("Waiting for its turn")).to_be_visible()
        looked_at(f"{who.role}-waiting")
        with acting_as(who):
            newest = asking.newest_for_all(by=who) if who == owner else asking.newest_for_couple(couple, by=who)
        run(newest)
        expect(page.get_by_role("link", name="Download it")).to_be_visible()  # it looks by itself
        looked_at(f"{who.role}-done")
        page.get_by_role("button", name="Destroy it now").click()
        expect(page.get_by_text("It is destroyed.")).to_be_visible()
