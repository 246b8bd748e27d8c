"""Switching a calendar on, on a phone and at a desk."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_is_switched_on_read_once_and_switched_off(size, couple, mara, therapist, screen_of, axe_day_and_night):
    for who, path in ((mara, "/you/calendar/"), (therapist, "/desk/account/calendar/")):
        page = screen_of(who, size)
        page.goto(path)
        axe_day_and_night(page)
        page.get_by_role("button", name="Switch it on").click()
        page.get_by_label("Password").first.fill(PASSWORD)
        page.locator("form button[type=submit]").first.click()
        page.wait_for_url(f"**{path}")
        page.get_by_role("button", name="Switch it on").click()
        link = page.get_by_text(re.compile(r"/calendar/[\w-]+\.ics")).inner_text()
        axe_day_and_night(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.request.get(link).status == 200
        page.get_by_role("button", name="Switch it off").click()
        page.get_by_text("It is switched off.").wait_for()
        assert page.request.get(link).status == 404
