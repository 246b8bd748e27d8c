"""Looking back as people do: a therapist at the desk, a partner with a phone, and one sheet of paper."""

from __future__ import annotations

import datetime
import io

import pikepdf
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clients.models import Appointment, Couple
from exercises import agenda, answering, goals, notes
from exercises.models import Occurrence
from practice.ids import uuid7
from tests.browser.conftest import DESK, PHONE
from tests.exercises.given import TWO_SCALES, as_attune, give
from tests.factories import acting_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOUR_SCALES = [
    {
        "key": f"q{n}",
        "type": "scale",
        "label": f"{label} in these last two weeks, all in all",
        "min": 0,
        "max": 10,
        "low": "Far",
        "high": "Near",
    }
    for n, label in enumerate(["Felt heard", "Fair share at home", "We laugh together", "How close I felt"])
]
LONG = "A long line about what was hard this week and what we would like to do about it together, slowly. " * 3


def send(occurrence: Occurrence, who, **raw) -> None:
    with acting_as(who):
        answering.submit(occurrence, author=who, raw={key: [value] for key, value in raw.items()})


def at_the_desk(page: Page) -> None:
    page.set_viewport_size(DESK)


def on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)


def test_an_answer_is_reviewed_commented_read_on_the_phone_and_answered(
    page, sign_in, axe, fits, couple, therapist, mara, theo
):
    hers, his = give(couple, therapist, "shared", TWO_SCALES)
    send(hers, mara, near="8", good="Tea at six")
    send(his, theo, near="3", good="The walk")

    at_the_desk(page)
    sign_in(therapist)
    page.goto("/desk/")
    page.get_by_role("link", name="Work through answers").click()
    axe(page)
    card = page.locator("[data-work]", has_text="Tea at six")
    page.locator("[data-work]").first.click(position={"x": 4, "y": 4})
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-work]").first).to_be_focused()
    card.focus()
    page.keyboard.press("r")
    reviewed = page.locator("[data-work]", has_text="Reviewed by Dr Ines Karlsen")
    expect(reviewed).to_be_focused()
    page.keyboard.press("u")
    expect(card).to_be_visible()
    card.focus()
    page.keyboard.press("r")
    expect(reviewed).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1, name="Comment")).to_be_visible()
    axe(page)
    page.get_by_label("Your message").fill("That took courage.")
    page.get_by_label("Mara alone").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sent. It waits in their own space.")).to_be_visible()

    on_a_phone(page)
    sign_in(theo)
    page.goto("/today/")
    expect(page.get_by_text("A message for you")).to_have_count(0)
    expect(page.get_by_text("has looked at this")).to_have_count(0)

    sign_in(mara)
    page.goto("/today/")
    expect(page.get_by_text("Dr Ines Karlsen has looked at this")).to_be_visible()
    page.get_by_role("link", name="A message for you").click()
    expect(page.get_by_text("That took courage.")).to_be_visible()
    expect(page.get_by_text("Not for emergencies.")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_label("Your message").fill("Thank you. It did.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("listitem").filter(has_text="Thank you. It did.")).to_be_visible()
    page.goto("/today/")
    expect(page.get_by_text("A message for you")).to_have_count(0)

    at_the_desk(page)
    sign_in(therapist)
    page.goto("/desk/")
    page.get_by_role("link", name="Answer for Mara and Theo").click()
    expect(page.get_by_text("Thank you. It did.")).to_be_visible()
    expect(page.get_by_text("Only you and Mara can read this.")).to_be_visible()
    axe(page)


def test_a_goal_in_their_own_words_gets_a_number_from_the_phone(
    page, sign_in, axe, fits, couple, therapist, mara, theo
):
    at_the_desk(page)
    sign_in(therapist)
    page.goto(f"/desk/couples/{couple.pk}/goals/new/")
    page.get_by_label("In their own words").fill("One evening a week for the two of us")
    page.get_by_label("Mara and Theo together").check()
    page.get_by_role("button", name="Save").click()
    axe(page)

    on_a_phone(page)
    sign_in(mara)
    page.goto("/today/")
    page.get_by_role("link", name="One evening a week").click()
    expect(page.get_by_text("You both, straight away")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("radio", name="6").check()
    page.get_by_role("button", name="Note it").click()
    page.wait_for_url("**/goals/")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    axe(page)
    fits(page)

    at_the_desk(page)
    sign_in(therapist)
    page.goto(f"/desk/couples/{couple.pk}/goals/")
    expect(page.get_by_role("row", name="Mara").get_by_text("6").first).to_be_visible()


@pytest.fixture
def full_sheet(couple, therapist, mara, theo) -> Couple:
    """As much as a sheet can hold, and something private."""
    with as_attune(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() - datetime.timedelta(days=7))
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(hours=2))
    for number in range(11):
        hers, his = give(
            couple, therapist, "shared", FOUR_SCALES, title=f"A check-in with a long name, number {number}"
        )
        if number % 3 == 0:
            with acting_as(theo):
                answering.skip(his, author=theo, reason=LONG)
        else:
            send(his, theo, q0="3", q1="8", q2="8", q3="8")
        send(hers, mara, q0="8", q1="4", q2="8", q3="7")
    (alone, _his) = give(couple, therapist, "private", TWO_SCALES, title="Marzipan")
    send(alone, mara, near="2", good="canary words")
    with acting_as(therapist):
        for number in range(7):
            agenda.note_down(couple, therapist, f"{number}. {LONG}")
            notes.write(couple, therapist, f"{number}. {LONG}", for_session=True)
            goal = goals.set_goal(couple, [mara.pk, theo.pk], f"{number}. {LONG}"[:190], by=therapist)
    with acting_as(mara):
        goals.rate(goal, mara, 4, key=uuid7())
    return couple


def pages_of(page: Page) -> int:
    with pikepdf.open(io.BytesIO(page.pdf(format="A4"))) as pdf:
        return len(pdf.pages)


def test_the_sheet_is_one_screen_and_one_printed_page(page, sign_in, axe, full_sheet, therapist):
    at_the_desk(page)
    sign_in(therapist)
    page.goto("/desk/")
    page.get_by_role("link", name="Prepare Mara and Theo").first.click()
    expect(page.get_by_role("heading", name="Furthest apart")).to_be_visible()
    expect(page.get_by_text("Marzipan")).to_have_count(0)
    axe(page)
    assert pages_of(page) == 1

    page.get_by_role("link", name="With Mara’s private part").click()
    expect(page.get_by_text("Marzipan").first).to_be_visible()
    axe(page)
    page.emulate_media(media="print")
    expect(page.locator(".sheet__private")).to_be_hidden()
    page.emulate_media(media="null")
    assert pages_of(page) == 1
    page.get_by_label("Print this part, too").check()
    page.emulate_media(media="print")
    expect(page.locator(".sheet__private")).to_be_visible()
    page.emulate_media(media="null")

    page.get_by_role("link", name="For the table").click()
    expect(page.get_by_role("heading", name="Places to be curious")).to_be_visible()
    for words in ("Marzipan", "Not worked through", "left out", "To bring up"):
        expect(page.locator("main").get_by_text(words)).to_have_count(0)
    axe(page)
    assert pages_of(page) == 1
