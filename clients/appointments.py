"""Meetings of therapist and couple: made, moved, called off, missed; what hangs on the next one follows.

A series is made of rows of its own, so that one can be moved alone. It keeps its wall time in the couple's
zone, whatever the clocks do. An audience names who comes, when it is not everybody; the others see nothing of
it, and nothing of theirs hangs on it.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from clients.models import Appointment, Couple
from clients.signals import appointments_changed
from practice.zones import instant

#: No series is longer: two years of every week.
MOST = 104


class Changed(Exception):
    """Somebody else has changed it since the page was opened. ``now`` is how it stands."""

    def __init__(self, now: Appointment) -> None:
        super().__init__("changed meanwhile")
        self.now = now


@dataclass(frozen=True)
class Meeting:
    """What is said about one meeting, or each of a series, besides its day."""

    at: datetime.time
    minutes: int = 60
    place: str = ""
    link: str = ""
    audience: tuple[uuid.UUID, ...] = ()


def moment(day: datetime.date, at: datetime.time, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """Return the moment of a wall time, as everywhere; on a date that never was, what the clocks show instead."""
    return instant(day, at, zone) or datetime.datetime.combine(day, at, tzinfo=zone).astimezone(datetime.UTC)


def make(couple: Couple, *, starts_at: datetime.datetime, minutes: int, place: str) -> Appointment:
    """Make one meeting with everybody."""
    appointment = Appointment.objects.create(couple=couple, starts_at=starts_at, minutes=minutes, place=place)
    _tell(couple)
    return appointment


def make_on(couple: Couple, days: Sequence[datetime.date], meeting: Meeting) -> list[Appointment]:
    """Make a meeting on each of these days; several of them are a series."""
    series = uuid.uuid4() if len(days) > 1 else None
    made = [
        Appointment(
            couple=couple,
            starts_at=moment(day, meeting.at, couple.zone),
            minutes=meeting.minutes,
            place=meeting.place,
            link=meeting.link,
            audience=list(meeting.audience),
            series=series,
        )
        for day in days
    ]
    for one in made:
        one.save(force_insert=True)
    _tell(couple)
    return made


def days_of(
    first: datetime.date, *, every_weeks: int, count: int | None = None, until: datetime.date | None = None
) -> list[datetime.date]:
    """Return the days of a series, at most :data:`MOST`."""
    found: list[datetime.date] = []
    while len(found) < min(count or MOST, MOST):
        day = first + datetime.timedelta(weeks=every_weeks * len(found))
        if until is not None and day > until:
            break
        found.append(day)
    return found


def version_of(appointment: Appointment) -> str:
    """A short mark of how it stands; an edit says which one it was made from."""
    parts = (
        appointment.starts_at.isoformat(),
        appointment.minutes,
        appointment.place,
        appointment.link,
        sorted(str(one) for one in appointment.audience),
        bool(appointment.cancelled_at),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def change(
    appointment: Appointment, *, seen: str, day: datetime.date, meeting: Meeting, following: bool = False
) -> list[Appointment]:
    """Move or edit one; with ``following``, all that come after it in its series go along by as many days.

    Raises :class:`Changed` when it is not as it was ``seen``, and changes nothing then.
    """
    with transaction.atomic():
        couple = appointment.couple
        known = Appointment.objects.select_for_update().get(pk=appointment.pk)
        if version_of(known) != seen:
            raise Changed(known)
        shift = day - timezone.localtime(known.starts_at, couple.zone).date()
        rows = [known, *(_after(known) if following else ())]
        for one in rows:
            there = timezone.localtime(one.starts_at, couple.zone).date()
            _put(one, moment(there + shift, meeting.at, couple.zone), meeting)
    _tell(couple)
    return rows


def _put(one: Appointment, starts_at: datetime.datetime, meeting: Meeting) -> None:
    now = timezone.now()
    if (starts_at, meeting.minutes) != (one.starts_at, one.minutes):
        one.sequence, one.changed_at = one.sequence + 1, now
    if starts_at != one.starts_at:
        one.starts_at, one.moved_at = starts_at, now
    one.minutes, one.place, one.link = meeting.minutes, meeting.place, meeting.link
    one.audience = list(meeting.audience)
    fields = ["starts_at", "moved_at", "sequence", "changed_at", "minutes", "place", "link", "audience"]
    one.save(update_fields=fields)


def _after(known: Appointment) -> list[Appointment]:
    if known.series is None:
        return []
    later = Appointment.objects.select_for_update().filter(
        couple_id=known.couple_id, series=known.series, starts_at__gt=known.starts_at, cancelled_at=None
    )
    return list(later.order_by("starts_at", "pk"))


def cancel(appointment: Appointment, *, following: bool = False) -> int:
    """Call one off, or with ``following`` all from it on; doing it again changes nothing. Return how many."""
    with transaction.atomic():
        rows = [appointment, *(_after(appointment) if following else ())]
        ids = [one.pk for one in rows]
        now = timezone.now()
        kept = Appointment.objects.filter(pk__in=ids, cancelled_at=None)
        changed = kept.update(cancelled_at=now, changed_at=now, sequence=F("sequence") + 1)
    if changed:
        _tell(appointment.couple)
    return changed


def take_place(appointment: Appointment) -> bool:
    """Undo :func:`cancel` while it is still ahead; return whether it is."""
    ahead = Appointment.objects.filter(pk=appointment.pk, starts_at__gt=timezone.now())
    changed = ahead.exclude(cancelled_at=None).update(
        cancelled_at=None, changed_at=timezone.now(), sequence=F("sequence") + 1
    )
    if changed:
        _tell(appointment.couple)
    return bool(changed)


def miss(appointment: Appointment, missed: bool = True) -> None:
    """Note that nobody came, or that they did after all. A fact for the calendar, and no more."""
    over = Appointment.objects.filter(pk=appointment.pk, starts_at__lte=timezone.now(), cancelled_at=None)
    over.update(missed_at=timezone.now() if missed else None)


def comers(appointment: Appointment, partners: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Return who comes, of these partners in their order."""
    return [one for one in partners if not appointment.audience or one in appointment.audience]


def _tell(couple: Couple) -> None:
    appointments_changed.send(sender=Appointment, couple=couple)
