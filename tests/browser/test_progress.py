"""The progress page as a therapist meets it: on a phone, at the desk, in the dark, enlarged, colourless, on paper."""

from __future__ import annotations

import datetime
import io

import pikepdf
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from exercises import measured, measures
from tests.browser.conftest import DESK, PHONE
from tests.factories import acting_as
from tests.reports.factories import MOOD, Giver, weeks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WEEKS = 11
TOTALS = {"csi4": ([8, 8, 9, 11, 10, 12, 14, 15], [11, 10, 10, 12, 16]), "phq8": ([7, 6, 4], [12, 13, 9])}
#: Drawings that reach out of their box without a way to get there.
CUT = """() => [...document.querySelectorAll('.plot__box')].filter((box) => {
  const svg = box.querySelector('svg').getBoundingClientRect();
  const stuck = box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== 'auto';
  return svg.width > box.scrollWidth + 1 || stuck;
}).length"""
SIZE_OF_NUMBERS = """() => Math.min(...[...document.querySelectorAll(
  '.plot__box > :is(.chart--line, .chart--own, .chart--bars) text')]
  .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""


@pytest.fixture
def progress(couple, therapist, page, sign_in) -> str:
    """A couple of eleven weeks with measures, moods and answers; the address of their page."""
    giver, today = Giver(couple, therapist), timezone.localdate(timezone=couple.zone)
    first = today - datetime.timedelta(days=7 * WEEKS)
    [check] = giver.give(giver.edition(), starts_on=first)
    [mood] = giver.give(giver.edition(MOOD, title="Mood log"), starts_on=first)
    for at, day in enumerate(weeks(WEEKS, first)):
        for place, person in enumerate(giver.people):
            giver.send(check, person, day, {"closeness": 2 + (at + place) % 7, "heard": 5 + place})
            giver.send(mood, person, day, {"mood": 1 + at % 5})
    with acting_as(therapist):
        for key, lines in TOTALS.items():
            for person, totals in zip(giver.people, lines, strict=True):
                for ago, total in enumerate(reversed(totals)):
                    on = today - datetime.timedelta(days=7 * ago)
                    entry = measured.Entry(on, measures.read(measures.get(key), total), {})
                    measured.enter(couple, person, entry, by=therapist)
    sign_in(therapist)
    return f"/desk/couples/{couple.pk}/progress/"


def fold_out(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


def test_it_is_whole_and_accessible_on_a_phone_and_at_the_desk(page, progress, axe_day_and_night, fits):
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        page.goto(progress)
        expect(page.get_by_role("heading", name="Measures")).to_be_visible()
        axe_day_and_night(page)
        fits(page)
        assert page.evaluate(CUT) == 0
        fold_out(page)
        axe_day_and_night(page)
        fits(page)


def test_the_first_screen_answers_before_anybody_scrolls(page, progress):
    page.set_viewport_size(DESK)
    page.goto(progress)
    for words in ("CSI-4", "What moved", "What next"):
        box = page.locator(".glance").get_by_text(words, exact=True).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < DESK["height"], words


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_numbers_in_drawings_stay_readable(page, progress, width):
    """640 is a desk at 200 %, 320 the same at 400 %: what is drawn grows smaller, its numbers hardly do."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(progress)
    assert page.evaluate(CUT) == 0
    assert page.evaluate(SIZE_OF_NUMBERS) >= 8.5


def test_a_drawing_is_reached_and_moved_by_keyboard(page, progress):
    page.set_viewport_size(PHONE)
    page.goto(progress)
    box = page.locator(".plot__box").first
    box.focus()
    expect(box).to_be_focused()
    assert box.get_attribute("aria-label")


def test_the_dark_page_draws_in_its_own_inks(page, progress):
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="dark")
    page.goto(progress)
    assert page.locator(".run.ink-a").first.evaluate("(one) => getComputedStyle(one).stroke") == "rgb(111, 196, 201)"
    assert page.locator(".wash-a").first.evaluate("(one) => getComputedStyle(one).fill") == "rgb(23, 49, 47)"


def test_without_colours_lines_are_told_by_their_pattern(page, progress):
    page.set_viewport_size(DESK)
    page.emulate_media(forced_colors="active")
    page.goto(progress)
    drawing = page.locator(".chart--line").first
    looks = [
        drawing.locator(f".run.ink-{letter}").evaluate(
            "(one) => [getComputedStyle(one).stroke, getComputedStyle(one).strokeDasharray]"
        )
        for letter in "ab"
    ]
    ground = page.locator("body").evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert looks[0][0] == looks[1][0] != ground
    assert looks[0][1] != looks[1][1]


def test_more_contrast_draws_stronger_lines(page, progress):
    page.set_viewport_size(DESK)
    page.goto(progress)
    width = "(one) => getComputedStyle(one).strokeWidth"
    usual = page.locator(".run").first.evaluate(width)
    page.emulate_media(contrast="more")
    assert page.locator(".run").first.evaluate(width) != usual


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_on_paper_it_is_a_few_pages_without_what_only_a_screen_needs(page, progress, paper, size):
    page.set_viewport_size(DESK)
    page.goto(progress)
    with pikepdf.open(io.BytesIO(page.pdf(format=paper, print_background=True))) as pdf:
        assert 3 <= len(pdf.pages) <= 8
        box = [float(side) for side in pdf.pages[0].mediabox]
        assert (round(box[2]), round(box[3])) == pytest.approx(size, abs=1)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 900})  # what the margins leave of A4
    for hidden in (
        page.get_by_role("navigation").first,
        page.get_by_role("button", name="Print"),
        page.locator(".crumb"),
    ):
        expect(hidden).to_be_hidden()
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0
    expect(page.locator(".measured table").first).to_be_visible()


def test_one_partner_alone_by_a_click(page, progress):
    page.set_viewport_size(DESK)
    page.goto(progress)
    page.get_by_role("navigation", name="Whose lines").get_by_role("link", name="Theo").click()
    expect(page.locator(".chart--own")).to_have_count(1)
    expect(page.locator(".run.ink-a")).to_have_count(0)
    page.get_by_role("link", name="Half a year").click()
    expect(page.locator(".run.ink-a")).to_have_count(0)
    page.get_by_role("link", name="Everybody").click()
    expect(page.locator(".chart--own")).to_have_count(2)
