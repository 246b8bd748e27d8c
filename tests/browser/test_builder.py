"""The builder as therapists use it: written with a rule, moved by key and by hand, saved by itself, published."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from practice.models import Membership
from tests.browser.conftest import DESK, PHONE

expect.set_options(timeout=20_000)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page], None]


def add(page: Page, kind: str, label: str) -> None:
    """Add an item after the one on the page, and say what it asks."""
    if page.viewport_size == PHONE:
        page.locator("#side > summary").click()
    page.get_by_label("Type of the new question").select_option(kind)
    page.get_by_role("button", name=re.compile("^Add")).click()
    page.wait_for_url(re.compile(r"/questions/q_"))
    page.locator("#w-label").fill(label)
    saved(page, label)


def saved(page: Page, label: str) -> None:
    """Wait until the outline knows a label: then the server has it."""
    expect(page.locator(".parts__row", has_text=label)).to_have_count(1)
    expect(page.locator("#saved")).to_contain_text("Saved at")


def order(page: Page) -> list[str]:
    return [one.strip() for one in page.locator(".parts__row a > span:first-child").all_inner_texts()]


def begin(page: Page, title: str) -> None:
    page.goto("/desk/library/")
    page.get_by_role("link", name="Write a new one").click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Kind").select_option("check_in")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url(re.compile("/write/$"))


def test_an_exercise_is_written_on_a_desk(page: Page, sign_in, therapist: Membership, couple, axe: Check, fits: Check):
    sign_in(therapist)
    page.set_viewport_size(DESK)
    begin(page, "The evening between us")
    axe(page)
    page.get_by_label("What it is about").fill("A short look at the evening, each from your own side.")
    expect(page.locator("#saved")).to_contain_text("Saved at")

    # Questions, with the phone beside them.
    add(page, "yes_no", "We talked today")
    add(page, "long_text", "What got in the way")
    phone = page.frame_locator("#preview")
    expect(phone.get_by_role("heading", name="What got in the way")).to_be_visible()
    page.locator("#w-help").fill("As much as you like.")
    expect(phone.get_by_text("As much as you like.")).to_be_visible()

    # A rule: only when they did not talk.
    page.locator("#w-shown").select_option("when")
    page.locator("#w-when-0-question").select_option(label="1. We talked today")
    page.locator("#w-when-0-answer").select_option("false")
    expect(page.locator("#saved")).to_contain_text("Saved at")
    axe(page)
    fits(page)
    page.reload()
    expect(page.locator("#w-when-0-answer")).to_have_value("false")
    expect(page.locator("#w-help")).to_have_value("As much as you like.")

    # Moved by key: the rule now looks at what comes later, and the gate says so with a link to the very field.
    add(page, "mood", "How I am now")
    page.get_by_role("button", name="Move: We talked today").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said")).to_have_text("We talked today: now 2 of 3")
    assert order(page) == ["What got in the way", "We talked today", "How I am now"]
    page.get_by_role("link", name="Check and publish").click()
    page.wait_for_url(re.compile("/check/"))
    axe(page)
    expect(page.get_by_role("button", name="Publish")).to_have_attribute("aria-disabled", "true")
    page.locator(".gate .is-fix a").first.click()
    page.wait_for_url(re.compile("#w-show_if"))
    expect(page.locator("#w-show_if :focus")).to_have_count(1)

    # Moved back by hand.
    grip = page.get_by_role("button", name="Move: We talked today")
    grip.scroll_into_view_if_needed()
    first = page.locator(".parts__row").first
    there, to = grip.bounding_box(), first.bounding_box()
    assert there
    assert to
    page.mouse.move(there["x"] + 8, there["y"] + 12)
    page.mouse.down()
    page.mouse.move(to["x"] + 60, to["y"] + to["height"] / 2, steps=6)
    page.mouse.move(to["x"] + 60, to["y"] + 4, steps=3)
    page.mouse.up()
    expect(page.locator(".parts__row").first).to_contain_text("We talked today")
    assert order(page) == ["We talked today", "What got in the way", "How I am now"]

    # Published, and on the page for giving.
    page.get_by_role("link", name="Check and publish").click()
    page.get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_url(re.compile("/library/the-evening-between-us/$"))
    axe(page)
    page.goto(f"/desk/couples/{couple.pk}/assign/?exercise=the-evening-between-us")
    expect(page.get_by_role("heading", name="The evening between us").first).to_be_visible()


def test_it_can_be_written_on_a_phone_and_offline_is_said(
    page: Page, sign_in, therapist: Membership, axe: Check, fits: Check
):
    sign_in(therapist)
    begin(page, "Tea at nine")
    add(page, "scale", "How warm it was")
    page.locator("#phone > summary").click()
    phone = page.frame_locator("#preview")
    expect(phone.get_by_role("heading", name="How warm it was")).to_be_visible()
    page.locator("#w-low").fill("Cold")
    page.locator("#w-high").fill("Warm")
    expect(phone.get_by_text("10 Warm")).to_be_visible()
    axe(page)
    fits(page)
    page.context.set_offline(True)
    page.locator("#w-help").fill("Tonight")
    expect(page.locator("#saved")).to_contain_text("Not saved: no connection")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("Saved at")
    page.reload()
    expect(page.locator("#w-help")).to_have_value("Tonight")
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_text("Undo” puts it back")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#w-label")).to_have_value("How warm it was")
