"""How often something happens: a recurrence, and its text.

The text is a small part of RFC 5545, with nothing finer than a day and nothing that can run away:

    once
    FREQ=DAILY|WEEKLY|MONTHLY|YEARLY  [;INTERVAL=n]  [;BYDAY=MO,WE | ;BYDAY=1SU | ;BYMONTHDAY=n]
    [;BYHOUR=h[;BYMINUTE=m]]  [;COUNT=n | ;UNTIL=yyyymmdd]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MAX_INTERVAL = 99
MAX_COUNT = 400
LONGEST_RULE = 200
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
LAST = -1  # the last weekday, or the last day, of a month

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class ScheduleError(ValueError):
    """Not a recurrence that we plan by. `errors` says what is wrong with which part (interval, count …)."""

    def __init__(self, errors: dict[str, str | Promise]) -> None:
        self.errors = errors
        super().__init__(errors)

    def __str__(self) -> str:
        return "; ".join(f"{part}: {message}" for part, message in self.errors.items())


class Freq(StrEnum):
    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


_FREQS = {"DAILY": Freq.DAILY, "WEEKLY": Freq.WEEKLY, "MONTHLY": Freq.MONTHLY, "YEARLY": Freq.YEARLY}
_PLAIN_DAYS = re.compile(r"(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU)){0,6}")
_NTH_DAY = re.compile(r"(-?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"-?[0-9]{1,4}")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_KNOWN = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "COUNT", "UNTIL")


@dataclass(frozen=True)
class Recurrence:
    """How often. Parts that are left open are taken from the first date: its weekday, its day of the month.

    weekdays: Monday is 0. Weekly: any number of them. Monthly: one, together with `nth` (1 to 4, or LAST).
    monthday: 1 to 31, or LAST.
    at: the time of day, when the rule names one.
    reviews: the first date itself is the first time, whatever the rule; the rule then gives what follows,
        starting with the next period ('once, then every three months').
    """

    freq: Freq
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: int | None = None
    monthday: int | None = None
    count: int | None = None
    until: date | None = None
    at: time | None = None
    reviews: bool = False

    def __post_init__(self) -> None:
        errors = dict(_faults(self))
        if errors:
            raise ScheduleError(errors)
        object.__setattr__(self, "weekdays", tuple(sorted(self.weekdays)))

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, rule: str, *, reviews: bool = False) -> Recurrence:
        """From `once` or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=SU;COUNT=6. Raises ScheduleError."""
        return cls(**_parts_of(rule), reviews=reviews)

    @property
    def rule(self) -> str:
        """The RFC 5545 text; `reviews` is not part of it."""
        return _text_of(self)


def _faults(r: Recurrence) -> Iterator[tuple[str, str | Promise]]:
    """What contradicts itself or could run away."""
    if not 1 <= r.interval <= MAX_INTERVAL:
        yield "interval", format_lazy(_("Choose a rhythm between 1 and {n}."), n=MAX_INTERVAL)
    if r.count is not None and not 1 <= r.count <= MAX_COUNT:
        yield "count", format_lazy(_("Choose a number of times between 1 and {n}."), n=MAX_COUNT)
    if r.count is not None and r.until is not None:
        yield "until", _("Choose a number of times or a last day, not both.")
    if r.until is not None and not EARLIEST <= r.until <= LATEST:
        yield "until", _("This day is too far away.")
    if len(set(r.weekdays)) != len(r.weekdays) or not set(r.weekdays) <= set(range(7)):
        yield "weekdays", _("Choose each day of the week once.")
    if r.freq is Freq.MONTHLY:
        if (r.nth is None) != (len(r.weekdays) == 0) or len(r.weekdays) > 1:
            yield (
                "weekdays",
                _("Choose one day of the week and which one in the month, such as the first Sunday."),
            )
        if r.nth is not None and r.nth not in (1, 2, 3, 4, LAST):
            yield "nth", _("Choose the first to the fourth, or the last.")
        if r.monthday is not None and (r.weekdays or (r.monthday != LAST and not 1 <= r.monthday <= 31)):
            yield "monthday", _("Choose a day of the month between 1 and 31, or the last.")
    elif r.nth is not None or r.monthday is not None:
        yield "monthday", _("A day of the month belongs to a monthly rhythm.")
    if r.weekdays and r.freq not in (Freq.WEEKLY, Freq.MONTHLY):
        yield "weekdays", _("Days of the week belong to a weekly rhythm.")
    if r.freq is Freq.ONCE and (r.interval != 1 or r.count or r.until or r.reviews):
        yield "freq", _("Once is once.")
    if r.at is not None and (r.at.second or r.at.microsecond or r.at.tzinfo):
        yield "at", _("A time of day is hours and minutes.")


def _parts_of(rule: str) -> dict[str, Any]:
    """The arguments for Recurrence in a rule's text. Raises ScheduleError when it is not in the grammar."""
    if rule == "once":
        return {"freq": Freq.ONCE}
    if len(rule) > LONGEST_RULE:
        raise ScheduleError({"rule": _("This rule is too long.")})
    named: dict[str, str] = {}
    for part in rule.split(";"):
        name, equals, value = part.partition("=")
        if not equals or name not in _KNOWN or name in named:
            raise ScheduleError({"rule": _("This rule has a part that we do not know.")})
        named[name] = value
    if named.get("FREQ") not in _FREQS:
        raise ScheduleError({"freq": _("Choose a rhythm of days, weeks, months or years.")})
    parts: dict[str, Any] = {"freq": _FREQS[named["FREQ"]]}
    for name, argument in (("INTERVAL", "interval"), ("BYMONTHDAY", "monthday"), ("COUNT", "count")):
        if name in named:
            parts[argument] = _number(argument, named[name])
    if "BYDAY" in named:
        parts |= _weekdays(named["BYDAY"])
    if "UNTIL" in named:
        parts["until"] = _day(named["UNTIL"])
    if "BYHOUR" in named or "BYMINUTE" in named:
        parts["at"] = _time(named.get("BYHOUR", ""), named.get("BYMINUTE", "0"))
    return parts


