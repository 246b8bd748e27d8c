"""The therapist's pages of measures in a real browser: they fit, they pass axe, and a baseline is set by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from exercises import measured, measures
from exercises.measured import Entry
from reports import baselines
from tests.browser.conftest import DESK, PHONE
from tests.factories import acting_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = date(2026, 1, 5)
COURSES = {
    ("mara", "csi16"): [38, 41, 40, 47, 50, 53, 55, 58],
    ("theo", "csi16"): [55, 54, 50, 51, 47, 45, 44, 40],
    ("mara", "phq9"): [17, 15, 12, 9, 8],
    ("theo", "k10"): [20, 18],
    ("mara", "gad7"): [12, 11, 6, 5, 9, 8],
    ("theo", "gad7"): [4, 5, 4, 6, 5, 4],
    ("mara", "hits"): [12],
}


@pytest.fixture
def year(couple, mara, theo, therapist):
    """Months of scores of both, one of them compared from a later day."""
    people = {"mara": mara, "theo": theo}
    with acting_as(therapist):
        for (name, key), totals in COURSES.items():
            for place, total in enumerate(totals):
                score = measures.read(measures.get(key), total)
                entry = Entry(MONDAY + timedelta(days=14 * place), score, {})
                measured.enter(couple, people[name], entry, by=therapist)
        gad7 = measures.get("gad7")
        first = baselines.set_baseline(couple, mara, gad7, MONDAY, reason="As agreed at intake.", by=therapist)
        baselines.set_baseline(
            couple, mara, gad7, MONDAY + timedelta(days=50), by=therapist, instead_of=first.pk,
            reason="A new episode began after the move: what was before is told apart.",
        )  # fmt: skip
    return couple


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_pages_of_measures_fit_and_pass_axe(page, sign_in, axe_day_and_night, fits, size, year, mara, therapist):
    sign_in(therapist)
    page.set_viewport_size(size)
    base = f"/desk/couples/{year.pk}/measures/"
    for address in ("together/", f"of/{mara.pk}/", f"of/{mara.pk}/gad7/baseline/"):
        page.goto(base + address)
        for closed in page.locator("details.more").all():
            closed.evaluate("one => one.open = true")
        fits(page)
        axe_day_and_night(page)


def test_a_baseline_is_set_from_the_course_it_is_about(page, sign_in, year, mara, therapist):
    sign_in(therapist)
    page.set_viewport_size(DESK)
    page.goto(f"/desk/couples/{year.pk}/measures/of/{mara.pk}/")
    page.get_by_role("link", name=re.compile("Compare from another day.*PHQ-9")).click()
    page.get_by_label("Compare from").fill("2026-01-19")
    page.get_by_label("Why").fill("The first form was filled in by both together.")
    page.get_by_role("button", name="Compare from this day").click()
    page.get_by_text("Compared from 19 January 2026 on, with 15 of 27 of 19 January 2026.").wait_for()
    page.goto(f"/desk/couples/{year.pk}/measures/together/")
    page.get_by_text("set: compared from 19 Jan 2026 on").wait_for()
