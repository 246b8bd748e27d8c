"""Libraries and forms of other systems, with eyes and by hand: shared in one practice, taken in another."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from exercises.models import Manuscript
from tests.browser.conftest import DESK, PHONE
from tests.exercises.sharing.test_libraries import written
from tests.exercises.sharing.test_xlsform import EVERYTHING
from tests.factories import inside, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page: Page, name: str, data: bytes) -> None:
    page.goto("/desk/library/import/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": data})
    page.get_by_role("button", name="Look at it first").click()


def looked_at(page: Page, axe_day_and_night, fits) -> None:
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        fits(page)
        axe_day_and_night(page)
    page.set_viewport_size(DESK)


def test_a_workbook_is_looked_at_and_becomes_a_draft(page, sign_in, therapist, practice, axe_day_and_night, fits):
    sign_in(therapist)
    page.goto("/desk/library/import/")
    looked_at(page, axe_day_and_night, fits)
    choose(page, "evenings.xlsx", EVERYTHING)
    expect(page.get_by_role("heading", name="What each row becomes")).to_be_visible()
    expect(page.get_by_text("Nothing is calculated here")).to_be_visible()
    looked_at(page, axe_day_and_night, fits)
    page.get_by_role("button", name="Make it a draft").click()
    expect(page.get_by_role("heading", name="Please have another look")).to_be_visible()
    page.get_by_label("Title").fill("Our evenings")
    page.get_by_label("Whose form it is").select_option("own")
    page.get_by_label("We may use this form with our clients").check()
    page.get_by_label("No, none does").check()
    page.get_by_role("button", name="Make it a draft").click()
    expect(page.get_by_text("It is a draft now")).to_be_visible()
    with inside(practice):
        assert Manuscript.objects.get().content["title"] == "Our evenings"


def test_a_library_goes_out_and_in(page, screen_of, sign_in, therapist, practice, neighbour, axe_day_and_night, fits):
    written(therapist)
    written(therapist, "A scale that we bought", rights={"licence": "use-only"})
    sign_in(therapist)
    page.goto("/desk/library/")
    page.get_by_role("link", name="Share yours").click()
    expect(page.get_by_text("It may be used here, and not be passed on.")).to_be_visible()
    looked_at(page, axe_day_and_night, fits)
    page.get_by_label("Author to be named").fill("The Linden team")
    page.get_by_label("Say the name of our practice").check()
    with page.expect_download() as going:
        page.get_by_role("button", name="Make the file").click()
    data = going.value.path().read_bytes()

    other = screen_of(make_member(neighbour, name="Dr Noor Haddad"), DESK)
    choose(other, "library.yaml", data)
    expect(other.get_by_role("heading", name=f"Shared by {practice.name}")).to_be_visible()
    looked_at(other, axe_day_and_night, fits)
    other.get_by_label("We keep to these licences").check()
    other.get_by_role("button", name="Take what is ticked").click()
    expect(other.get_by_text("1 draft waits to be looked through.")).to_be_visible()
    expect(other.get_by_role("link", name="Tea at nine")).to_be_visible()
