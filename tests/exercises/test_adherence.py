"""How much was sent of what was due: by partner, in the couple's own days, as a clinical report counts it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Couple
from exercises import adherence
from exercises.adherence import Adherence
from exercises.models import Occurrence
from practice.written import together
from reports import editions
from reports.adherence import headlines
from reports.material import Period
from tests.exercises.given import ask, give
from tests.factories import acting_as, inside, make_couple, signed_in

pytestmark = pytest.mark.django_db

State = Occurrence.State
DAY = timedelta(days=1)


def of(couple, therapist, now: datetime | None = None) -> dict[str, Adherence]:
    with acting_as(therapist):
        found = adherence.by_partner(*together(adherence.asked([couple.pk], now or timezone.now())))
        return {client.name: found[couple.pk, client.pk] for client in couple.clients}


@pytest.fixture
def weeks(couple: Couple, therapist, theo) -> Couple:
    """Five days of something for both, done but for some; something of both together; something of Theo's own."""
    first, _theos = give(couple, therapist, "shared", due=timezone.now() - 9 * DAY)
    states = [State.DONE, State.DONE, State.MISSED, State.SKIPPED, State.WITHDRAWN, State.PAUSED]
    with inside(therapist.practice):
        for ago, state in enumerate(states, start=2):
            for one in ask(first.assignment, timezone.now() - ago * DAY):
                Occurrence.objects.filter(pk=one.pk).update(state=State.DONE if one.client_id == theo.pk else state)
    give(couple, therapist, "joint", due=timezone.now() - DAY)
    (own,) = give(couple, therapist, "own", to=[theo], due=timezone.now() - DAY)
    with inside(therapist.practice):
        Occurrence.objects.filter(pk=own.pk).update(state=State.DONE)
    return couple


def test_each_is_counted_for_themselves_and_what_was_skipped_rested_or_kept_is_left_out(weeks, therapist):
    assert of(weeks, therapist) == {"Mara": Adherence(2, 5), "Theo": Adherence(6, 8)}


def test_a_report_of_the_same_days_says_the_same(weeks, therapist):
    today = timezone.localtime(timezone.now(), weeks.zone).date()
    with acting_as(therapist):
        period = Period(today - 27 * DAY, today, weeks.zone)
        (line,) = headlines(editions.clinical_material(weeks, period, timezone.now()))
    both = sum(of(weeks, therapist).values(), Adherence())
    assert (line.value, line.of) == (f"{round(100 * both.sent / both.due)}%", f"of {both.due}")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"])
def test_the_days_are_28_of_the_couples_own_across_a_change_of_the_clocks(zone, practice, therapist):
    couple, here = make_couple(practice, therapist=therapist), ZoneInfo(zone)
    with inside(practice):
        Couple.objects.filter(pk=couple.pk).update(time_zone=zone)
    first = datetime(2026, 3, 7, 0, 10, tzinfo=here)
    for due in (first - timedelta(minutes=20), first, datetime(2026, 4, 3, 23, 50, tzinfo=here)):
        give(couple, therapist, "shared", due=due)
    beyond = datetime(2026, 4, 4, 0, 10, tzinfo=here)
    give(couple, therapist, "shared", due=beyond)
    for hour in (12, 23):
        now = datetime(2026, 4, 3, hour, 45, tzinfo=here)
        assert of(couple, therapist, now)["Mara"] == Adherence(0, 2)


def test_one_query_serves_a_caseload(practice, therapist):
    couples = [make_couple(practice, therapist=therapist) for _number in range(3)]
    for one in couples:
        give(one, therapist, "shared", due=timezone.now() - DAY)
    with acting_as(therapist), CaptureQueriesContext(connection) as caught:
        found = adherence.by_partner(*together(adherence.asked([one.pk for one in couples], timezone.now())))
    assert len(caught) == 1
    assert set(found.values()) == {Adherence(0, 1)}


def test_it_stands_on_the_caseload_for_who_looks_after_them_alone(weeks, therapist, colleague):
    shown = " ".join(signed_in(therapist).get("/desk/").content.decode().split())
    assert "Sent of what was due in 28 days" in shown
    assert '<span class="vh">Mara </span>2 of 5' in shown
    assert '<span class="vh">Theo </span>6 of 8' in shown
    assert "of 5" not in signed_in(colleague).get("/desk/").content.decode()
