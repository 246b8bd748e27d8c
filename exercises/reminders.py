"""Reminders: one for each occurrence and person, at their own time, never after they have answered.

Planned along with the occurrences, they follow a person into another time zone or other quiet hours. Whether
one is still wanted is asked again in the moment it leaves.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from clients import consents, letters, quiet, reach
from clients.models import Client, Contact, Couple, Partner
from clients.signals import contact_changed
from exercises.models import Assignment, Occurrence, Response
from exercises.models.assignment import SOMEDAY
from exercises.schedule import instant
from practice import clock, outbox, tenancy
from practice.models import Message

KIND = "reminder"
#: Called off for these reasons, a reminder may come back when the reason is gone.
COMES_BACK = ("paused", "skipped", "withdrawn")
#: Later than this a reminder says nothing any more.
FRESH_FOR = datetime.timedelta(hours=24)
#: One person gets no more than this on one of their days, whatever was given.
MOST_A_DAY = 3
#: An address that was refused for good is left alone this long, unless its owner confirms it.
REFUSED_FOR = datetime.timedelta(days=7)


def plan_for(*occurrences: Occurrence) -> list[Message]:
    """Plan a reminder of each occurrence for each person it asks; return those that are new.

    Whoever has no sign-in yet gets none. Reminders that are planned and not due yet move to where they
    belong now. Safe to repeat.
    """
    with tenancy.elevated():
        now = clock.now()
        wanted = list(_drafts(occurrences, now))
        # What waits for a session has no hour yet; what was planned for it waits along.
        new = outbox.add(one for one in wanted if one.due_at < SOMEDAY)
        _move(wanted, now)
    return new


def call_off(occurrences: Collection[uuid.UUID], *, reason: str) -> None:
    """Call off what has not left about these occurrences; see ``COMES_BACK``."""
    if occurrences:
        outbox.cancel_all(occurrences, reason=reason)


def follow_contact(client: Client) -> None:
    """Move a client's planned reminders after their zone or quiet hours changed, and plan missing ones."""
    with tenancy.elevated():
        ahead = Occurrence.objects.open().filter(audience__contains=[client.pk], closes_at__gt=clock.now())
        plan_for(*ahead.defer("skip_reason"))


@receiver(contact_changed)
def _contact_changed(sender: object, client: Client, **kwargs: Any) -> None:
    follow_contact(client)


def _drafts(occurrences: Iterable[Occurrence], now: datetime.datetime) -> Iterable[Message]:
    asked = [one for one in occurrences if one.state == Occurrence.State.OPEN]
    silent = set(
        Assignment.objects.filter(pk__in={one.assignment_id for one in asked}, remind=False).values_list(
            "pk", flat=True
        )
    )
    people = {person for one in asked for person in one.audience}
    contacts = {
        contact.client_id: contact
        for contact in Contact.objects.filter(client_id__in=people, client__user__isnull=False)
    }
    for occurrence in asked:
        for person in occurrence.audience:
            contact = contacts.get(person)
            if contact is None or occurrence.assignment_id in silent:
                continue
            due = due_for(occurrence, contact)
            fresh_for = min(FRESH_FOR, occurrence.closes_at - due)
            if due + fresh_for > max(now, due):
                yield _draft(occurrence, person, due, fresh_for)


def due_for(occurrence: Occurrence, contact: Contact) -> datetime.datetime:
    """Return when to remind somebody: the slot's wall time in their own zone, outside their quiet hours.

    What has no wall time, or was moved by hand, is due at its moment.
    """
    due = occurrence.due_at
    if occurrence.moved_at is None and occurrence.slot[:4].isdigit():
        wall = datetime.datetime.fromisoformat(occurrence.slot)
        due = instant(wall.date(), wall.time(), contact.zone) or due
    return quiet.next_allowed(due, contact.quiet_from, contact.quiet_until, contact.zone)


def _draft(occurrence: Occurrence, person: uuid.UUID, due: datetime.datetime, fresh_for: datetime.timedelta) -> Message:
    return outbox.draft(
        KIND,
        person_id=person,
        about_id=occurrence.pk,
        couple_id=occurrence.couple_id,
        occasion=f"occurrence:{occurrence.pk}:due",
        due_at=due,
        fresh_for=fresh_for,
    )


