"""Couples from elsewhere: a file is chosen, named, looked through, taken, and taken back, on a phone and at a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from clients.models import Couple
from tests.browser.conftest import DESK, PHONE
from tests.factories import inside

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = (
    "Name 1,Email 1,Name 2,Email 2,Started,Therapist\n"
    "Lea,lea@example.org,Noor,noor@example.org,2025-02-01,\n"
    "Ada,ada@example,Bo,,soon,Dr Nobody\n"
    "Lea,,Noor,,,\n"
)


def test_a_file_is_looked_through_taken_and_taken_back(page, sign_in, owner, therapist, practice, axe):
    sign_in(owner)
    page.set_viewport_size(DESK)
    page.goto("/desk/couples/")
    page.get_by_role("link", name="Bring couples in").click()
    axe(page)
    page.set_input_files("input[type=file]", {"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_label("Name 1")).to_have_value("name_1")
    page.get_by_label(therapist.name).check()
    axe(page)
    page.get_by_role("button", name="Look through the rows").click()
    expect(page.get_by_role("heading", name="1 couple would come in")).to_be_visible()
    expect(page.get_by_text("Nobody who looks after couples here is called “Dr Nobody”.")).to_be_visible()
    expect(page.get_by_label("Send each person")).not_to_be_checked()
    axe(page)
    page.set_viewport_size(PHONE)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_role("heading", name="What came in")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Take this couple back").click()
    expect(page.get_by_text("Taken back. None of them is here any more.")).to_be_visible()
    with inside(practice):
        assert not Couple.objects.exists()
