"""Entries as an iCalendar file (RFC 5545, with RFC 7986's word on how often to look again).

Times are written as wall time with the zone's id, and the zone's rules stand in the same file: a program that knows no
zones of its own shows the right hour on both sides of a change of clocks. An hour that comes twice cannot be said in a
way that all programs take alike, and is written in UTC. No time floats.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable, Sequence
from functools import lru_cache

import icalendar
from django.utils.translation import gettext as _

from clients.calendar_entries import Entry

#: How often a program may look again.
AGAIN = datetime.timedelta(hours=1)


def written(entries: Sequence[Entry], *, alarm: int | None) -> bytes:
    """Return the file. ``alarm``: minutes before something begins; None: nothing rings."""
    file = icalendar.Calendar()
    # Neither the maker nor the name of the calendar says what it is about.
    file.add("prodid", "-//Calendar//Calendar//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("method", "PUBLISH")
    file.add("x-wr-calname", _("Calendar"))
    file.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", "PT1H")
    events = [_event(one, alarm) for one in entries]
    for name, first, last in _zones(entries):
        file.add_component(_zone(name, first, last))
    for event in events:
        file.add_component(event)
    return file.to_ical()


def _event(one: Entry, alarm: int | None) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", one.uid)
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("sequence", one.sequence)
    starts_at, ends_at = _as_written(one)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", one.title)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if one.busy and not one.cancelled else "TRANSPARENT")
    event.add("class", "PRIVATE")
    if alarm is not None and not one.cancelled:
        event.add_component(_ring(one.title, alarm))
    return event


def _ring(title: str, minutes: int) -> icalendar.Alarm:
    ring = icalendar.Alarm()
    ring.add("action", "DISPLAY")
    ring.add("description", title)
    ring.add("trigger", -datetime.timedelta(minutes=minutes))
    return ring


def _as_written(one: Entry) -> tuple[datetime.datetime, datetime.datetime]:
    here = zoneinfo.ZoneInfo(one.zone)
    starts_at, ends_at = one.starts_at.astimezone(here), one.ends_at.astimezone(here)
    if one.zone == "UTC" or _comes_twice(starts_at) or _comes_twice(ends_at):
        return one.starts_at.astimezone(datetime.UTC), one.ends_at.astimezone(datetime.UTC)
    return starts_at, ends_at


def _comes_twice(moment: datetime.datetime) -> bool:
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def _zones(entries: Iterable[Entry]) -> list[tuple[str, int, int]]:
    """Return each zone with the years that its rules are written for."""
    years: dict[str, set[int]] = {}
    for one in entries:
        if one.zone != "UTC":
            years.setdefault(one.zone, set()).update((one.starts_at.year, one.ends_at.year))
    return [(name, min(found) - 1, max(found) + 2) for name, found in sorted(years.items())]


@lru_cache(maxsize=512)
def _zone(name: str, first: int, last: int) -> icalendar.Timezone:
    """Return a zone's rules from one year up to another: one part for each change of clocks, and no rule to work out.

    Programs that read ``RRULE`` or lists of ``RDATE`` each in their own way cannot go wrong with that.
    """
    here = zoneinfo.ZoneInfo(name)
    day, end = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (first, last))
    zone = icalendar.Timezone()
    zone.add("tzid", name)
    zone.add_component(_part(here, day, day))
    while day < end:
        after = day + datetime.timedelta(days=1)
        if _offset(here, day) != _offset(here, after):
            changes_at = _change(here, day, after)
            zone.add_component(_part(here, changes_at - datetime.timedelta(seconds=1), changes_at))
        day = after
    return zone


def _part(here: zoneinfo.ZoneInfo, before: datetime.datetime, moment: datetime.datetime) -> icalendar.Component:
    """Return what holds from a moment on. It is written by the clocks as they went until then, as RFC 5545 asks."""
    there = moment.astimezone(here)
    is_summer = (there.dst() or datetime.timedelta()) > datetime.timedelta()
    part: icalendar.Component = icalendar.TimezoneDaylight() if is_summer else icalendar.TimezoneStandard()
    part.add("dtstart", (moment + _offset(here, before)).replace(tzinfo=None))
    part.add("tzoffsetfrom", _offset(here, before))
    part.add("tzoffsetto", _offset(here, moment))
    part.add("tzname", there.tzname())
    return part


def _offset(here: zoneinfo.ZoneInfo, moment: datetime.datetime) -> datetime.timedelta:
    return moment.astimezone(here).utcoffset() or datetime.timedelta()


def _change(here: zoneinfo.ZoneInfo, before: datetime.datetime, after: datetime.datetime) -> datetime.datetime:
    """Return the first second at which the clocks go as they do ``after``."""
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = _offset(here, before + datetime.timedelta(seconds=middle)) == _offset(here, before)
        low, high = (middle, high) if same else (low, middle)
    return before + datetime.timedelta(seconds=high)
