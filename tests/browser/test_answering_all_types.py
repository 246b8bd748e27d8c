"""Every type of question on a phone: by thumb, by keyboard, offline for an hour, in two tabs, all on one page."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from exercises import drafts
from exercises.models import Answer, Assignment, Occurrence
from tests.exercises.given import ALL_TYPES, as_attune, give
from tests.factories import acting_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STORED = "Object.keys(localStorage).filter((key) => key.startsWith('attune:')).length"
BRANCH = [one for one in ALL_TYPES if one["key"] in ("argued", "about", "mended", "thanks", "place")]


@pytest.fixture
def hers(couple, therapist) -> Occurrence:
    moment = timezone.now() + datetime.timedelta(days=2)
    return give(couple, therapist, "reveal", ALL_TYPES, reveals_at=moment)[0]


@pytest.fixture
def on_one_page(couple, therapist) -> Occurrence:
    occurrence = give(couple, therapist, "shared", BRANCH)[0]
    with as_attune(occurrence):
        Assignment.objects.filter(pk=occurrence.assignment_id).update(whole_page=True)
    return occurrence


def status(page: Page):
    return page.locator("[data-status]")


def kept(occurrence: Occurrence, author) -> dict[str, list[str]]:
    with acting_as(author):
        return drafts.kept(Occurrence.objects.get(pk=occurrence.pk), author).raw


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Continue").last.click()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.fixture
def axe(axe):
    """On a tall screen, so that no control is half under the dock."""

    def check(page: Page) -> None:
        page.set_viewport_size({"width": 390, "height": 3000})
        axe(page)
        page.set_viewport_size({"width": 390, "height": 844})

    return check


def test_the_whole_form_by_thumb(page, sign_in, axe, fits, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/1/")
    say_when(page, axe)
    say_how(page, axe, fits)
    say_how_much(page)
    choose(page)
    tell_of_children(page, axe)
    come_to_the_end(page)
    look_over_and_send(page, axe, fits)
    with as_attune(hers):
        keys = set(Answer.objects.values_list("key", flat=True))
    assert {"days.meals", "days.sleep", "name~2", "thanks~1", "walk"} <= keys
    assert not {"about", "mended", "name~1"} & keys


def say_when(page: Page, axe: Callable[[Page], None]) -> None:
    """Answer what asks for dates and times; the first one is needed."""
    heading(page, "When we last had time for us")
    expect(page.get_by_text("One breath in")).to_be_visible()
    go_on(page)
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("I would rather not say")
    axe(page)
    page.fill("input[type=date]", "2026-05-21")
    go_on(page)
    heading(page, "When I went to bed")
    page.fill("input[type=time]", "22:30")
    go_on(page)
    heading(page, "When we meet next")
    page.fill("input[type=date]", "2026-05-28")
    page.fill("input[type=time]", "18:30")
    go_on(page)


def say_how(page: Page, axe: Callable[[Page], None], fits: Callable[[Page], None]) -> None:
    """Answer on a slider and in a grid."""
    heading(page, "How heard I felt")
    page.get_by_label("Mostly").check()
    go_on(page)
    heading(page, "How these went")
    page.get_by_role("radiogroup", name="Meals together").get_by_label("Fine").check()
    page.get_by_role("radiogroup", name="Going to bed").get_by_label("Easy").check()
    axe(page)
    fits(page)
    go_on(page)


def say_how_much(page: Page) -> None:
    """Answer with an address, with a quantity and its unit, and with a number."""
    heading(page, "A song that fits")
    page.fill("input[type=url]", "https://example.org/song")
    go_on(page)
    heading(page, "How far we walked")
    page.get_by_role("textbox").fill("2,5")
    page.get_by_role("combobox").select_option("mi")
    go_on(page)
    heading(page, "Hours for us two")
    page.get_by_role("textbox").fill("1.5")
    go_on(page)


def choose(page: Page) -> None:
    """Choose some of several and one of several, with words of one's own; they are there again after a reload."""
    heading(page, "What helped")
    page.get_by_label("Tea").check()
    page.get_by_label("Nothing did").check()
    expect(page.get_by_label("Tea")).not_to_be_checked()
    page.get_by_label("Tea").check()
    page.get_by_label("Something else", exact=True).check()
    page.get_by_placeholder("In your own words").fill("The sun")
    expect(status(page)).to_contain_text("Saved at")
    page.reload()
    expect(page.get_by_placeholder("In your own words")).to_have_value("The sun")
    go_on(page)
    heading(page, "Where we talk best")
    page.get_by_label("Something else", exact=True).check()
    page.get_by_placeholder("In your own words").fill("On the stairs")
    page.get_by_label("Outside").check()
    go_on(page)


