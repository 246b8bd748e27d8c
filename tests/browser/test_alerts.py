"""In a real browser: help appears as somebody marks that they are not safe, and the desk's pages about it."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import CaseloadEntry, Couple
from exercises import answering
from exercises.models import MeasureEntry, Occurrence
from reports.models import Alert
from tests.browser.conftest import DESK, PHONE
from tests.exercises.given import give
from tests.factories import acting_as, inside, make_couple, make_member, make_practice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HARM = {
    "key": "harm", "type": "yes_no", "label": "I have thought of hurting myself", "private": True, "flag_if": "yes",
}  # fmt: skip
FEAR = {"key": "fear", "type": "yes_no", "label": "I am afraid at home", "private": True, "flag_if": "yes"}
CALM = [{"key": f"calm{n}", "type": "yes_no", "label": f"A calm question {n}"} for n in range(5)]


@pytest.fixture
def house():
    practice = make_practice()
    owner = make_member(practice, "owner", "Olu Owner")
    therapist = make_member(practice)
    return practice, owner, therapist, make_couple(practice, therapist=therapist)


def of(couple: Couple, therapist, client, *questions) -> Occurrence:
    rows = give(couple, therapist, "private", list(questions))
    with acting_as(client):
        return Occurrence.objects.get(pk__in=[one.pk for one in rows])


def test_b155_help_appears_while_somebody_answers_and_is_gone_on_the_next_page(house, screen_of, axe):
    _practice, _owner, therapist, couple = house
    mara = couple.clients[0]
    occurrence = of(couple, therapist, mara, HARM, FEAR, *CALM)
    page = screen_of(mara)
    page.goto(f"/do/{occurrence.pk}/1/")
    help_box = page.get_by_role("heading", name="You do not have to be alone with this")
    expect(help_box).to_be_hidden()
    page.get_by_text("Yes", exact=True).click()
    expect(help_box).to_be_visible(timeout=8000)
    axe(page)
    page.get_by_text("No", exact=True).click()
    expect(help_box).to_be_hidden(timeout=8000)
    page.get_by_text("Yes", exact=True).click()
    expect(help_box).to_be_visible(timeout=8000)
    page.get_by_role("button", name="Continue").last.click()
    expect(page.get_by_role("heading", name="I am afraid at home")).to_be_visible()
    expect(help_box).to_have_count(0)
    line = page.get_by_text("Support options")
    expect(line).to_be_visible()
    expect(page.get_by_text("0808 2000 247")).to_be_hidden()
    line.click()
    expect(page.get_by_text("0808 2000 247")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_desks_pages_about_alerts_read_well_on_every_screen(house, screen_of, axe_day_and_night, size):
    practice, owner, therapist, couple = house
    with inside(practice):
        CaseloadEntry.objects.create(practice=practice, membership=owner, couple=couple)
    mara = couple.clients[0]
    occurrence = of(couple, therapist, mara, HARM)
    with acting_as(mara):
        answering.submit(occurrence, author=mara, raw={"harm": ["yes"]})
    with inside(practice):
        for total, ago in ((8, 30), (16, 0)):
            MeasureEntry.objects.create(
                couple=couple, client=mara, measure="phq9", definition_version="1", total=total,
                taken_on=timezone.localdate() - datetime.timedelta(days=ago), entered_by=therapist,
            )  # fmt: skip
        alert = Alert.objects.get()
    page = screen_of(owner, size)
    at = couple.get_absolute_url()
    for path in (
        "/desk/", "/desk/to-look-at/", f"{at}to-look-at/{alert.pk}/", f"{at}signs/", at, "/desk/practice/duty/",
        "/desk/away/",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        axe_day_and_night(page)
    page.goto(f"{at}to-look-at/{alert.pk}/")
    page.get_by_role("button", name="I look after it").click()
    page.get_by_text("No danger now").click()
    page.get_by_text("Spoke with this person alone").click()
    page.get_by_label("In your words").fill("Called her, all is well.")
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("Nothing urgent is open.")).to_be_visible()
    axe_day_and_night(page)
