"""What is due, in the calendar of the person who is asked. Every kind of it has the same word."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from clients import calendar_entries
from clients.calendar_entries import SHORT, Entry, Window
from clients.models import Client, Contact, Couple
from exercises.models import Occurrence, Response


@calendar_entries.for_people
def due(person: Client, couples: list[Couple], window: Window) -> Iterable[Entry]:
    """What this person can still be asked, at the time it is due. What they sent, and what rests, is not there."""
    rows = list(
        Occurrence.objects.open()
        .filter(Q(client=person) | Q(client=None, audience__contains=[person.pk]), couple__in=couples)
        .filter(due_at__range=(window.first, window.last), closes_at__gt=window.now)
        .select_related("appointment")
        .defer("skip_reason")
        .order_by("due_at", "pk")[: calendar_entries.MOST]
    )
    joint = [one.pk for one in rows if one.client_id is None]
    sent = set(Response.objects.filter(author=person, occurrence__in=joint).values_list("occurrence_id", flat=True))
    zone = Contact.objects.filter(client=person).values_list("time_zone", flat=True).first() or "UTC"
    return [_entry(one, person, zone) for one in rows if one.pk not in sent]


def _entry(one: Occurrence, person: Client, zone: str) -> Entry:
    made_at = calendar_entries.made_at(one.pk)
    session = one.appointment
    moved = max(filter(None, (made_at, one.moved_at, session.changed_at if session else None)))
    return Entry(
        uid=calendar_entries.uid_of(person.pk, one.pk),
        title=_("Reminder"),
        starts_at=one.due_at,
        ends_at=one.due_at + SHORT,
        zone=zone,
        sequence=max(0, int((moved - made_at) / datetime.timedelta(seconds=1))),
        changed_at=moved,
    )
