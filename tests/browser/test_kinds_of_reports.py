"""The forms of the five other kinds of report on a phone: each is opened, fits, and one is followed to its file."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from reports import tasks
from tests.reports.factories import Giver, weeks
from tests.reports.test_kinds import enter, program, response_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_FRAME = "iframe.preview"


@pytest.fixture
def forms(couple, mara, theo, therapist, bells) -> dict[str, str]:
    """A couple with answers, scores and a program; the address of each form, by its kind."""
    giver, first = Giver(couple, therapist), timezone.localdate() - datetime.timedelta(days=28)
    [check] = giver.give(giver.edition(), starts_on=first)
    for day in weeks(3, first):
        giver.send(check, mara, day, {"closeness": 4, "note": "We walked by the sea."})
        giver.send(check, theo, day, {"closeness": 6})
    enter(couple, mara, therapist, 9, 10, 12)
    queries = {
        "sheet": "",
        "closing": "",
        "response": f"?answers={response_of(giver, 'Weekly check', mara).pk}",
        "measure": f"?measure=csi4&of={mara.pk}",
        "program": f"?program={program(giver).pk}",
    }
    return {kind: reverse("report_of_kind", args=[couple.pk, kind]) + query for kind, query in queries.items()}


def test_each_form_fits_a_phone_passes_axe_and_shows_its_report(page: Page, forms, therapist, sign_in, axe, fits):
    sign_in(therapist)
    for kind, path in forms.items():
        page.goto(path)
        expect(page.frame_locator(IN_FRAME).locator(f"body.kind--{kind}")).to_contain_text("Mara")
        expect(page.locator("[data-pages]")).to_contain_text("page")
        axe(page)
        fits(page)


def test_a_sheet_is_asked_for_watched_and_taken_away(page: Page, forms, therapist, sign_in, bells):
    sign_in(therapist)
    page.goto(forms["sheet"])
    expect(page.locator("[data-pages]")).to_have_text("About one page")
    page.get_by_label("Where to start").uncheck()
    page.get_by_role("button", name="Make the report").click()
    page.wait_for_url("**/reports/*-*/")
    [bell] = bells
    tasks.make_report(**bell)
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=10_000)  # the page asks again by itself
    with page.expect_download() as taken:
        link.click()
    assert taken.value.path().read_bytes().startswith(b"%PDF-")
    expect(page.locator("dt:text-is('Pages') + dd")).to_have_text("1")
