"""What the pages that are asked for most ask of the database: no more with a year of answers than with one.

The numbers are budgets: whoever needs a statement more on one of these pages says so here.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Appointment, Client, Couple
from exercises.drafts import save_draft
from practice.models import Membership, Practice
from tests.benchmarks.pages.life import DAYS, WEEKLY, Rows, answered
from tests.benchmarks.pages.portal import TEN, TYPED
from tests.exercises.given import give, make_edition
from tests.factories import acting_as, inside, make_couple, signed_in

pytestmark = pytest.mark.django_db


def statements(ask: Callable[[], HttpResponse], status: int = 200) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert ask().status_code == status
    return len(caught)


def seen_for_weeks(couple: Couple, therapist: Membership, weeks: int) -> None:
    """Let the couple be asked each week for so long, up to today; a session was two weeks ago, and one is ahead."""
    rows, now = Rows(), timezone.now()
    with inside(therapist.practice):
        edition = make_edition(WEEKLY, title="Weekly check", lane="shared")
        answered(rows, couple, therapist, edition, [now - (week * 7 + 1) * DAYS for week in reversed(range(weeks))])
        rows.write()
        for days in (-14, 3):
            Appointment.objects.create(couple=couple, starts_at=now + datetime.timedelta(days=days))


@pytest.mark.parametrize(("page", "budget"), [("", 56), ("sheet/", 34)])
def test_a_page_of_a_couple_asks_as_often_after_a_year_as_after_two_weeks(
    page: str, budget: int, practice: Practice, therapist: Membership
) -> None:
    asked = []
    for weeks in (2, 52):
        couple = make_couple(practice, therapist=therapist)
        seen_for_weeks(couple, therapist, weeks)
        browser = signed_in(therapist)
        path = f"/desk/couples/{couple.pk}/{page}"
        browser.get(path)
        asked.append(statements(lambda browser=browser, path=path: browser.get(path)))  # type: ignore[misc]
    assert asked[0] == asked[1] <= budget, asked


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/today/", 30),
        ("/desk/", 45),
        ("/desk/library/?q=listening", 18),
        ("/api/v1/couples/{couple}/responses/", 20),
    ],
)
def test_a_page_asks_as_often_for_a_dozen_things_as_for_one(
    path: str, budget: int, couple: Couple, mara: Client, therapist: Membership
) -> None:
    browser = signed_in(mara if path == "/today/" else therapist)
    here = path.format(couple=couple.pk)
    asked = []
    for many in (1, 12):
        seen_for_weeks(couple, therapist, many)
        for number in range(many):
            give(couple, therapist, "shared", title=f"Thing {number}")
        browser.get(here)
        asked.append(statements(lambda: browser.get(here)))
    assert asked[0] == asked[1] <= budget, asked


@pytest.mark.parametrize("questions", [[TEN[0], TEN[1], TEN[-1]], TEN], ids=["three", "ten"])
def test_opening_saving_and_sending_ask_as_often_for_ten_questions_as_for_three(
    questions: list[dict[str, Any]], couple: Couple, mara: Client, therapist: Membership
) -> None:
    hers = give(couple, therapist, "shared", questions)[0]
    with acting_as(mara):
        save_draft(hers, author=mara, raw=TYPED, base_version=0)
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    typed = {"base_version": "1", "question": "good", "good": "Tea in the morning"}
    browser.get("/today/")
    assert statements(lambda: browser.get(f"{at}1/")) <= 15
    assert statements(lambda: browser.post(f"{at}save/", typed)) <= 18
    assert statements(lambda: browser.post(f"{at}send/"), 302) <= 49
