"""Reports as a therapist orders them and a client finds them, in a real browser."""

from __future__ import annotations

import base64
import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from reports.models import Report
from tests.browser.conftest import DESK, PHONE, enter
from tests.reports.factories import Giver, home, weeks
from tests.reports.orders import FILE, asked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bells")]
IN_FRAME = "iframe.preview"


@pytest.fixture
def new(couple, therapist, page, sign_in) -> str:
    """A couple with six weeks of shared answers and a private one of Mara's; the address of a new report."""
    giver, today = Giver(couple, therapist), timezone.localdate(timezone=couple.zone)
    first = today - datetime.timedelta(days=42)
    [check] = giver.give(giver.edition(), starts_on=first)
    for at, day in enumerate(weeks(6, first)):
        for place, person in enumerate(giver.people):
            giver.send(check, person, day, {"closeness": 2 + (at + place) % 7, "heard": 5 + place})
    [apart] = giver.give(giver.edition(title="Quiet"), "private", to=[giver.people[0]], starts_on=first)
    giver.send(apart, giver.people[0], first, {"closeness": 4, "note": "The harbour is where I go to think alone."})
    sign_in(therapist)
    return reverse("report_new", args=[couple.pk])


def frame(page: Page):
    return page.frame_locator(IN_FRAME).locator("body")


def test_the_preview_follows_every_choice_and_is_never_typed_into_an_address(page, new):
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(new)
    expect(frame(page)).to_contain_text("At a glance")
    page.get_by_label("Your own words").fill("You kept the Sunday walk.")
    expect(frame(page)).to_contain_text("You kept the Sunday walk.")
    page.get_by_text("For Mara alone").click()
    expect(frame(page)).to_contain_text("The harbour is where I go")
    page.get_by_text("In their own words").click()
    expect(frame(page)).not_to_contain_text("The harbour is where I go")
    assert not [one for one in asked_for if "walk" in one or "Mara" in one]


def test_a_draft_comes_into_the_field_and_into_the_preview(page, new):
    page.goto(new)
    page.get_by_role("button", name="Begin with a draft").click()
    expect(page.get_by_label("Your own words")).to_have_value(re.compile("Mara said"))
    expect(frame(page)).to_contain_text("Mara said")


def test_words_outlive_a_sign_in_that_has_expired_and_go_once_they_were_sent(page, new, therapist, live_server):
    page.goto(new)
    page.get_by_label("Your own words").fill("A long thought of an hour.")
    page.context.clear_cookies(name="session")
    page.get_by_role("button", name="Make the report").click()
    page.wait_for_url("**/account/login/**")
    enter(page.context, live_server.url, therapist)
    page.goto(new)
    expect(page.get_by_label("Your own words")).to_have_value("A long thought of an hour.")
    page.get_by_role("button", name="Make the report").click()
    page.wait_for_url("**/reports/*-*/")
    page.goto(new)
    expect(page.get_by_label("Your own words")).to_have_value("")


def test_every_page_fits_and_passes_axe(page, new, axe_day_and_night, fits, couple, therapist, owner, mara, screen_of):
    report = asked(couple, therapist, audience="partner", partner_id=mara.pk)
    with home(couple):
        Report.objects.filter(pk=report.pk).update(
            state="done", pages=3, finished_at=timezone.now(), released_at=timezone.now(), readers=[mara.pk]
        )
        kept = Report.objects.get(pk=report.pk)
        kept.pdf = base64.b64encode(FILE).decode()
        kept.save(update_fields=["pdf"])
    desk = [
        new,
        reverse("reports_of_couple", args=[couple.pk]),
        reverse("standing_new", args=[couple.pk]),
        report.get_absolute_url(),
        reverse("caseload_new"),
        reverse("reports"),
    ]
    screens = [(page, desk)]
    screens.append((screen_of(owner), [reverse("letterhead")]))
    screens.append((screen_of(mara), [reverse("portal_documents")]))
    for screen, paths in screens:
        for size in (PHONE, DESK):
            screen.set_viewport_size(size)
            for path in paths:
                screen.goto(path)
                if path == new:
                    screen.wait_for_selector(IN_FRAME)
                axe_day_and_night(screen)
                fits(screen)