def tell_of_children(page: Page, axe: Callable[[Page], None]) -> None:
    """Pass by what a condition leaves out; add and take away what repeats."""
    heading(page, "We argued")
    page.get_by_label("No", exact=True).check()
    go_on(page)
    heading(page, "An evening for us")
    page.get_by_role("textbox", name="What we would do").fill("Dance")
    go_on(page)
    heading(page, "Child")
    page.get_by_role("textbox", name="First name").fill("Ann")
    page.get_by_role("button", name="Add another").click()
    expect(page.get_by_role("textbox", name="First name").nth(1)).to_be_focused()
    page.keyboard.type("Ben")
    page.get_by_role("button", name=re.compile(r"Take away\s*: Child 1")).click()
    expect(page.get_by_role("textbox", name="First name")).to_have_count(1)
    expect(page.get_by_role("textbox", name="First name")).to_have_value("Ben")
    axe(page)
    go_on(page)


def come_to_the_end(page: Page) -> None:
    """Answer the last questions."""
    heading(page, "Something I am thankful for")
    page.get_by_role("textbox").fill("Rain")
    go_on(page)
    heading(page, "How I am now")
    expect(page.get_by_role("link", name="Why small things count")).to_have_attribute("target", "_blank")
    page.get_by_label("Good", exact=True).check()
    go_on(page)
    heading(page, "I can say what I think")
    page.get_by_label("Yes").check()
    go_on(page)
    heading(page, "Anything else")
    page.get_by_role("textbox").fill("That is all")
    go_on(page)


def look_over_and_send(page: Page, axe: Callable[[Page], None], fits: Callable[[Page], None]) -> None:
    """See what was said, and nothing that was taken back, and send it."""
    heading(page, "Check your answers")
    for said in ("21 May 2026", "28 May 2026", "Mostly", "2.5 miles", "Tea, The sun", "Outside", "Ben"):
        expect(page.locator("main")).to_contain_text(said)
    expect(page.locator("main")).not_to_contain_text("On the stairs")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent. Thank you")
    axe(page)


def test_the_slider_and_the_grid_by_keyboard_alone(page, sign_in, hers, mara):
    sign_in(mara)
    page.goto(f"/do/{hers.pk}/4/")
    page.locator("input[name=heard]").first.focus()
    page.keyboard.press("Space")
    for _step in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Mostly")).to_be_checked()
    page.keyboard.press("Enter")
    heading(page, "How these went")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radiogroup", name="Meals together").get_by_label("Fine")).to_be_checked()
    page.get_by_role("button", name="Save and come back later").press("Enter")
    page.wait_for_url("**/today/")
    expect(page.locator("main")).to_contain_text("Saved, and not sent")
    assert kept(hers, mara)["days.meals"] == ["fine"]
    page.get_by_role("link", name="Carry on").press("Enter")
    heading(page, "A song that fits")


def test_a_condition_back_and_forth_on_one_page(page, sign_in, axe, fits, on_one_page, mara):
    sign_in(mara)
    page.goto(f"/do/{on_one_page.pk}/1/")
    about = page.get_by_role("textbox", name="What it was about")
    expect(about).to_be_hidden()
    page.get_by_label("Yes").check()
    expect(about).to_be_visible()
    expect(page.locator("[data-changes]")).to_have_text("Another question has come up below.")
    axe(page)
    fits(page)
    about.fill("Money")
    expect(status(page)).to_contain_text("Saved at")
    page.get_by_label("No", exact=True).check()
    expect(about).to_be_hidden()
    expect(page.locator("[data-changes]")).to_contain_text("What you typed there is kept")
    page.get_by_label("Yes").check()
    expect(about).to_be_visible()
    expect(about).to_have_value("Money")
    page.get_by_label("No", exact=True).check()
    expect(about).to_be_hidden()
    page.get_by_role("button", name="Look over my answers").click()
    heading(page, "Check your answers")
    expect(page.locator("main")).not_to_contain_text("Money")
    assert kept(on_one_page, mara)["about"] == ["Money"]


def test_what_needs_another_look_on_one_page_is_led_to(page, sign_in, couple, therapist, mara):
    questions = [{**one, "required": True} for one in BRANCH if one["key"] in ("place", "argued")]
    occurrence = give(couple, therapist, "shared", questions)[0]
    sign_in(mara)
    page.goto(f"/do/{occurrence.pk}/1/")
    page.get_by_role("button", name="Look over my answers").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    summary.get_by_role("link", name=re.compile("We argued")).click()
    expect(page.get_by_label("Yes")).to_be_focused()


