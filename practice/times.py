"""A moment as people read it: as a time, as a date, or the day as one would say it.

The only place where a moment becomes words, so that a page, a paper and a message say the same of it. Without
a zone it is that of the reader, which the middleware bound to the request.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext


def there(moment: datetime, zone: object = None) -> datetime:
    """The moment by a zone's clock: a name, a ZoneInfo, or anything with a ``time_zone``."""
    zone = getattr(zone, "time_zone", zone)
    if isinstance(zone, str) and zone:
        zone = ZoneInfo(zone)
    return timezone.localtime(moment, zone if isinstance(zone, tzinfo) else None)


def local_time(moment: datetime | None, zone: object = None) -> str:
    """'18:00'."""
    return f"{there(moment, zone):%H:%M}" if moment else ""


def weekday_date(moment: datetime | None, zone: object = None) -> str:
    """'Tuesday 19 May'."""
    return _weekday_date(there(moment, zone).date(), get_language()) if moment else ""


@lru_cache(maxsize=1024)
def _weekday_date(day: date, _language: str | None) -> str:
    return date_format(day, "l j F")


def weekday_date_time(moment: datetime | None, zone: object = None) -> str:
    """'Tuesday 19 May, 18:00'."""
    return f"{weekday_date(moment, zone)}, {local_time(moment, zone)}" if moment else ""


def day_month(moment: datetime | None, zone: object = None) -> str:
    """'19 May 2026', for records."""
    return date_format(there(moment, zone), "j F Y") if moment else ""


def day_month_time(moment: datetime | None, zone: object = None) -> str:
    """'19 May 2026, 18:00', for records that say when to the minute."""
    return f"{day_month(moment, zone)}, {local_time(moment, zone)}" if moment else ""


def near_day(moment: datetime | None, zone: object = None) -> str:
    """The day as one would say it: today, tomorrow, 'Thu' within the week, else '8 June'."""
    return _near(there(moment, zone)) if moment else ""


def _near(local: datetime) -> str:
    """The day of a moment that is told by its own zone's clock."""
    today = timezone.now().astimezone(local.tzinfo).date()
    away = (local.date() - today).days
    match away:
        case -1:
            return gettext("yesterday")
        case 0:
            return gettext("today")
        case 1:
            return gettext("tomorrow")
    if -7 < away < 7:
        return str((WEEKDAYS_ABBR if away > 0 else WEEKDAYS)[local.weekday()])
    return date_format(local, "j F" if local.year == today.year else "j F Y")


def near_time(moment: datetime | None, zone: object = None) -> str:
    """'today, 14:00' or 'Thu, 18:00'."""
    if not moment:
        return ""
    local = there(moment, zone)
    return f"{_near(local)}, {local:%H:%M}"