def _move(wanted: list[Message], now: datetime.datetime) -> None:
    """Give reminders that were planned before, and whose time has not come, the times of ``wanted``.

    One that was called off for a reason that is gone is planned again.
    """
    places = {(one.person_id, one.occasion): one for one in wanted}
    waiting = Q(state=Message.State.PLANNED, due_at__gt=now)
    called_off = Q(state=Message.State.CANCELLED, reason__in=COMES_BACK)
    planned = Message.objects.filter(
        waiting | called_off, kind=KIND, about_id__in={one.about_id for one in wanted}, attempts=0
    )
    moved = []
    for message in planned.select_for_update().order_by("pk"):
        place = places.get((message.person_id, message.occasion))
        comes_back = message.state == Message.State.CANCELLED
        if place is None or (comes_back and place.due_at <= now):
            continue
        if comes_back or (message.due_at, message.fresh_until) != (place.due_at, place.fresh_until):
            message.due_at, message.fresh_until = place.due_at, place.fresh_until
            message.state, message.reason, message.finished_at = Message.State.PLANNED, "", None
            moved.append(message)
    Message.objects.bulk_update(moved, ["due_at", "fresh_until", "state", "reason", "finished_at"])


class Reminder(outbox.Handler):
    """What may forbid a reminder, and its words."""

    def wanted(self, message: Message) -> str:
        occurrence = Occurrence.objects.filter(pk=message.about_id).only("couple_id", "assignment_id").first()
        if occurrence is None:
            return "no longer there"
        return (
            of_couple(occurrence.couple_id, message.person_id)
            or _of_assignment(occurrence.assignment_id)
            or _of_occurrence(occurrence.pk, message.person_id)
            or of_person(message.person_id)
        )

    def not_before(self, message: Message, now: datetime.datetime) -> datetime.datetime:
        contact = Contact.objects.get(client_id=message.person_id)
        return quiet.next_allowed(now, contact.quiet_from, contact.quiet_until, contact.zone)

    def compose(self, message: Message) -> outbox.Letter:
        return self.compose_all([message])[message.pk]

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, outbox.Letter]:
        return letters.write_all(messages, "reminder")


outbox.register(KIND, Reminder())


def of_couple(couple_id: uuid.UUID, person: uuid.UUID) -> str:
    """Why nothing may leave for this couple and person; '' when it may. Holds the row until the hand-off."""
    couple = Couple.objects.select_for_update(no_key=True).get(pk=couple_id)
    if couple.status != Couple.Status.ACTIVE:
        return couple.status
    partner = Partner.objects.filter(couple=couple, client_id=person, left_at=None)
    return "" if partner.exists() else "left the couple"


def _of_assignment(assignment_id: uuid.UUID) -> str:
    assignment = Assignment.objects.select_for_update(no_key=True, of=("self",)).defer("why").get(pk=assignment_id)
    if assignment.withdrawn_at:
        return "withdrawn"
    return "" if assignment.remind else "without reminders"


def _of_occurrence(occurrence_id: uuid.UUID, person: uuid.UUID) -> str:
    # The strong lock: whoever writes a response points to this row, and waits, or we see what they wrote.
    occurrence = Occurrence.objects.select_for_update(of=("self",)).defer("skip_reason").get(pk=occurrence_id)
    now = clock.now()
    if occurrence.state != Occurrence.State.OPEN:
        return occurrence.state
    if occurrence.closes_at <= now:
        return "closed"
    if person not in occurrence.audience:
        return "not asked any more"
    if Response.objects.filter(occurrence=occurrence, author_id=person).exists():
        return "answered"
    newer = Occurrence.objects.filter(
        assignment_id=occurrence.assignment_id,
        client_id=occurrence.client_id,
        due_at__gt=occurrence.due_at,
        due_at__lte=now,
    ).exclude(state__in=(Occurrence.State.WITHDRAWN, Occurrence.State.PAUSED))
    return "a newer one is due" if newer.exists() else ""


def of_person(person: uuid.UUID, topic: str = reach.Topic.REMINDERS) -> str:
    # Held until the hand-off, so that the letters of one person are counted one after the other.
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",)).select_related("client").get(client_id=person)
    )
    if Message.Channel.EMAIL not in reach.channels([person], topic)[person]:
        return "wants none"
    if contact.client.user_id is None:
        return "no sign-in"
    if consents.missing(contact.client):
        return "no consent"
    if _was_refused(contact):
        return "address refused"
    return "enough for today" if _sent_today(contact) >= MOST_A_DAY else ""


def _was_refused(contact: Contact) -> bool:
    """Tell whether the mail server has lately said that this address takes nothing, ever."""
    since = clock.now() - REFUSED_FOR
    refused = Message.objects.filter(
        person_id=contact.client_id,
        state=Message.State.DEAD,
        reason__startswith="reply 5",
        finished_at__gt=max(since, contact.confirmed_at or since),
    )
    return refused.exists()


def _sent_today(contact: Contact) -> int:
    day = clock.now().astimezone(contact.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Message.objects.filter(
        kind=KIND,
        person_id=contact.client_id,
        handed_off_at__gte=day,
        state__in=[Message.State.HANDING_OFF, Message.State.ACCEPTED, Message.State.UNKNOWN],
    ).count()
