"""When something is due, in words and in dates: by its rhythm, before a session, or whenever it is needed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from clients.models import Appointment, Client, Couple
from exercises import timing
from exercises.models import Assignment
from exercises.recurrence import Recurrence
from exercises.rhythm import sentence
from exercises.schedule import next_occurrences
from practice.times import local_time

Due = Assignment.Due


class Planned(Protocol):
    """An assignment, or an act of giving: what both say about when."""

    @property
    def due(self) -> str: ...

    @property
    def due_hours_before(self) -> int | None: ...

    @property
    def starts_on(self) -> date: ...

    @property
    def at(self) -> time: ...

    @property
    def recurrence(self) -> Recurrence: ...


def said(planned: Planned, today: date | None = None) -> str:
    """The whole plan in one sentence, without a full stop: 'Every Sunday at 18:00, for 6 weeks'."""
    match planned.due:
        case Due.APPOINTMENT:
            return _before_sessions(planned)
        case Due.ON_DEMAND:
            return _("Whenever they need it")
        case Due.FOLLOW_UP:
            return _("By itself, after another exercise")
    return sentence(planned.recurrence, planned.starts_on, planned.at, today)


def _before_sessions(planned: Planned) -> str:
    recurrence = planned.recurrence
    once = timing.asks_once(recurrence)
    hours = planned.due_hours_before
    session = _("the next session") if once else _("each session")
    if hours is None:
        words = _("On the evening before %(session)s, by %(time)s") % {
            "session": session,
            "time": f"{planned.at:%H:%M}",
        }
    elif hours == 0:
        words = _("Before %(session)s") % {"session": session}
    elif hours % 24 == 0:
        words = ngettext("%(n)s day before %(session)s", "%(n)s days before %(session)s", hours // 24)
        words = words % {"n": hours // 24, "session": session}
    else:
        words = ngettext("%(n)s hour before %(session)s", "%(n)s hours before %(session)s", hours)
        words = words % {"n": hours, "session": session}
    if once:
        return words
    if recurrence.count:
        times = ngettext("%(n)s time", "%(n)s times", recurrence.count) % {"n": recurrence.count}
        return f"{words}, {times}"
    if recurrence.until:
        until = date_format(recurrence.until, pgettext("format of a date with its year", "j F Y"))
        return _("%(words)s, until %(date)s") % {"words": words, "date": until}
    return words


# ── one moment, for people in several zones ──────────────────────────────────


@dataclass(frozen=True)
class Moment:
    """A moment in somebody's own time, and in that of the others where it differs."""

    own: str
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class People:
    """Who something is for, each with their own zone."""

    clients: tuple[Client, ...]
    zones: Mapping[uuid.UUID, ZoneInfo] = field(default_factory=dict)

    def moment(self, at: datetime, of: Client) -> Moment:
        """'Sun 29 Nov, 18:00', and beside it '03:00 (Mon) for Theo'."""
        own = timezone.localtime(at, self.zones[of.pk])
        beside = []
        for other in self.clients:
            there = timezone.localtime(at, self.zones[other.pk])
            if other.pk != of.pk and there.utcoffset() != own.utcoffset():
                beside.append((other.name, clock(there, own.date())))
        return Moment(day_and_time(own), tuple(beside))


def day_and_time(local: datetime) -> str:
    return f"{date_format(local, pgettext('format of a short date', 'D j M'))}, {local_time(local, local.tzinfo)}"


def clock(local: datetime, day: date) -> str:
    """'18:00', or '03:00 (Mon)' where it is another day."""
    said_time = local_time(local, local.tzinfo)
    return said_time if local.date() == day else f"{said_time} ({date_format(local, 'D')})"


# ── the next dates, before anything is written ───────────────────────────────


def next_moments(
    planned: Planned, couple: Couple, people: Iterable[uuid.UUID], zone: ZoneInfo, now: datetime, n: int
) -> list[datetime]:
    """Return when it would be due next in one zone, at most ``n`` times."""
    match planned.due:
        case Due.APPOINTMENT:
            return _next_before_sessions(planned, couple, people, zone, now, n)
        case Due.RHYTHM:
            start = max(timezone.localtime(now, zone).date(), planned.starts_on)
            end = start + timedelta(days=366 * 2)
            slots = next_occurrences(
                planned.recurrence, planned.starts_on, planned.at, zone, start=start, end=end, limit=n + 1
            )
            return [slot.due for slot in slots if slot.due > now][:n]
    return []


def _next_before_sessions(
    planned: Planned, couple: Couple, people: Iterable[uuid.UUID], zone: ZoneInfo, now: datetime, n: int
) -> list[datetime]:
    recurrence = planned.recurrence
    most = 1 if timing.asks_once(recurrence) else min(recurrence.count or n, n)
    found = []
    for session in Appointment.objects.filter(couple=couple).ahead(now).attended_by(people).defer("place")[: n + 5]:
        due = timing.due_before(planned, session, zone)
        day = timezone.localtime(session.starts_at, couple.zone).date()
        if due > now and day >= planned.starts_on and (recurrence.until is None or day <= recurrence.until):
            found.append(due)
    return found[:most]
