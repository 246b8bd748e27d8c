"""When a practice is at work, and how long something has waited in that time.

Hours are those of the practice's own zone, and what passes is real time: a day on which the clocks change is an
hour shorter or longer. Nothing here reads a clock or a table.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from practice.zones import instant

DAY = timedelta(days=1)
#: However long a practice is closed, nothing waits longer than this: longer than Good Friday to Easter Monday.
LONGEST_WAIT = timedelta(days=5)


@dataclass(frozen=True)
class WorkingHours:
    """From when until when on which weekday (0 is Monday), and the days on which nobody is there."""

    zone: zoneinfo.ZoneInfo
    week: Mapping[int, tuple[time, time]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def read(cls, zone: zoneinfo.ZoneInfo, week: Mapping[str, list[str]], holidays: list[date]) -> WorkingHours:
        """Read them as the practice's row keeps them: {"0": ["09:00", "17:00"], …}."""
        read = {int(day): (time.fromisoformat(span[0]), time.fromisoformat(span[1])) for day, span in week.items()}
        return cls(zone, {day: span for day, span in read.items() if span[0] < span[1]}, frozenset(holidays))

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """When work begins and ends on a local date (UTC); None when it is a day off, or does not exist there."""
        span = self.week.get(day.weekday())
        if span is None or day in self.holidays:
            return None
        begins, ends = (instant(day, at, self.zone) for at in span)
        if begins is None or ends is None:
            return None
        # Where the clocks skip those very hours, work begins later by as much and lasts as long as ever.
        lasts = datetime.combine(day, span[1]) - datetime.combine(day, span[0])
        return begins, ends if begins < ends else begins + lasts

    def is_open(self, at: datetime) -> bool:
        span = self.on(at.astimezone(self.zone).date())
        return span is not None and span[0] <= at < span[1]

    def opens(self, at: datetime) -> datetime | None:
        """The next moment of work from ``at`` on; None when there is none within a year."""
        return next((max(begins, at) for begins, ends in self._spans(at, days=366) if ends > at), None)

    def after(self, at: datetime, minutes: int) -> datetime:
        """The moment (UTC) when so many minutes of working time have passed since ``at``.

        At the latest ``LONGEST_WAIT`` after it: a list of holidays must not silence anything.
        """
        left = timedelta(minutes=minutes)
        for begins, ends in self._spans(at, days=LONGEST_WAIT.days + 1):
            there = max(begins, at)
            if ends - there >= left:
                return min(there + left, at.astimezone(UTC) + LONGEST_WAIT)
            left -= max(ends - there, timedelta())
        return at.astimezone(UTC) + LONGEST_WAIT

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two moments."""
        days = (until - since).days + 2
        spans = ((max(begins, since), min(ends, until)) for begins, ends in self._spans(since, days=days))
        return sum((ends - begins for begins, ends in spans if ends > begins), timedelta())

    def _spans(self, at: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of work from the local day of ``at`` on, in order."""
        first = at.astimezone(self.zone).date()
        for number in range(days + 1):
            span = self.on(first + DAY * number)
            if span is not None and span[1] > at:
                yield span
