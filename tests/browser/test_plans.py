"""Plans in a real browser: due before a session that moves, begun when needed, and resting."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from clients.models import Appointment, Clearance, Couple
from practice.models import Membership, Practice
from tests.browser.conftest import DESK, PHONE
from tests.factories import inside, make_couple, make_member, make_practice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(live_server: Any) -> tuple[Practice, Membership, Couple]:
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    with inside(practice):
        start = timezone.now().replace(hour=15, minute=0, second=0, microsecond=0) + datetime.timedelta(days=6)
        Appointment.objects.create(couple=couple, starts_at=start)
        Clearance.objects.create(couple=couple, recorded_by=therapist, note="Seen apart.")
    return practice, therapist, couple


def looks_well(page: Page, axe: Callable[[Page], None], fits: Callable[[Page], None]) -> None:
    axe(page)
    fits(page)


def give(page: Page, couple: Couple, slug: str, due: str) -> None:
    page.goto(f"/desk/couples/{couple.pk}/assign/?exercise={slug}")
    page.get_by_label(due).check()
    page.fill("[name=why]", "So that we begin where you are.")
    expect(page.locator("#giving .sentence")).to_contain_text(re.compile("session|Whenever"))
    page.get_by_role("button", name=re.compile("^Give it")).click()
    expect(page.get_by_text("Given to")).to_be_visible()


def the_days_of(page: Page) -> list[str]:
    """What the plan says for the two of them, and nothing else."""
    return page.locator("table tbody td > span > span:first-child").all_inner_texts()[:2]


def test_it_follows_the_session_on_the_desk(
    page: Page, context: BrowserContext, sign_in: Any, house: Any, axe: Any, fits: Any
) -> None:
    _practice, therapist, couple = house
    page.set_viewport_size(DESK)
    sign_in(therapist)
    give(page, couple, "weekly-state-of-us", "Before a session")
    page.get_by_role("link", name="Weekly state of us").first.click()
    page.wait_for_url("**/practice/*/")
    looks_well(page, axe, fits)
    plan, before = page.url, the_days_of(page)

    page.goto(f"/desk/couples/{couple.pk}/sessions/")
    looks_well(page, axe, fits)
    page.locator("ul.list a").first.click()
    page.wait_for_url("**/desk/sessions/*/")
    looks_well(page, axe, fits)
    later = timezone.localdate() + datetime.timedelta(days=9)
    page.get_by_label("Day").fill(later.isoformat())
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sessions/")
    page.goto(plan)
    moved = the_days_of(page)
    assert moved != before
    assert f"{later - datetime.timedelta(days=1):%a} {(later - datetime.timedelta(days=1)).day}" in moved[0]

    page.goto(f"/desk/couples/{couple.pk}/sessions/")
    page.locator("ul.list a").first.click()
    page.get_by_role("button", name="Call it off").click()
    page.wait_for_url("**/sessions/")
    page.goto(plan)
    assert the_days_of(page) == ["Waits for the next session"] * 2

    page.get_by_role("link", name="Change from here on").click()
    page.wait_for_url("**/change/")
    looks_well(page, axe, fits)
    page.fill("[name=why]", "Other words from now on.")
    page.get_by_role("button", name="Change it from here on").click()
    expect(page.get_by_text("Changed from the next time on")).to_be_visible()
    expect(page.get_by_text("Other words from now on.")).to_be_visible()
    page.goto(plan)
    page.get_by_role("link", name=re.compile("Move or leave out")).click()
    page.wait_for_url("**/times/*/")
    looks_well(page, axe, fits)
    page.get_by_label("Why it is left out").fill("They travel.")
    page.get_by_role("button", name="Leave it out this time").click()
    page.wait_for_url("**/practice/*/")
    expect(page.get_by_text("Left out by you").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Ask again")).click()
    page.get_by_role("button", name="Ask it again").click()
    expect(page.get_by_text("Still open").first).to_be_visible()


def test_it_is_begun_on_a_phone_and_rests_when_told(
    page: Page, context: BrowserContext, sign_in: Any, house: Any, axe: Any, fits: Any
) -> None:
    _practice, therapist, couple = house
    page.set_viewport_size(DESK)
    sign_in(therapist)
    give(page, couple, "nine-step-repair", "Whenever they need it")

    page.set_viewport_size(PHONE)
    context.clear_cookies()
    sign_in(couple.clients[0])
    page.goto("/today/")
    looks_well(page, axe, fits)
    page.get_by_role("button", name=re.compile("^Begin")).click()
    page.wait_for_url("**/do/*/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("repair")
    page.goto("/today/")
    expect(page.get_by_text("Whenever you need it")).to_have_count(0)
    page.goto("/rest/")
    looks_well(page, axe, fits)

    context.clear_cookies()
    sign_in(therapist)
    page.set_viewport_size(DESK)
    page.goto(f"/desk/couples/{couple.pk}/rest/")
    looks_well(page, axe, fits)
    page.get_by_label("Hard times").check()
    page.get_by_label("A word about why").fill("A death in the family.")
    page.get_by_role("button", name="Let it rest").click()
    expect(page.get_by_text("It rests. They find that it does")).to_be_visible()

    context.clear_cookies()
    sign_in(couple.clients[1])
    page.set_viewport_size(PHONE)
    page.goto("/today/")
    expect(page.get_by_text("Nothing is asked of you meanwhile")).to_be_visible()
    expect(page.get_by_text("A death")).to_have_count(0)
    looks_well(page, axe, fits)

    context.clear_cookies()
    sign_in(therapist)
    page.set_viewport_size(DESK)
    page.goto(f"/desk/couples/{couple.pk}/rest/")
    page.get_by_role("button", name="End the rest").click()
    expect(page.get_by_text("The rest is over")).to_be_visible()
    context.clear_cookies()
    sign_in(couple.clients[1])
    page.set_viewport_size(PHONE)
    page.goto("/today/")
    expect(page.get_by_role("heading", name="To do now")).to_be_visible()
