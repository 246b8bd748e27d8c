"""Dates and times as text: how they are kept, and what browsers and files send of them.

A date is "2026-05-21", a time "18:30" (or "18:30:15"), both together "2026-05-21T18:30": the wall clock of the
person who answered. Texts of one kind compare as the moments do. An offset, when a file has one, is left off:
what counts is the hour that was meant where it was said.
"""

from __future__ import annotations

import datetime
import re

_DATE = re.compile(r"(1[89]\d\d|2[01]\d\d)-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?", re.ASCII)
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:\d\d)$", re.ASCII)


def iso_date(text: str) -> str | None:
    """A day of the years 1800 to 2199; None when there is no such day."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return None


def iso_time(text: str) -> str | None:
    """A time of day, without seconds where they are nought."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    try:
        moment = datetime.time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None
    return moment.isoformat("seconds" if moment.second else "minutes")


def iso_datetime(text: str) -> str | None:
    """A day with a time; a day alone is its first minute."""
    day, _mark, rest = text.replace(" ", "T", 1).partition("T")
    date, time = iso_date(day), iso_time(_OFFSET.sub("", rest) or "00:00")
    return f"{date}T{time}" if date and time else None


def any_moment(text: str) -> str | None:
    """Whichever of the three it is."""
    return iso_date(text) or iso_time(text) or iso_datetime(text)
