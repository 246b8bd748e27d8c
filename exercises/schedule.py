"""When an exercise is due: the dates of a recurrence, and the slots that they make in a time zone.

The expansion is our own and steps from period to period by arithmetic, so that its cost is bounded by the
number of dates asked for. Periods are counted from the first date that matches. Where a month is too short
for the chosen day, its last day stands in, so that no month is skipped. Dates are local dates; only `instant`
(`practice/zones.py`) knows about time zones.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from exercises.recurrence import EARLIEST, LAST, LATEST, Freq, Recurrence, ScheduleError
from exercises.vocabulary import TimeOfDay
from practice.zones import instant, zone_names

__all__ = [
    "Freq",
    "Recurrence",
    "ScheduleError",
    "Slot",
    "ZoneError",
    "dates",
    "default_time",
    "instant",
    "next_occurrences",
    "zone",
    "zone_names",
]

DEFAULT_TIMES = {
    TimeOfDay.MORNING: time(8),
    TimeOfDay.MIDDAY: time(12, 30),
    TimeOfDay.EVENING: time(19),
    TimeOfDay.ANY: time(18),
}


def default_time(time_of_day: str) -> time:
    """The local time that a hint like 'evening' stands for until somebody chooses another."""
    return DEFAULT_TIMES[TimeOfDay(time_of_day)]


def dates(
    recurrence: Recurrence,
    first: date,
    *,
    start: date | None = None,
    end: date | None = None,
    limit: int = 400,
) -> list[date]:
    """The dates from `start` to `end`, both included; at most `limit` of them. None lies before `first`."""
    start, end = max(start or first, first), min(end or LATEST, LATEST)
    found: list[date] = []
    for day in _all_dates(recurrence, first, start):
        if day > end or len(found) >= limit:
            break
        if day >= start:
            found.append(day)
    return found


def _all_dates(recurrence: Recurrence, first: date, start: date) -> Iterator[date]:
    """Dates in order. May leave out those before `start`, except where a count makes every date matter."""
    if not EARLIEST <= first <= LATEST:
        raise ScheduleError({"first": _("This day is too far away.")})
    days = _endless(recurrence, first, first if recurrence.count else start)
    last = recurrence.until or LATEST
    return takewhile(lambda day: day <= last, islice(days, recurrence.count))


def _endless(recurrence: Recurrence, first: date, start: date) -> Iterator[date]:
    if recurrence.freq is Freq.ONCE:
        yield first
        return
    if recurrence.reviews:
        yield first
        anchor, skipped = first, 1
    else:
        match = next(_matches(recurrence, first, first, 1, 0), None)
        if match is None:
            return
        anchor, skipped = match, 0
    step = recurrence.interval
    behind = max(0, _periods_between(recurrence.freq, anchor, start) // step - 1)
    yield from _matches(recurrence, first, anchor, step, max(skipped, behind))


def _matches(recurrence: Recurrence, first: date, anchor: date, step: int, index: int) -> Iterator[date]:
    """Every match not before `anchor`, from the period `index` steps after the anchor's own."""
    while True:
        days = _days_in_period(recurrence, first, anchor, step * index)
        if days is None:
            return
        yield from (day for day in days if day >= anchor)
        index += 1


def _periods_between(freq: Freq, anchor: date, day: date) -> int:
    match freq:
        case Freq.DAILY:
            return (day - anchor).days
        case Freq.WEEKLY:
            return (day - anchor).days // 7
        case Freq.MONTHLY:
            return (day.year - anchor.year) * 12 + day.month - anchor.month
    return day.year - anchor.year


def _days_in_period(recurrence: Recurrence, first: date, anchor: date, offset: int) -> list[date] | None:
    """The matching days, `offset` periods after the anchor's own. None past the end of the calendar."""
    match recurrence.freq:
        case Freq.DAILY:
            if offset > (LATEST - anchor).days:
                return None
            return [anchor + timedelta(days=offset)]
        case Freq.WEEKLY:
            monday = anchor - timedelta(days=anchor.weekday())
            if offset * 7 > (LATEST - monday).days:
                return None
            weekdays = recurrence.weekdays or (first.weekday(),)
            return [monday + timedelta(days=offset * 7 + weekday) for weekday in weekdays]
        case Freq.MONTHLY:
            year, month = divmod(anchor.year * 12 + anchor.month - 1 + offset, 12)
            return None if year > LATEST.year else [_day_of_month(recurrence, first, year, month + 1)]
    year = anchor.year + offset
    return None if year > LATEST.year else [_clamped(year, first.month, first.day)]


def _day_of_month(recurrence: Recurrence, first: date, year: int, month: int) -> date:
    if recurrence.nth is None:
        wanted = recurrence.monthday or first.day
        return _clamped(year, month, 31 if wanted == LAST else wanted)
    weekday = recurrence.weekdays[0]
    if recurrence.nth == LAST:
        last = _clamped(year, month, 31)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    start = date(year, month, 1)
    return start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * (recurrence.nth - 1))


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


class ZoneError(ValueError):
    """Not the name of a time zone that we know."""


def zone(name: str) -> ZoneInfo:
    """The time zone of that exact name. Raises ZoneError for everything else, near misses included."""
    if name not in zone_names():
        raise ZoneError("not a time zone: " + ascii(str(name)[:60]))
    return ZoneInfo(name)


@dataclass(frozen=True)
class Slot:
    """One time that something is due. Its key is the local time as planned, which no zone change moves."""

    key: str
    day: date
    due: datetime


def next_occurrences(
    recurrence: Recurrence, first: date, at: time, zone: ZoneInfo, *, start: date, end: date, limit: int = 400
) -> list[Slot]:
    """The slots on local dates from `start` to `end`, at most one a date; the same every time it is asked."""
    slots = []
    for day in dates(recurrence, first, start=start, end=end, limit=limit):
        due = instant(day, at, zone)
        if due is not None:
            slots.append(Slot(f"{day.isoformat()}T{at:%H:%M}", day, due))
    return slots
