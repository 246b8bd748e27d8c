"""Real couples with real exercises and reminders, for rehearsals: what forbids a reminder is asked for in earnest."""

from __future__ import annotations

import datetime
import uuid

from clients.models import Contact, Couple
from exercises import reminders
from exercises.models import Assignment, Edition, Occurrence, Response
from practice import clock, tenancy
from practice.models import Practice
from tests import factories
from tests.chaos.kinds import CANARY

MIDNIGHT = datetime.time()
HOUR = datetime.timedelta(hours=1)


def moves_in(practice_id: uuid.UUID, count: int) -> list[Assignment]:
    """Let couples begin in a practice, each given one exercise. They may be reached at any hour."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        practice = Practice.objects.get(pk=practice_id)
    therapist = factories.make_member(practice)
    return [_given(practice, therapist) for _ in range(count)]


def _given(practice: Practice, therapist) -> Assignment:
    couple = factories.make_couple(practice, (f"Ada {CANARY}", f"Ruth {CANARY}"), therapist=therapist)
    people = [one.pk for one in couple.clients]
    with factories.inside(practice):
        Contact.objects.filter(client_id__in=people).update(quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)
        return Assignment.objects.create(
            couple=couple,
            edition=Edition.objects.filter(practice=None).order_by("title").first(),
            given_by=therapist,
            audience=people,
            lane="shared",
            starts_on=datetime.date(2026, 11, 1),
            at=datetime.time(18),
        )


def are_asked(assignments: list[Assignment], name: str) -> int:
    """Ask each couple now. Of every three, one answers at once and one rests; return how many reminders are planned."""
    planned = 0
    for number, assignment in enumerate(assignments):
        with tenancy.acting(tenancy.as_system(assignment.practice_id)):
            now = clock.now()
            asked = Occurrence.objects.create(
                couple_id=assignment.couple_id,
                assignment=assignment,
                audience=assignment.audience,
                slot=name,
                opens_at=now - HOUR,
                due_at=now,
                closes_at=now + 72 * HOUR,
            )
            planned += len(reminders.plan_for(asked))
            if number % 3 == 1:
                _answers(asked, assignment)
            elif number % 3 == 2:
                Couple.objects.filter(pk=assignment.couple_id).update(status=Couple.Status.PAUSED)
    return planned


def _answers(asked: Occurrence, assignment: Assignment) -> None:
    Response.objects.create(
        couple_id=asked.couple_id,
        occurrence=asked,
        author_id=assignment.audience[0],
        edition_id=assignment.edition_id,
        lane=assignment.lane,
        submitted_at=clock.now(),
    )
