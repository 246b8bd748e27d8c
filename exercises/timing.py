"""When one round opens, is due, stops counting as on time, and closes: four moments, apart from each other.

Free of the database. A rhythm or a session gives the moments their usual places; what the therapist chose for
an assignment wins over them.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import zip_longest
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone

from clients.models import Appointment
from exercises.models import Assignment
from exercises.models.assignment import SOMEDAY
from exercises.recurrence import Freq, Recurrence
from exercises.schedule import Slot, instant, next_occurrences

#: How long something may still be answered after it was due.
STAYS_OPEN = timedelta(days=7)
STAYS_OPEN_ONCE = timedelta(days=14)
#: While somebody is still writing, nothing closes under their hands.
WRITING = timedelta(minutes=15)
#: Something begun whenever it was needed is due a day later.
ON_DEMAND_DUE = timedelta(hours=24)


@dataclass(frozen=True)
class Times:
    """One slot of one person: when it opens, is due and closes; late counts from ``grace_until``."""

    slot: str
    opens_at: datetime.datetime
    due_at: datetime.datetime
    closes_at: datetime.datetime
    grace_until: datetime.datetime | None = None
    appointment_id: uuid.UUID | None = None


def asks_once(recurrence: Recurrence) -> bool:
    return recurrence.freq == Freq.ONCE or recurrence.count == 1


def shaped(
    assignment: Assignment,
    slot: str,
    due: datetime.datetime,
    *,
    opens: datetime.datetime,
    closes: datetime.datetime,
    appointment_id: uuid.UUID | None = None,
) -> Times:
    """Return the four moments around ``due``. ``opens`` and ``closes`` hold where nothing else was chosen."""
    if assignment.opens_hours_before is not None:
        opens = due - timedelta(hours=assignment.opens_hours_before)
    if assignment.closes_hours_after is not None:
        closes = due + timedelta(hours=assignment.closes_hours_after)
    on_time = due + timedelta(hours=assignment.grace_hours)
    closes = max(closes, on_time) if assignment.accept_late else on_time
    grace = on_time if assignment.grace_hours else None
    return Times(slot, min(opens, due), due, closes, grace, appointment_id)


# ── by the calendar ──────────────────────────────────────────────────────────


def on_dates(assignment: Assignment, zone: ZoneInfo, start: date, end: date) -> Iterator[tuple[date, Times]]:
    """Give the rounds of a rhythm on local dates from ``start`` to ``end``, each with its day.

    A round makes room for the next one, though never before it was due itself.
    """
    recurrence = assignment.recurrence
    slots = next_occurrences(
        recurrence,
        assignment.starts_on,
        assignment.at,
        zone,
        start=start,
        # Looking a little further shows when the last one has to make room for its successor.
        end=end + STAYS_OPEN_ONCE,
    )
    longest = STAYS_OPEN_ONCE if asks_once(recurrence) else STAYS_OPEN
    for slot, following in zip_longest(slots, slots[1:]):
        if slot.day > end:
            return
        closes = slot.due + longest
        if following is not None:
            closes = max(min(closes, _opening_of(assignment, following, zone)), slot.due)
        yield slot.day, shaped(assignment, slot.key, slot.due, opens=_start_of(slot.day, zone, slot.due), closes=closes)


def times(assignment: Assignment, zone: ZoneInfo, now: datetime.datetime, *, ahead: timedelta) -> list[Times]:
    """Return the rounds of a rhythm in one zone that can still be answered, up to ``ahead`` from now."""
    today = timezone.localtime(now, zone).date()
    longest = timedelta(hours=max(assignment.closes_hours_after or 0, assignment.grace_hours))
    found = on_dates(assignment, zone, today - max(STAYS_OPEN_ONCE, longest), today + ahead)
    return [one for _day, one in found if one.closes_at > now]


def times_of_slot(assignment: Assignment, slot: str, zone: ZoneInfo) -> Times | None:
    """Return the moments that the calendar gives a slot, or None when it is none of its slots."""
    try:
        day = date.fromisoformat(slot[:10])
    except ValueError:
        return None
    return next((one for _day, one in on_dates(assignment, zone, day, day) if one.slot == slot), None)


def _opening_of(assignment: Assignment, slot: Slot, zone: ZoneInfo) -> datetime.datetime:
    if assignment.opens_hours_before is not None:
        return slot.due - timedelta(hours=assignment.opens_hours_before)
    return _start_of(slot.day, zone, slot.due)


def _start_of(day: date, zone: ZoneInfo, otherwise: datetime.datetime) -> datetime.datetime:
    return instant(day, time(), zone) or otherwise


# ── by a session ─────────────────────────────────────────────────────────────


class Waits(Protocol):
    """What says how long before a session something is due: an assignment, or an act of giving."""

    @property
    def due_hours_before(self) -> int | None: ...

    @property
    def at(self) -> time: ...


def due_before(assignment: Waits, session: Appointment, zone: ZoneInfo) -> datetime.datetime:
    """When something is due that waits for a session: some hours before it, or the evening before."""
    if assignment.due_hours_before is not None:
        return session.starts_at - timedelta(hours=assignment.due_hours_before)
    day = timezone.localtime(session.starts_at, zone).date()
    for back in (1, 2):
        moment = instant(day - timedelta(days=back), assignment.at, zone)
        if moment is not None:
            return moment
    return session.starts_at - timedelta(hours=24)


def before_session(
    assignment: Assignment, slot: str, session: Appointment | None, zone: ZoneInfo, opens: datetime.datetime
) -> Times:
    """Return the moments of a round that is due before ``session``; without one it waits, open.

    What comes back for each session stays open until the session is over, when the next round begins.
    """
    if session is None:
        return Times(slot, opens, SOMEDAY, SOMEDAY)
    due = due_before(assignment, session, zone)
    closes = due + STAYS_OPEN_ONCE if asks_once(assignment.recurrence) else max(session.ends_at, due)
    return shaped(assignment, slot, due, opens=opens, closes=closes, appointment_id=session.pk)


# ── whenever it is needed ────────────────────────────────────────────────────


def begun(assignment: Assignment, slot: str, now: datetime.datetime) -> Times:
    """Return the moments of a round that somebody begins now."""
    due = now + ON_DEMAND_DUE
    made = shaped(assignment, slot, due, opens=now, closes=due + STAYS_OPEN)
    return Times(slot, now, made.due_at, made.closes_at, made.grace_until)


def afterwards(assignment: Assignment, slot: str, base: datetime.datetime, hours: int) -> Times:
    """Return the moments of what follows ``base`` by some hours. It opens when half of them are over."""
    due = base + timedelta(hours=hours)
    return shaped(assignment, slot, due, opens=base + timedelta(hours=hours) / 2, closes=due + STAYS_OPEN)
