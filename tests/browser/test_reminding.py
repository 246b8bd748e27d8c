"""When to remind, as a therapist and an owner choose it; and where it says that reminders have stopped."""

from __future__ import annotations

import pytest
from django.urls import reverse

from exercises import stops
from exercises.models import Assignment
from tests.browser.conftest import DESK, PHONE
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import give

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_moments_show_when_they_are_asked_for_and_stopped_reminders_can_be_started_again(
    page, sign_in, axe_day_and_night, fits, size, couple, therapist, owner, mara
):
    page.set_viewport_size(size)
    given = give(couple, therapist, reminder_steps=None)
    with as_attune(couple):
        slug = given.edition.exercise.slug
        stops.begin([(couple.pk, given.pk, mara.pk)])
    sign_in(therapist)
    page.goto(reverse("assign", args=[couple.pk]) + f"?exercise={slug}")
    moments = page.get_by_text("Once more the day after")
    assert not moments.is_visible()
    page.get_by_label("At these moments").check()
    assert moments.is_visible()
    fits(page)
    axe_day_and_night(page)
    page.goto(reverse("plan", args=[couple.pk, given.pk]))
    assert page.get_by_role("heading", name="No answer for two weeks").is_visible()
    fits(page)
    axe_day_and_night(page)
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("Reminders leave again").wait_for()
    with as_attune(couple):
        assert stops.of_assignment(Assignment.objects.get(pk=given.pk)) == set()
    sign_in(owner)
    page.goto(reverse("practice_settings"))
    assert page.get_by_label("When it opens").is_checked()
    fits(page)
    axe_day_and_night(page)
