"""Quiet hours: when a person is left in peace, by their own clock.

They may span midnight, and begin and end with wall time, whatever the clocks do that night. Equal beginning
and end mean that there are none. Nothing here touches the database.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

#: Far enough to step over a night without an end, and over a day that a zone leaves out.
NIGHTS = range(-1, 4)


def is_quiet(moment: datetime.datetime, start: datetime.time, end: datetime.time, zone: ZoneInfo) -> bool:
    """Tell whether ``moment`` lies in the quiet hours from ``start`` to before ``end``."""
    at = moment.astimezone(zone).time()
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
