"""What tests of reminders are given: a round that asks somebody, its reminders, and what became of them."""

from __future__ import annotations

import datetime
import zoneinfo

from django.utils import timezone

from clients.models import Client, Contact, Couple
from exercises import reminders
from exercises.models import Assignment, Edition, Occurrence, Response
from practice.models import Message
from tests.exercises.given import as_attune

HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
MIDNIGHT = datetime.time()
LONDON = zoneinfo.ZoneInfo("Europe/London")


def reach(couple: Couple, **changes) -> None:
    with as_attune(couple):
        Contact.objects.filter(client__in=couple.clients).update(**changes)


def reach_one(client: Client, **changes) -> None:
    with as_attune(client):
        Contact.objects.filter(client=client).update(**changes)


def give(couple, therapist, *, number: int = 0, lane: str = "shared", why: str = "", **fields) -> Assignment:
    with as_attune(couple):
        edition = Edition.objects.filter(practice=None).order_by("title")[number]
        audience = fields.pop("audience", [one.pk for one in couple.clients])
        fields.setdefault("reminder_steps", ["due"])
        return Assignment.objects.create(
            couple=couple,
            edition=edition,
            given_by=therapist,
            audience=audience,
            lane=lane,
            why=why,
            starts_on=datetime.date(2026, 11, 1),
            at=datetime.time(18),
            **fields,
        )


def ask(assignment, client=None, *, due=-MINUTE, open_for=3 * HOUR, zone=LONDON, **fields) -> Occurrence:
    now = timezone.now().replace(second=0, microsecond=0)
    due_at = now + due
    with as_attune(assignment):
        return Occurrence.objects.create(
            couple_id=assignment.couple_id,
            assignment=assignment,
            client=client,
            audience=[client.pk] if client else assignment.audience,
            slot=due_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
            opens_at=due_at - HOUR,
            due_at=due_at,
            closes_at=due_at + open_for,
            **fields,
        )


def remind(*occurrences: Occurrence) -> list[Message]:
    with as_attune(occurrences[0]):
        return reminders.plan_for(*occurrences)


def answer(occurrence: Occurrence, author: Client) -> None:
    with as_attune(occurrence):
        Response.objects.create(
            couple_id=occurrence.couple_id,
            occurrence=occurrence,
            author=author,
            edition_id=occurrence.assignment.edition_id,
            lane=occurrence.assignment.lane,
            submitted_at=timezone.now(),
        )


def again(message: Message) -> Message:
    with as_attune(message):
        return Message.objects.get(pk=message.pk)


def hours_ago(message: Message, hours: float) -> None:
    """Let a message that left have left earlier."""
    with as_attune(message):
        left = timezone.now() - hours * HOUR
        Message.objects.filter(pk=message.pk).update(handed_off_at=left, begun_at=left, planned_for=left)
