"""Answering on a phone with a bad line: nothing typed is lost, and nothing is sent twice."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from exercises import answering, drafts
from exercises.models import Draft, Occurrence, Response
from tests.exercises.given import EVERY_TYPE, JOINT, as_attune, give
from tests.factories import acting_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STORED = "Object.entries(localStorage).filter(([key]) => key.startsWith('attune:')).map(String).join()"


@pytest.fixture
def hers(couple, therapist) -> Occurrence:
    moment = timezone.now() + datetime.timedelta(days=2)
    return give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=moment)[0]


def status(page: Page):
    return page.locator("[data-status]")


def responses(occurrence: Occurrence) -> list[Response]:
    with as_attune(occurrence):
        return list(Response.objects.filter(occurrence=occurrence))


def draft_of(occurrence: Occurrence, author) -> dict[str, list[str]]:
    with acting_as(author):
        return drafts.kept(Occurrence.objects.get(pk=occurrence.pk), author).raw


def test_a_dead_line_a_reload_and_two_presses(page, context, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    page.fill("textarea", "You made tea")
    expect(status(page)).to_contain_text("Not sent yet")
    expect(status(page)).to_contain_text("Saved at")
    assert page.evaluate(STORED) == ""

    context.set_offline(True)
    page.fill("textarea", "You made tea, and I never said thanks")
    expect(status(page)).to_contain_text("Kept on this phone")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("textarea")).to_have_value("You made tea, and I never said thanks")
    assert draft_of(hers, mara)["good"] == ["You made tea"]

    # A reload needs the page, so only the saving stays dead.
    page.route("**/save/", lambda route: route.abort())
    context.set_offline(False)
    page.reload()
    expect(page.locator("textarea")).to_have_value("You made tea, and I never said thanks")
    expect(status(page)).to_contain_text("Kept on this phone")

    page.unroute("**/save/")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(status(page)).to_contain_text("Saved at")
    assert draft_of(hers, mara)["good"] == ["You made tea, and I never said thanks"]
    assert page.evaluate(STORED) == ""

    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1, name="How close I felt")).to_be_focused()
    page.goto(f"/do/{hers.pk}/check/")
    page.get_by_role("button", name="Send my answers").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent. Thank you, Mara.")
    assert len(responses(hers)) == 1


def test_a_send_that_is_cut_off_is_tried_again_and_is_one(page, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/check/")
    tries: list[str] = []

    def cut_off(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) < 3:
            # The server has it; the answer never arrives.
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route("**/send/", cut_off)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent. Thank you", timeout=15000)
    assert len(tries) == 3
    assert len(responses(hers)) == 1


def test_an_expired_sign_in_loses_nothing(page, context, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    context.clear_cookies()
    page.fill("textarea", "typed after the sign-in had ended")
    expect(status(page)).to_contain_text("Kept on this phone")
    link = page.get_by_role("link", name="Sign in again")
    assert f"next=/do/{hers.pk}/1/" in (link.get_attribute("href") or "")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("textarea")).to_have_value("typed after the sign-in had ended")

    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    expect(page.locator("textarea")).to_have_value("typed after the sign-in had ended")
    expect(status(page)).to_contain_text("Saved at")
    assert draft_of(hers, mara)["good"] == ["typed after the sign-in had ended"]


def test_a_partner_on_the_same_phone_finds_nothing_of_the_other(page, context, sign_in, couple, mara, theo, therapist):
    (joint,) = give(couple, therapist, "joint", JOINT)
    sign_in(mara)
    page.goto(f"/do/{joint.pk}/3/")
    context.clear_cookies()
    page.fill("textarea", "hers alone")
    expect(status(page)).to_contain_text("Kept on this phone")
    sign_in(theo)
    page.goto(f"/do/{joint.pk}/3/")
    expect(page.locator("textarea")).to_have_value("")


def test_b20_b30_leaving_takes_everything_along_and_the_server_keeps_it(page, context, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    page.route("**/save/", lambda route: route.abort())
    page.fill("textarea", "gone with me")
    expect(status(page)).to_contain_text("Kept on this phone")
    assert "gone with me" in page.evaluate(STORED)
    page.route("**wikipedia**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    page.get_by_role("link", name="Leave").click()
    page.wait_for_url("**wikipedia**")
    page.unroute("**/save/")
    page.goto("/account/login/")
    assert page.evaluate(STORED) == ""
    assert page.evaluate("(async () => (await indexedDB.databases()).length + (await caches.keys()).length)()") == 0
    for _moment in range(40):  # the beacon is nobody's to wait for
        if draft_of(hers, mara).get("good") == ["gone with me"]:
            break
        page.wait_for_timeout(50)
    assert draft_of(hers, mara)["good"] == ["gone with me"]


BLANK = """() => {
  const began = performance.now();
  document.querySelector("a[data-leave]").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  return [document.body.childElementCount, document.title.length, performance.now() - began];
}"""


@pytest.mark.parametrize("line", ["up", "down"])
def test_b20_the_page_is_blank_in_the_same_moment_with_and_without_a_line(line, page, context, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    page.fill("textarea", "half a sentence")
    page.route("**wikipedia**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    context.set_offline(line == "down")
    left, title, took = page.evaluate(BLANK)
    assert (left, title) == (0, 1)
    assert took < 100
    context.set_offline(False)


@pytest.mark.parametrize("by_hand", [True, False])
def test_b20_by_keys_alone_on_a_slow_line_and_with_something_open_over_the_page(
    page, context, sign_in, hers, mara, by_hand
):
    """No page of ours opens a window over itself; should one ever, the keys still lead away."""
    sign_in(mara)
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request) if "wikipedia" in request.url else None)
    page.route("**wikipedia**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    page.goto(f"/do/{hers.pk}/1/")
    page.fill("textarea", "half a sentence")
    line = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 1000, "downloadThroughput": 6000, "uploadThroughput": 6000}
    line.send("Network.emulateNetworkConditions", slow)
    if by_hand:
        page.locator(".skip").focus()
        stops = [by_tab(page) for _press in range(4)]
        assert "Leave" in stops, "among the first stops of the keyboard"
        page.locator("a[data-leave]").focus()
        page.keyboard.press("Enter")
    else:
        page.evaluate("const over = document.createElement('dialog'); document.body.append(over); over.showModal(); 0")
        for _time in range(3):
            page.keyboard.press("Shift")
    page.wait_for_url("**wikipedia**")
    assert "referer" not in elsewhere.pop().all_headers()


def by_tab(page: Page) -> str:
    page.keyboard.press("Tab")
    return page.evaluate("document.activeElement.textContent.trim()")


def test_b20_b21_three_times_shift_leaves_and_few_entries_stay_behind(page, sign_in, hers, mara):
    sign_in(mara)
    page.goto("/today/")
    before = page.evaluate("history.length")
    page.locator(f"a[href*='{hers.pk}']").first.click()
    page.wait_for_url("**/do/**")
    page.get_by_role("link", name=re.compile("^(Start|Carry on)")).click()
    page.wait_for_url("**/1/")
    assert page.evaluate("history.length") == before, "moving on replaces the entry"
    page.route("**wikipedia**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    for _time in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("**wikipedia**")
    assert page.evaluate("history.length") == before
    assert is_signed_out_soon(page)


def is_signed_out_soon(page: Page) -> bool:
    """Whether Today asks who is there. What signs out is on its way while the other site is shown already."""
    for _moment in range(40):
        page.goto("/today/")
        if "/account/login/" in page.url:
            return True
        page.wait_for_timeout(250)
    return False


def test_two_texts_and_a_choice(page, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    with acting_as(mara):
        mine = Occurrence.objects.select_related("assignment__edition").get(pk=hers.pk)
        drafts.save_draft(mine, author=mara, raw={"good": ["from the tablet"]}, base_version=0)
    page.fill("textarea", "from the phone")
    box = page.locator("[data-conflict]")
    expect(box).to_contain_text("from the tablet")
    expect(box).to_contain_text("from the phone")
    assert draft_of(hers, mara)["good"] == ["from the tablet"]
    box.get_by_role("button", name="Keep this one").click()
    expect(status(page)).to_contain_text("Saved at")
    assert draft_of(hers, mara)["good"] == ["from the phone"]


def test_rather_not_say_stands_alone_and_room_is_told_near_the_limit(page, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/9/")
    note = page.locator("[data-room]")
    page.fill("textarea", "x" * 100)
    expect(note).to_be_hidden()
    page.fill("textarea", "x" * 480)
    expect(note).to_have_text("Room for 20 more characters")
    page.fill("textarea", "x" * 505)
    expect(note).to_contain_text("5 characters too many")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("room for 500")
    expect(page.locator("textarea")).to_have_value("x" * 505)
    page.goto(f"/do/{hers.pk}/6/")
    page.get_by_label("Haste").check()
    page.get_by_label("None of these").check()
    expect(page.get_by_label("Haste")).not_to_be_checked()
    page.get_by_label("I would rather not say").check()
    expect(page.get_by_label("None of these")).not_to_be_checked()


def test_the_whole_way_with_the_keyboard_only(page, sign_in, couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    sign_in(mara)
    page.goto("/today/")
    page.get_by_role("link", name="Begin").press("Enter")
    page.get_by_role("link", name="Start").press("Enter")
    page.locator("input[name=near]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_role("textbox").fill("Tea")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_role("button", name="Send my answers").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent.")
    assert len(responses(occurrence)) == 1
    with acting_as(mara):
        assert not Draft.objects.exists()


def test_every_page_fits_and_passes_axe(page, sign_in, axe_day_and_night, fits, couple, mara, theo, therapist):
    past = timezone.now() - datetime.timedelta(minutes=5)
    hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=past)
    full = {
        "good": ["Tea " * 30],
        "near": ["7"],
        "heard": ["half"],
        "hours": ["3"],
        "mood": ["4", "calm"],
        "wish": ["x"],
    }
    for occurrence, who in ((hers, mara), (his, theo)):
        with acting_as(who):
            answering.submit(Occurrence.objects.get(pk=occurrence.pk), author=who, raw=full)
    todo = give(couple, therapist, "shared", EVERY_TYPE, prompts=["One", "Two"], cautions=["Stop when it hurts."])[0]
    sign_in(mara)
    page.emulate_media(reduced_motion="reduce")
    at = f"/do/{todo.pk}/"
    paths = ["/today/", "/together/", f"/together/{hers.pk}/", f"/do/{hers.pk}/sent/", at, f"{at}check/", f"{at}skip/"]
    for path in [*paths, *[f"{at}{number}/" for number in range(1, 12)]]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        axe_day_and_night(page)
        fits(page)