def _text_of(recurrence: Recurrence) -> str:
    """The rule's text; `_parts_of` reads it back."""
    if recurrence.freq is Freq.ONCE:
        return "once"
    parts = [f"FREQ={recurrence.freq.value.upper()}"]
    if recurrence.interval != 1:
        parts.append(f"INTERVAL={recurrence.interval}")
    if recurrence.weekdays:
        nth = "" if recurrence.nth is None else str(recurrence.nth)
        parts.append("BYDAY=" + ",".join(nth + WEEKDAYS[weekday] for weekday in recurrence.weekdays))
    if recurrence.monthday is not None:
        parts.append(f"BYMONTHDAY={recurrence.monthday}")
    if recurrence.at is not None:
        parts.append(f"BYHOUR={recurrence.at.hour};BYMINUTE={recurrence.at.minute}")
    if recurrence.count is not None:
        parts.append(f"COUNT={recurrence.count}")
    if recurrence.until is not None:
        parts.append(f"UNTIL={recurrence.until:%Y%m%d}")
    return ";".join(parts)


def _number(argument: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ScheduleError({argument: _("This is a whole number.")})
    return int(text)


def _weekdays(text: str) -> dict[str, Any]:
    if found := _NTH_DAY.fullmatch(text):
        return {"weekdays": (WEEKDAYS.index(found[2]),), "nth": int(found[1])}
    if _PLAIN_DAYS.fullmatch(text):
        return {"weekdays": tuple(WEEKDAYS.index(day) for day in text.split(","))}
    raise ScheduleError({"weekdays": _("Choose each day of the week once.")})


def _day(text: str) -> date:
    if found := _DAY.fullmatch(text):
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
    raise ScheduleError({"until": _("The last day is a date.")})


def _time(hour: str, minute: str) -> time:
    if _NUMBER.fullmatch(hour) and _NUMBER.fullmatch(minute):
        try:
            return time(int(hour), int(minute))
        except ValueError:
            pass
    raise ScheduleError({"at": _("A time of day is hours and minutes.")})
