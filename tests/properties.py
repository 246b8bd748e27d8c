"""What properties of time share: how many examples, and zones and moments with a liking for changed clocks."""

from __future__ import annotations

import datetime
import os
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from clients.quiet import Window
from exercises.recurrence import Recurrence
from practice.zones import zone_names


def times(every_day: int, at_length: int) -> int:
    """How often something is done in earnest: ``at_length`` where ATTUNE_EXAMPLES asks for more than every day."""
    return at_length if int(os.environ.get("ATTUNE_EXAMPLES", "0")) > 2000 else every_day


#: For properties without a database. ATTUNE_EXAMPLES says how many, where more time may be spent.
thorough = settings(
    max_examples=int(os.environ.get("ATTUNE_EXAMPLES", "2000")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

#: Gaps and overlaps of an hour, half an hour and two, at midnight, for Ramadan, and days left out.
TRICKY = (
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Havana", "America/Nuuk", "America/Santiago",
    "America/Sao_Paulo", "America/St_Johns", "Antarctica/Casey", "Antarctica/Troll", "Asia/Amman", "Asia/Beirut",
    "Asia/Gaza", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Tehran", "Australia/Lord_Howe", "Europe/Dublin",
    "Europe/London", "Europe/Volgograd", "Pacific/Apia", "Pacific/Chatham", "Pacific/Fakaofo", "Pacific/Kiritimati",
    "UTC",
)  # fmt: skip
FIRST, LAST = datetime.datetime(2000, 1, 1), datetime.datetime(2040, 12, 31)
DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)


class Change(NamedTuple):
    """The clocks of a zone are changed at ``at``: by ``by`` forward, or back where that is negative."""

    at: datetime.datetime
    before: datetime.timedelta
    after: datetime.timedelta

    @property
    def by(self) -> datetime.timedelta:
        return self.after - self.before

    @property
    def wall(self) -> datetime.datetime:
        """What the clocks show when they are changed."""
        return self.at.replace(tzinfo=None) + self.before


def _offset(zone: ZoneInfo, moment: datetime.datetime) -> datetime.timedelta:
    return moment.astimezone(zone).utcoffset() or datetime.timedelta()


@cache
def changes(zone: ZoneInfo) -> tuple[Change, ...]:
    """All changes of a zone's clocks from 2000 to 2040."""
    step, here = 9 * DAY, FIRST.replace(tzinfo=datetime.UTC)
    places = [here + n * step for n in range((LAST - FIRST) // step + 1)]
    offsets = [_offset(zone, one) for one in places]
    found = []
    for (low, before), (high, after) in pairwise(zip(places, offsets, strict=True)):
        if before == after:
            continue
        while high - low > datetime.timedelta(seconds=1):
            middle = low + (high - low) // 2
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        at = high.replace(microsecond=0)
        found.append(Change(at, before, _offset(zone, at)))
    return tuple(found)


#: How often a tricky zone is tried compared with any other. Few draws make many examples quick.
zones = st.sampled_from([*TRICKY] * 20 + sorted(zone_names())).map(ZoneInfo)
wall_times = st.integers(0, 24 * 60 - 1).map(lambda minutes: datetime.time(*divmod(minutes, 60)))
windows = st.builds(Window, wall_times, wall_times)
#: Quiet hours as people have them: none, a night, or anything, for several reasons.
quiet_hours = st.lists(st.just(Window(datetime.time(22), datetime.time(7))) | windows, max_size=3).map(tuple)
#: Moments when nothing happens to the clocks of most zones.
CALM = [datetime.datetime(2000, 1, 15, 12, tzinfo=datetime.UTC) + n * 411 * DAY for n in range(36)]
HALF = 2880


@cache
def _turning(zone: ZoneInfo) -> tuple[datetime.datetime, ...]:
    return (*CALM, *(one.at for one in changes(zone)))


def moments(zone: ZoneInfo) -> st.SearchStrategy[datetime.datetime]:
    """Moments within two days of a change of the zone's clocks, and some others."""
    turning = _turning(zone)

    def moment(n: int) -> datetime.datetime:
        place, minutes = divmod(n, 2 * HALF)
        return turning[place] + (minutes - HALF) * MINUTE

    return st.integers(0, len(turning) * 2 * HALF - 1).map(moment)


def walls(zone: ZoneInfo) -> st.SearchStrategy[datetime.datetime]:
    """Wall times around a change of the zone's clocks, inside it too, and some others."""
    return moments(zone).map(lambda one: one.replace(tzinfo=None, second=0) + _offset(zone, CALM[0]))


in_zone = zones.flatmap(lambda zone: st.tuples(st.just(zone), moments(zone)))
on_the_wall = zones.flatmap(lambda zone: st.tuples(st.just(zone), walls(zone)))

FORWARD = datetime.timedelta()


@cache
def _with_changes(forward: bool) -> list[tuple[ZoneInfo, Change]]:
    every = [(ZoneInfo(name), one) for name in sorted(zone_names()) for one in changes(ZoneInfo(name))]
    tricky = [pair for pair in every if pair[0].key in TRICKY]
    return [pair for pair in tricky * 8 + every if (pair[1].by > FORWARD) == forward]


def changed(*, forward: bool) -> st.SearchStrategy[tuple[ZoneInfo, Change, datetime.datetime]]:
    """A zone, one change of its clocks, and a wall time that it skips (``forward``) or shows twice."""

    def case(pair: tuple[ZoneInfo, Change], n: int) -> tuple[ZoneInfo, Change, datetime.datetime]:
        zone, change = pair
        start = change.wall if forward else change.wall + change.by
        return zone, change, start + n % (abs(change.by) // MINUTE) * MINUTE

    return st.deferred(lambda: st.builds(case, st.sampled_from(_with_changes(forward)), st.integers(0, 24 * 60 - 1)))


#: Rhythms of every kind, read once.
rhythms = st.sampled_from(
    [
        Recurrence.parse(rule, reviews=reviews)
        for reviews in (False, True)
        for rule in (
            "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=13;COUNT=4", "FREQ=DAILY;COUNT=14",
            "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;BYDAY=SU;COUNT=6", "FREQ=WEEKLY;INTERVAL=2",
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=1SU", "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=2", "FREQ=YEARLY", "FREQ=YEARLY;COUNT=2",
        )
    ]
    + [Recurrence.parse("once")] * 2
)  # fmt: skip
