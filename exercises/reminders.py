"""Reminders: for each occurrence, person, channel and step one message, and never one after they have answered.

Planned along with the occurrences, they follow a person into another time zone, other quiet hours and other
channels. Whether one is still wanted is asked again in the moment it leaves (:mod:`exercises.reminding`).
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from clients import letters
from clients.models import Client
from clients.signals import contact_changed
from exercises import reminder_facts, reminding, stops
from exercises.models import Assignment, Occurrence
from exercises.reminder_plan import KIND, NO_TIME, Key, Place, Wishes, wanted
from exercises.reminding import NOT_THIS_STEP, NOT_THIS_WAY, SILENT
from practice import clock, outbox, tenancy
from practice.models import Message, Practice
from practice.signals import reminder_steps_changed

__all__ = ["KIND", "Reminder", "call_off", "follow_assignment", "follow_contact", "plan_for"]

State = Message.State

#: Called off for these reasons, a reminder may come back when the reason is gone.
COMES_BACK = ("paused", "skipped", "withdrawn", SILENT, NOT_THIS_STEP, NOT_THIS_WAY, NO_TIME)
#: So many occurrences are planned at a time where there may be very many.
PORTION = 500


def plan_for(*occurrences: Occurrence, people: Collection[uuid.UUID] | None = None) -> list[Message]:
    """Bring the reminders of these occurrences to where they belong now; return those that are new.

    What nobody wants any more is called off, what was called off for a reason that is gone is planned again.
    Whoever has no sign-in yet gets none. Of what fell due already only the newest is planned, while it is
    fresh. Safe to repeat, at any time and by any number of planners at once.
    """
    with tenancy.elevated():
        now = clock.now()
        wishes = Wishes(occurrences, people)
        if not wishes.occurrences:
            return []
        every, worth = wanted(wishes, now)
        # In one order, so that planners who write the same rows wait and never block each other.
        new = outbox.add(worth[key].message() for key in sorted(worth))
        _bring_along(wishes, every, worth)
    return new


def call_off(occurrences: Collection[uuid.UUID], *, reason: str) -> None:
    """Call off what has not left about these occurrences; see ``COMES_BACK``."""
    if occurrences:
        outbox.cancel_all(occurrences, reason=reason)


def follow_contact(client: Client) -> None:
    """Bring a client's reminders along after zone, quiet hours or channels changed, and plan missing ones."""
    with tenancy.elevated():
        _plan_all(Occurrence.objects.filter(audience__contains=[client.pk]), people=[client.pk])


def follow_assignment(assignment: Assignment) -> None:
    """Bring an assignment's reminders along after its own choice of steps changed."""
    with tenancy.elevated():
        _plan_all(Occurrence.objects.filter(assignment=assignment))


def follow_practice() -> None:
    """Bring all reminders along whose assignments do as the practice does, after that changed."""
    with tenancy.elevated():
        _plan_all(Occurrence.objects.filter(assignment__reminder_steps=None, assignment__remind=True))


def _plan_all(occurrences: QuerySet[Occurrence], people: Collection[uuid.UUID] | None = None) -> None:
    open_ones = occurrences.filter(state=Occurrence.State.OPEN, closes_at__gt=clock.now())
    ahead = list(open_ones.defer("skip_reason").order_by("pk"))
    for start in range(0, len(ahead), PORTION):
        plan_for(*ahead[start : start + PORTION], people=people)


@receiver(contact_changed)
def _contact_changed(sender: object, client: Client, **kwargs: Any) -> None:
    follow_contact(client)


@receiver(reminder_steps_changed)
def _steps_changed(sender: object, practice: Practice, **kwargs: Any) -> None:
    follow_practice()


def _bring_along(wishes: Wishes, every: Mapping[Key, Place], worth: Mapping[Key, Place]) -> None:
    """Move, call off or plan again what was planned before, so that it agrees with what is called for."""
    concerned = Q(kind=KIND, about_id__in={one.pk for one in wishes.occurrences}, person_id__in=wishes.people)
    called_off = Q(state=State.CANCELLED, reason__in=COMES_BACK)
    rows = Message.objects.filter(concerned, outbox.RECALLABLE | called_off).order_by("pk").select_for_update()
    changed = []
    for message in rows:
        key = message.person_id, message.channel, message.occasion
        if message.state == State.CANCELLED:
            if key in worth:
                _put(message, worth[key])
                changed.append(message)
        elif key not in every:
            message.state, message.reason, message.finished_at = State.CANCELLED, wishes.why_not(message), clock.now()
            message.worker, message.lease_until = "", None
            changed.append(message)
        elif message.state == State.PLANNED and _moves(message, every[key]):
            _put(message, every[key])
            changed.append(message)
    fields = ["planned_for", "due_at", "fresh_until", "state", "reason", "finished_at", "worker", "lease_until"]
    Message.objects.bulk_update(changed, fields, batch_size=PORTION)


def _moves(message: Message, place: Place) -> bool:
    """Tell whether it belongs elsewhere; what only waits for its turn stays where it waits."""
    return (message.planned_for, message.fresh_until) != (place.planned.due_at, place.planned.fresh_until)


def _put(message: Message, place: Place) -> None:
    message.planned_for = message.due_at = place.planned.due_at
    message.fresh_until = place.planned.fresh_until
    message.state, message.reason, message.finished_at = State.PLANNED, "", None


class Reminder(outbox.Handler):
    """What may forbid a reminder, and its words."""

    merges = True
    words = _("Reminders")
    template = "reminder"

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, outbox.Verdict]:
        """Decide about many at once, in a fixed number of queries; write down whom reminders end for."""
        reading = reminder_facts.Reading(messages, now)
        facts = {one.pk: reading.facts(one) for one in messages}
        verdicts = {pk: reminding.verdict(one, now) for pk, one in facts.items()}
        ended = outbox.Skip(reminding.IGNORED)
        stops.begin(
            reading.place_of(one) for one in messages if verdicts[one.pk] == ended and not facts[one.pk].is_stopped
        )
        return verdicts

    def wanted(self, message: Message) -> str:
        verdict = self.decide([message], clock.now())[message.pk]
        return verdict.reason if isinstance(verdict, outbox.Skip) else ""

    def compose(self, message: Message) -> outbox.Letter:
        return self.compose_all([message])[message.pk]

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, outbox.Letter]:
        return letters.write_all(messages, self.template)


outbox.register(KIND, Reminder())
