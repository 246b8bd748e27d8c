"""What the pages that are asked for most ask of the database: no more with a year of answers than with one.

The numbers are budgets: whoever needs a statement more on one of these pages says so here.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Appointment, Client, Couple
from practice.models import Membership, Practice
from tests.benchmarks.pages.life import DAYS, WEEKLY, Rows, answered
from tests.exercises.given import give, make_edition
from tests.factories import inside, make_couple, signed_in

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


@pytest.mark.parametrize(("page", "budget"), [("", 20), ("sheet/", 16)])
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
        ("/today/", 11),
        ("/desk/", 22),
        ("/desk/library/?q=listening", 14),
        ("/api/v1/couples/{couple}/responses/", 12),
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
