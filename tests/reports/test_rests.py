"""What rested was not asked for, and what the practice left out was left out: the report agrees with the plan."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from clients.models import Couple
from exercises import occurrences, pausing, plans
from exercises.models import Occurrence
from reports.editions import clinical_material
from reports.material import Period
from tests.exercises.test_plans import TODAY, WEDNESDAY, day, give
from tests.factories import acting_as

pytestmark = pytest.mark.django_db


def states_of(therapist, couple, now):
    with acting_as(therapist):
        known = Couple.objects.with_partners().get(pk=couple.pk)
        period = Period(TODAY, day(13), known.zone)
        return [dict(one.states) for one in clinical_material(known, period, now).asked]


def test_a_rest_and_a_skip_are_no_failure(couple, therapist):
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        (given,) = give(couple, therapist)
        with acting_as(therapist):
            pausing.pause(couple, by=therapist, kind="holiday", starts_on=day(3), ends_on=day(9))
            slot = Occurrence.objects.order_by("due_at").first().slot
            plans.skip(given, slot, by=therapist, reason="They travel.")
        now = WEDNESDAY + datetime.timedelta(days=13)
        clock.move_to(now)
        with acting_as(therapist):
            occurrences.close_due(now)
        found = states_of(therapist, couple, now)
    assert len(found) == 13 - 7, "the seven days of the rest were not asked for"
    assert found[0] == {0: "skipped", 1: "skipped"}
    assert all(one == {0: "open", 1: "open"} for one in found[1:])
