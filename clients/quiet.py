"""Quiet hours: when a person is left in peace, by their own clock, for their own reasons or by law.

They may span midnight, and begin and end with wall time, whatever the clocks do that night. Equal beginning
and end mean that there are none: nobody is quiet all day by one pair of times, only by several that leave no
gap. Nothing here touches the database.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from practice.zones import country_of

#: Far enough to step over a night without an end, and over a day that a zone leaves out.
NIGHTS = range(-1, 4)
#: Who may not be reached within this time is not reached at all.
PATIENCE = datetime.timedelta(days=2)


class Window(NamedTuple):
    """Hours of every day in which nothing may leave: from ``start`` to before ``end``, by the recipient's clock."""

    start: datetime.time
    end: datetime.time


def is_quiet(moment: datetime.datetime, start: datetime.time, end: datetime.time, zone: ZoneInfo) -> bool:
    """Tell whether ``moment`` lies in the quiet hours from ``start`` to before ``end``."""
    return is_quiet_time(moment.astimezone(zone).time(), start, end)


def is_quiet_time(at: datetime.time, start: datetime.time, end: datetime.time) -> bool:
    """Tell whether a time of day lies in the quiet hours from ``start`` to before ``end``."""
    if start <= end:
        return start <= at < end
    return at >= start or at < end


def next_allowed(
    moment: datetime.datetime, start: datetime.time, end: datetime.time, zone: ZoneInfo
) -> datetime.datetime:
    """Return ``moment`` (in UTC) when it is not quiet, else when the quiet hours that it lies in are over.

    An end that the clocks skip moves forward with them, one that comes twice means its first.
    """
    moment = moment.astimezone(datetime.UTC)
    if not is_quiet(moment, start, end, zone):
        return moment
    today = moment.astimezone(zone).date()
    ends = (
        datetime.datetime.combine(today + datetime.timedelta(days=night), end, tzinfo=zone)
        .replace(fold=fold)
        .astimezone(datetime.UTC)
        for night in NIGHTS
        for fold in (0, 1)
    )
    return min(one for one in ends if one > moment and not is_quiet(one, start, end, zone))


# ── several reasons at once ──────────────────────────────────────────────────


def is_forbidden(moment: datetime.datetime, windows: Iterable[Window], zone: ZoneInfo) -> bool:
    """Tell whether ``moment`` lies in any of these hours."""
    return any(is_quiet(moment, *one, zone) for one in windows)


def next_allowed_by_all(
    moment: datetime.datetime, windows: Iterable[Window], zone: ZoneInfo
) -> datetime.datetime | None:
    """Return the next moment (in UTC) that none of these hours forbid: ``moment`` itself, or when they are over.

    None when there is no such moment within two days, as between windows that follow each other all day long.
    """
    # In one order: where the clocks skip an end, who is asked first could decide which day it is.
    every = tuple(sorted(windows))
    allowed = moment.astimezone(datetime.UTC)
    last = allowed + PATIENCE
    while is_forbidden(allowed, every, zone):
        for one in every:
            allowed = next_allowed(allowed, *one, zone)
        if allowed > last:
            return None
    return allowed


# ── text messages, by law ────────────────────────────────────────────────────

#: The United States with their territories, by the country of a zone.
UNITED_STATES = frozenset({"US", "AS", "GU", "MP", "PR", "UM", "VI"})
#: No text message there outside 08:00 to 21:00, whatever the person has chosen.
US_TEXT_HOURS = Window(datetime.time(21), datetime.time(8))


def text_message_hours(zone: ZoneInfo, number: str = "") -> tuple[Window, ...]:
    """Return the hours in which the law lets no text message reach this person; none where we know of no law.

    The American rule holds for a zone of the United States and for a number that begins with +1, so that a
    traveller is protected by either. The hours are those of the zone that the person has given.
    """
    american = country_of(zone.key or "") in UNITED_STATES or number.strip().startswith("+1")
    return (US_TEXT_HOURS,) if american else ()
