"""A form from another system: brought in at a desk, given, and answered on a phone to the end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from exercises import assigning
from exercises.models import Exercise, QuestionnaireFile
from reports.models import Alert, Score
from tests.browser.conftest import DESK
from tests.exercises.fhir.samples import FOLDER
from tests.exercises.test_assigning import giving, today_at_end
from tests.factories import acting_as, inside

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page: Page, name: str) -> None:
    page.goto("/desk/library/import/")
    page.set_input_files("input[type=file]", FOLDER / f"{name}.json")
    page.get_by_role("button", name="Look at it first").click()


def test_a_form_is_looked_at_marked_and_taken(page, sign_in, therapist, practice, axe):
    page.set_viewport_size(DESK)
    sign_in(therapist)
    choose(page, "all-item-types")
    expect(page.get_by_role("heading", name="This file cannot be taken")).to_be_visible()
    expect(page.get_by_text("ValueSet/COU")).to_be_visible()
    axe(page)

    choose(page, "phq9-researchkit")
    expect(page.get_by_role("heading", name="Kept, not used")).to_be_visible()
    axe(page)
    page.get_by_label("Title").fill("How the last two weeks were")
    page.get_by_label("Add up the weights to a score").check()
    page.get_by_role("button", name="Take it into the library").click()
    expect(page.get_by_role("heading", name="Please have another look")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("How the last two weeks were")
    expect(page.get_by_label("Add up the weights to a score")).to_be_checked()

    page.get_by_label("We may use this form with our clients").check()
    page.get_by_label("Yes: I mark them below").check()
    ninth = page.get_by_role("listitem").filter(has_text=re.compile("better off dead"))
    ninth.get_by_label("Asks about safety").check()
    for words in ("Several days", "More than half the days", "Nearly every day"):
        ninth.get_by_label(words).check()
    axe(page)
    page.get_by_role("button", name="Take it into the library").click()
    expect(page.get_by_role("heading", level=1, name="How the last two weeks were")).to_be_visible()
    with inside(practice):
        file = QuestionnaireFile.objects.get()
        assert file.marked == {"h1_t1_q9": "any:Several-days,More-than-half-the-days,Nearly-every-day"}


def test_a_measure_is_answered_on_a_phone_and_scored(page, sign_in, therapist, practice, couple, mara, axe):
    sign_in(therapist)
    choose(page, "phq9-lforms")
    page.get_by_label("We may use this form with our clients").check()
    axe(page)
    page.get_by_role("button", name="Take it into the library").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PHQ-9")
    with acting_as(therapist):
        slug = Exercise.objects.get(practice=practice).slug
        chosen = {**today_at_end(couple), "lane": "private", "clients": (mara.pk,)}
        (given,) = assigning.give(giving(couple, slug, **chosen), by=therapist)
        occurrence = given.occurrences.order_by("due_at").first()

    page.context.clear_cookies()
    sign_in(mara)
    page.goto(f"/do/{occurrence.pk}/1/")
    for number in range(9):
        expect(page.get_by_role("group").first).to_be_visible()
        page.get_by_text("Several days" if number < 8 else "Nearly every day", exact=True).click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(re.compile(rf"/{number + 2}/$"))
    page.get_by_text("Somewhat difficult", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent.")
    with inside(practice):
        assert Score.objects.get(series="phq9").value == 11
        assert Alert.objects.get().key == "q_44260_8"
