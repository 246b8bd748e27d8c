"""A recurrence in words, as a person would say it.

Phrases are translated whole; only rhythm, hour and end are put after each other: 'Every Sunday' 'at 18:00',
'for 6 weeks'.
"""

from __future__ import annotations

from datetime import date, time

from django.utils import dateformat
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from exercises.recurrence import LAST, Freq, Recurrence

_WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
_NTH = {
    1: gettext_lazy("on the first %(day)s"),
    2: gettext_lazy("on the second %(day)s"),
    3: gettext_lazy("on the third %(day)s"),
    4: gettext_lazy("on the fourth %(day)s"),
    LAST: gettext_lazy("on the last %(day)s"),
}


def sentence(
    recurrence: Recurrence, first: date | None = None, at: time | None = None, today: date | None = None
) -> str:
    """The whole schedule in one sentence, such as 'Every Sunday at 18:00, for 6 weeks'.

    `first` fills in what the rule leaves open. A date in another year than `today` is said with its year.
    """
    at = at or recurrence.at
    if recurrence.freq is Freq.ONCE or recurrence.count == 1:
        if first is None:
            return _("Once")
        return _("Once, on %(when)s") % {"when": _with_time(_long_date(first, today), at)}
    rhythm = _with_time(_rhythm(recurrence, first), at)
    end = _end(recurrence)
    said = _("%(rhythm)s, %(end)s") % {"rhythm": rhythm, "end": end} if end else rhythm
    if not recurrence.reviews:
        return said
    then = _lower_first(said)
    if first is None:
        return _("Once, then %(rhythm)s") % {"rhythm": then}
    return _("Once on %(when)s, then %(rhythm)s") % {"when": _long_date(first, today), "rhythm": then}


def _rhythm(recurrence: Recurrence, first: date | None) -> str:
    match recurrence.freq:
        case Freq.DAILY:
            return _every_day(recurrence.interval)
        case Freq.WEEKLY:
            return _every_week(recurrence, first)
        case Freq.MONTHLY:
            return _every_month(recurrence, first)
    return _every_year(recurrence.interval, first)


def _every_day(interval: int) -> str:
    if interval == 1:
        return _("Every day")
    if interval == 2:
        return _("Every second day")
    return _("Every %(n)s days") % {"n": interval}


def _every_week(recurrence: Recurrence, first: date | None) -> str:
    weekdays = recurrence.weekdays or (() if first is None else (first.weekday(),))
    interval = recurrence.interval
    if not weekdays:
        return _week(interval)
    if weekdays == (0, 1, 2, 3, 4) and interval == 1:
        return _("Monday to Friday")
    if len(weekdays) == 7 and interval == 1:
        return _every_day(1)
    days = get_text_list([str(_WEEKDAYS[day]) for day in weekdays], pgettext("the last of a list of days", "and"))
    if interval == 1:
        return _("Every %(days)s") % {"days": days}
    if interval == 2 and len(weekdays) == 1:
        return _("Every second %(day)s") % {"day": days}
    return _("%(weeks)s, on %(days)s") % {"weeks": _week(interval), "days": days}


def _week(interval: int) -> str:
    if interval == 1:
        return _("Every week")
    if interval == 2:
        return _("Every second week")
    return _("Every %(n)s weeks") % {"n": interval}


def _every_month(recurrence: Recurrence, first: date | None) -> str:
    interval, day = recurrence.interval, _day_of_month(recurrence, first)
    if interval == 1:
        return _upper_first(_("%(day)s of each month") % {"day": day}) if day else _("Every month")
    months = _("Every second month") if interval == 2 else _("Every %(n)s months") % {"n": interval}
    return _("%(months)s, %(day)s") % {"months": months, "day": day} if day else months


def _day_of_month(recurrence: Recurrence, first: date | None) -> str:
    if recurrence.nth is not None:
        return _NTH[recurrence.nth] % {"day": _WEEKDAYS[recurrence.weekdays[0]]}
    monthday = recurrence.monthday or (first.day if first else None)
    if monthday is None:
        return ""
    if monthday in (LAST, 31):
        return _("on the last day")
    if monthday > 28:
        return _("on day %(n)s, or else the last day,") % {"n": monthday}
    return _("on day %(n)s") % {"n": monthday}


def _every_year(interval: int, first: date | None) -> str:
    if interval == 1:
        years = _("Every year")
    elif interval == 2:
        years = _("Every second year")
    else:
        years = _("Every %(n)s years") % {"n": interval}
    if first is None:
        return years
    return _("%(years)s on %(date)s") % {
        "years": years,
        "date": dateformat.format(first, pgettext("format of a day and month", "j F")),
    }


def _end(recurrence: Recurrence) -> str:
    if recurrence.until is not None:
        return _("until %(date)s") % {"date": _with_year(recurrence.until)}
    count = recurrence.count
    if count is None:
        return ""
    if recurrence.reviews:
        return ngettext("%(n)s time in all", "%(n)s times in all", count) % {"n": count}
    if recurrence.interval == 1 and recurrence.freq is Freq.WEEKLY and len(recurrence.weekdays) < 2:
        return ngettext("for %(n)s week", "for %(n)s weeks", count) % {"n": count}
    if recurrence.interval == 1 and recurrence.freq is Freq.MONTHLY:
        return ngettext("for %(n)s month", "for %(n)s months", count) % {"n": count}
    return ngettext("%(n)s time", "%(n)s times", count) % {"n": count}


def _upper_first(said: str) -> str:
    return said[:1].upper() + said[1:]


def _lower_first(said: str) -> str:
    return said[:1].lower() + said[1:]


def _with_time(said: str, at: time | None) -> str:
    if at is None:
        return said
    return _("%(said)s at %(time)s") % {"said": said, "time": f"{at:%H:%M}"}


def _long_date(day: date, today: date | None) -> str:
    if today is not None and today.year != day.year:
        return dateformat.format(day, pgettext("format of a weekday and date with its year", "l j F Y"))
    return dateformat.format(day, pgettext("format of a weekday and date", "l j F"))


def _with_year(day: date) -> str:
    return dateformat.format(day, pgettext("format of a date with its year", "j F Y"))
