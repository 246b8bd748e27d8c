"""Doing it together on real screens: in step, with a break, in turns, with cards, on one phone, and opening it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clients import pins
from exercises import answering, drafts
from exercises.models import Draw, Occurrence, Response, Sitting
from tests.browser.conftest import DESK, PHONE
from tests.exercises.given import TWO_SCALES, as_attune, give
from tests.factories import acting_as, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STEPS = ["Sit down side by side.", "Say one thing that was good.", "Breathe together for one minute."]
PROMPTS = ["A place you miss", "A song of ours", "Something you never asked", "A small wish"]
CODE = "7306"


@pytest.fixture
def talk(couple, therapist) -> Callable[..., list[Occurrence]]:
    def given(lane: str = "reveal", **content: Any) -> list[Occurrence]:
        usual = {"steps": STEPS, "participation": "turn_taking", "minutes": 9, "kind": "conversation"}
        return give(couple, therapist, lane, **{**usual, **content})

    return given


def heading(page: Page, text: str) -> None:
    expect(page.locator("h1:visible")).to_have_text(text)


def sitting(couple) -> Sitting:
    with as_attune(couple):
        return Sitting.objects.get()


def test_step_by_step_with_the_keyboard_only(page, sign_in, talk, couple, mara, axe, fits):
    hers = talk(participation="each_alone")[0]
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/")
    page.get_by_role("link", name="Do it step by step").press("Enter")
    page.get_by_role("button", name="Begin").press("Enter")
    expect(page.get_by_role("heading", level=1, name=STEPS[0])).to_be_focused()
    expect(page.get_by_text("Step 1 of 3")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_role("heading", level=1, name=STEPS[1])).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1, name=STEPS[2])).to_be_focused()
    page.keyboard.press("ArrowLeft")
    heading(page, STEPS[1])
    page.get_by_role("button", name="Next").press("Enter")
    heading(page, STEPS[2])
    # The step says a minute; the timer offers it and waits to be asked.
    expect(page.get_by_label("How long")).to_have_value("60")
    expect(page.get_by_role("timer")).to_be_hidden()
    page.get_by_role("button", name="Start the timer").press("Enter")
    expect(page.get_by_role("timer")).to_contain_text("left")
    page.get_by_role("button", name="Stop the timer").press("Enter")
    expect(page.get_by_role("button", name="Start the timer")).to_be_visible()
    page.get_by_role("button", name="Break").press("Enter")
    expect(page.get_by_role("heading", level=1, name="A break")).to_be_focused()
    expect(page.get_by_text("Until about")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Go on").press("Enter")
    heading(page, STEPS[2])
    page.get_by_role("button", name="Next").press("Enter")
    heading(page, "That was the last step")
    axe(page)
    page.wait_for_load_state("networkidle")  # the step before is still being told to the server
    page.get_by_role("button", name="On to the questions").press("Enter")
    page.wait_for_url(f"**/do/{hers.pk}/1/")
    with as_attune(couple):
        assert Sitting.objects.get().ended_at is not None


def test_two_phones_keep_in_step_and_a_break_closes_both(talk, couple, mara, theo, screen_of):
    hers, his = talk()
    one, other = screen_of(mara), screen_of(theo, DESK)
    one.goto(f"/do/{hers.pk}/steps/")
    one.get_by_label("Each on their own phone").check()
    one.get_by_label("Theo").check()
    one.get_by_role("button", name="Begin").click()
    heading(one, STEPS[0])
    expect(one.get_by_text("Theo speaks. You listen.")).to_be_visible()
    other.goto(f"/do/{his.pk}/steps/")
    heading(other, STEPS[0])
    expect(other.get_by_text("You speak. Mara listens.")).to_be_visible()

    one.get_by_role("button", name="Next").click()
    heading(other, STEPS[1])
    other.get_by_role("button", name="Swap turns").click()
    expect(other.get_by_text("Mara speaks. You listen.")).to_be_visible()
    expect(one.get_by_text("You speak. Theo listens.")).to_be_visible(timeout=15000)

    other.get_by_role("button", name="Break").click()
    heading(other, "A break")
    expect(one.locator("h1:visible")).to_have_text("A break", timeout=15000)
    expect(one.get_by_role("button", name="Next")).to_be_hidden()
    one.get_by_role("button", name="Go on").click()
    expect(other.locator("h1:visible")).to_have_text(STEPS[1], timeout=15000)
    # Stopping asks nothing.
    asked: list[str] = []
    other.on("dialog", lambda dialog: asked.append(dialog.message))
    other.get_by_role("link", name="Stop here").click()
    other.wait_for_url("**/today/")
    assert asked == []
    assert sitting(couple).ended_at is None


def test_a_lost_connection_stops_nobody(page, context, sign_in, talk, couple, mara):
    hers = talk("shared", participation="each_alone")[0]
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/steps/")
    page.get_by_role("button", name="Begin").click()
    heading(page, STEPS[0])
    context.set_offline(True)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    heading(page, STEPS[2])
    expect(page.get_by_role("status").filter(has_text="No connection")).to_be_visible()
    assert sitting(couple).step == 0
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("No connection")).to_have_count(0)
    expect(page.locator("#sitting [name=version]")).not_to_have_value("0")
    assert sitting(couple).step == 2
    page.reload()
    heading(page, STEPS[2])


def test_without_scripts_the_steps_are_plain_pages(chromium, live_server, talk, mara):
    hers = talk()[0]
    context = chromium.new_context(viewport=PHONE, base_url=live_server.url, java_script_enabled=False)
    cookie = signed_in(mara).cookies["session"]
    context.add_cookies([{"name": "session", "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/do/{hers.pk}/steps/")
    page.get_by_role("button", name="Begin").click()
    for text in STEPS:
        heading(page, text)
        page.get_by_role("button", name="Next").click()
    heading(page, "That was the last step")
    page.get_by_role("button", name="Back").click()
    heading(page, STEPS[2])
    page.get_by_role("button", name="Break").click()
    heading(page, "A break")
    page.get_by_role("button", name="Go on").click()
    heading(page, STEPS[2])
    context.close()


def test_a_deck_of_cards(talk, couple, mara, theo, screen_of, axe, fits):
    hers, his = talk(prompts=PROMPTS)
    page, other = screen_of(mara), screen_of(theo)
    page.goto(f"/do/{hers.pk}/")
    page.get_by_role("link", name="Take a card").click()
    axe(page)
    fits(page)
    for number, (prompt, answer) in enumerate(zip(PROMPTS, ("Did it", "Not this time", "Talk about it"), strict=False)):
        expect(page.get_by_text(f"Card {number + 1} of 4")).to_be_visible()
        page.get_by_role("button", name="Turn the card over").press("Enter")
        heading(page, prompt)
        if number == 0:
            other.goto(f"/do/{his.pk}/cards/")
            heading(other, prompt)
            axe(page)
            fits(page)
        page.get_by_role("button", name=answer).press("Enter")
    heading(page, "That’s the deck for today")
    expect(page.get_by_role("list").filter(has_text=PROMPTS[2])).to_be_visible()
    axe(page)
    fits(page)
    with as_attune(couple):
        assert list(Draw.objects.order_by("card").values_list("outcome", flat=True)) == ["done", "passed", "talk"]
    page.get_by_role("link", name="On to the questions").click()
    page.wait_for_url(f"**/do/{hers.pk}/")


def test_the_phone_is_handed_over_and_back_finds_nothing(page, sign_in, couple, therapist, mara, theo, axe, fits):
    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))
    with acting_as(theo):
        pins.choose(theo, CODE)
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/")
    page.get_by_role("link", name="Start").click()
    answer_all(page, "only she knows this")
    page.wait_for_url("**/sent/")
    page.get_by_role("button", name="Pass the phone to Theo").click()
    page.wait_for_url("**/pass/")
    heading(page, "Now pass the phone to Theo")
    axe(page)
    fits(page)
    nothing_of_hers(page)
    for _press in range(3):
        page.go_back(wait_until="load")
        nothing_of_hers(page)
    page.goto("/pass/")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('attune')).length") == 0

    code = page.get_by_label("Your own code")
    code.fill("1739")
    page.get_by_role("button", name="I am Theo, start my part").click()
    expect(page.get_by_text("That did not fit").first).to_be_visible()
    axe(page)
    code.fill(CODE)
    page.get_by_role("button", name="I am Theo, start my part").click()
    page.wait_for_url(f"**/do/{his.pk}/")
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
    for path in (f"/do/{hers.pk}/sent/", "/together/", "/you/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404
        nothing_of_hers(page)
    page.goto(f"/do/{his.pk}/")
    page.get_by_role("link", name="Start").click()
    answer_all(page, "only he knows this")
    page.wait_for_url("**/pass/end/")
    heading(page, "Put the phone down together")
    axe(page)
    fits(page)
    page.go_back(wait_until="load")
    assert "only he knows this" not in page.content()
    nothing_of_hers(page)
    with as_attune(couple):
        assert Response.objects.count() == 2


def test_a_lent_phone_that_nobody_touches_closes(page, sign_in, couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "shared")
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=hers.pk), author=mara, raw={"near": ["3"]})
    with acting_as(theo):
        pins.choose(theo, CODE)
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/sent/")
    page.get_by_role("button", name="Pass the phone to Theo").click()
    page.get_by_label("Your own code").fill(CODE)
    page.get_by_role("button", name="I am Theo, start my part").click()
    page.wait_for_url(f"**/do/{his.pk}/")
    page.goto(f"/do/{his.pk}/2/")
    page.locator("textarea").fill("half a thought")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.evaluate("document.querySelector('[data-lent]').dataset.idle = '0.3'")
    page.keyboard.press("Tab")
    page.wait_for_url("**/pass/end/")
    assert "half a thought" not in page.content()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('attune')).length") == 0
    answer = page.goto(f"/do/{his.pk}/2/")
    assert answer is not None
    assert "/account/login/" in answer.url
    with acting_as(theo):
        assert "half a thought" in str(drafts.kept(Occurrence.objects.get(pk=his.pk), theo).raw)


def answer_all(page: Page, text: str) -> None:
    """Leave the first question out, answer the second, and send."""
    page.wait_for_url("**/1/")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/2/")
    page.locator("textarea").fill(text)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send my answers").click()


def nothing_of_hers(page: Page) -> None:
    assert "only she knows this" not in page.content()


def test_a_reveal_is_opened_as_a_small_ceremony(talk, couple, therapist, mara, theo, screen_of, axe, fits):
    hers, his = give(couple, therapist, "reveal", TWO_SCALES, opens_by="together")
    for occurrence, who, words in ((hers, mara, "tea on the stairs"), (his, theo, "the walk in the rain")):
        with acting_as(who):
            mine = Occurrence.objects.get(pk=occurrence.pk)
            answering.submit(mine, author=who, raw={"near": ["7"], "good": [words]})
    one, other = screen_of(mara), screen_of(theo)
    one.goto(f"/do/{hers.pk}/sent/")
    axe(one)
    one.get_by_role("button", name="I am ready to open it").click()
    expect(one.get_by_text("You said you are ready")).to_be_visible()
    axe(one)
    other.goto(f"/do/{his.pk}/sent/")
    expect(other.get_by_text("You said you are ready")).to_have_count(0)
    other.get_by_role("button", name="I am ready to open it").click()
    other.wait_for_url(f"**/together/{his.pk}/")
    heading(other, "Ready to open")
    expect(other.get_by_text("tea on the stairs")).to_have_count(0)
    axe(other)
    fits(other)
    other.get_by_role("button", name="Open it now").press("Enter")
    expect(other.get_by_text("tea on the stairs")).to_be_visible()
    axe(other)
    fits(other)
    one.goto("/together/")
    one.get_by_role("link", name=re.compile("Ready to open")).click()
    one.get_by_role("button", name="Open it now").click()
    expect(one.get_by_text("the walk in the rain")).to_be_visible()


def test_the_pages_around_it_fit_and_pass_axe(page, sign_in, axe_day_and_night, fits, talk, mara):
    occurrence = talk(prompts=PROMPTS, cautions=["Stop when it hurts."])[0]
    sign_in(mara)
    page.emulate_media(reduced_motion="reduce")
    for path in (f"/do/{occurrence.pk}/", f"/do/{occurrence.pk}/steps/", f"/do/{occurrence.pk}/paper/", "/you/code/"):
        page.goto(path)
        axe_day_and_night(page)
        fits(page)
    page.goto("/pass/end/")
    axe_day_and_night(page)