def test_an_hour_offline_on_one_page(page, context, sign_in, on_one_page, mara):
    sign_in(mara)
    page.goto(f"/do/{on_one_page.pk}/1/")
    context.set_offline(True)
    page.get_by_label("In the kitchen").check()
    page.get_by_role("textbox", name="Something I am thankful for").fill("Rain on the roof")
    expect(status(page)).to_contain_text("Kept on this phone")
    page.get_by_role("button", name="Look over my answers").click()
    expect(page.get_by_role("textbox", name="Something I am thankful for")).to_have_value("Rain on the roof")
    # Meanwhile, on a tablet, another question and the same one.
    with acting_as(mara):
        mine = Occurrence.objects.select_related("assignment__edition").get(pk=on_one_page.pk)
        drafts.save_draft(mine, author=mara, raw={"argued": ["no"], "thanks~1": ["Sun"]}, base_version=0)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    box = page.locator("[data-conflict]")
    expect(box).to_contain_text("Sun")
    expect(box).to_contain_text("Rain on the roof")
    assert kept(on_one_page, mara) == {"argued": ["no"], "thanks~1": ["Sun"], "place": ["kitchen"]}
    box.get_by_role("button", name="Keep this one").click()
    expect(status(page)).to_contain_text("Saved at")
    page.reload()
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    expect(page.get_by_role("textbox", name="Something I am thankful for")).to_have_value("Rain on the roof")
    assert page.evaluate(STORED) == 0


def test_b149_two_tabs_offline_keep_both_texts(page, context: BrowserContext, sign_in, on_one_page, mara):
    sign_in(mara)
    other = context.new_page()
    for one in (page, other):
        one.goto(f"/do/{on_one_page.pk}/1/")
    context.set_offline(True)
    for one, text in ((page, "From the first tab"), (other, "From the second tab")):
        one.get_by_role("textbox", name="Something I am thankful for").fill(text)
        expect(status(one)).to_contain_text("Kept on this phone")
    # The first tab finds the line again a little before the second.
    other.route("**/save/", lambda route: route.abort())
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(status(page)).to_contain_text("Saved at")
    assert kept(on_one_page, mara)["thanks~1"] == ["From the first tab"]
    other.unroute("**/save/")
    other.evaluate("dispatchEvent(new Event('online'))")
    box = other.locator("[data-conflict]")
    expect(box).to_contain_text("From the first tab")
    expect(box).to_contain_text("From the second tab")
    box.get_by_role("button", name="Take the other one").click()
    expect(other.get_by_role("textbox", name="Something I am thankful for")).to_have_value("From the first tab")
    expect(box).to_be_hidden()


def test_a_tab_that_closed_offline_leaves_its_words_for_the_next(page, context, sign_in, on_one_page, mara):
    sign_in(mara)
    gone = context.new_page()
    gone.goto(f"/do/{on_one_page.pk}/1/")
    context.set_offline(True)
    gone.get_by_role("textbox", name="Something I am thankful for").fill("Written on the train")
    expect(status(gone)).to_contain_text("Kept on this phone")
    gone.close()
    context.set_offline(False)
    page.goto(f"/do/{on_one_page.pk}/1/")
    expect(page.get_by_role("textbox", name="Something I am thankful for")).to_have_value("Written on the train")
    expect(status(page)).to_contain_text("Saved at")
    assert kept(on_one_page, mara)["thanks~1"] == ["Written on the train"]


def test_changing_what_was_sent(page, sign_in, axe, hers, mara, therapist, couple):
    moment = timezone.now() + datetime.timedelta(days=2)
    sealed = give(couple, therapist, "reveal", BRANCH, reveals_at=moment)[0]
    sign_in(mara)
    page.goto(f"/do/{sealed.pk}/1/")
    page.get_by_label("In the kitchen").check()
    go_on(page)
    heading(page, "We argued")
    page.goto(f"/do/{sealed.pk}/check/")
    page.get_by_role("button", name="Send my answers").click()
    page.get_by_role("button", name="Change my answers").click()
    heading(page, "Check your answers")
    axe(page)
    page.get_by_role("link", name=re.compile(r"Change\s*: Where we talk best")).click()
    expect(page.get_by_label("In the kitchen")).to_be_checked()
    page.get_by_label("Outside").check()
    go_on(page)
    heading(page, "Check your answers")
    expect(page.locator("main")).to_contain_text("Outside")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent. Thank you")
    with as_attune(sealed):
        assert list(Answer.objects.order_by("response__revision").values_list("choices", flat=True)) == [
            ["kitchen"],
            ["outside"],
        ]
