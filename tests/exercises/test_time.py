"""Wall time and moments (R1–R3, R5, R7–R9): skipped and repeated hours and days, new rules, edited rhythms."""

from __future__ import annotations

import datetime
import random
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clients import appointments
from exercises import schedule
from exercises.recurrence import Recurrence, ScheduleError
from exercises.schedule import dates, instant, next_occurrences
from practice import zones as places
from tests import tz_trees
from tests.exercises.test_schedule import recurrences
from tests.properties import (
    DAY,
    MINUTE,
    Change,
    changed,
    changes,
    in_zone,
    on_the_wall,
    rhythms,
    thorough,
    wall_times,
)

DAILY = Recurrence.parse("FREQ=DAILY")
Skipped = tuple[ZoneInfo, Change, datetime.datetime]


def daily(zone: ZoneInfo, at: time, around: date, days: int = 3) -> list[schedule.Slot]:
    start, end = around - days * DAY, around + days * DAY
    return next_occurrences(DAILY, start, at, zone, start=start, end=end)


def skipped(name: str, *wall: int) -> Skipped:
    zone, there = ZoneInfo(name), datetime.datetime(*wall)  # type: ignore[misc]
    return zone, next(one for one in changes(zone) if one.wall <= there < one.wall + one.by), there


def shown(moment: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


# ── R1: gaps ─────────────────────────────────────────────────────────────────


@thorough
@given(changed(forward=True))
@example(skipped("Australia/Lord_Howe", 2026, 10, 4, 2, 15))
@example(skipped("Asia/Beirut", 2022, 3, 27, 0, 30))
@example(skipped("America/Santiago", 2026, 9, 6, 0, 30))
@example(skipped("Africa/Casablanca", 2026, 3, 22, 2, 30))
@example(skipped("Antarctica/Troll", 2026, 3, 29, 2, 30))
@example(skipped("America/Nuuk", 2024, 3, 30, 23, 30))
def test_r1_a_time_that_the_clocks_skip_moves_forward_by_as_much_as_they_do(case):
    zone, change, wall = case
    due = instant(wall.date(), wall.time(), zone)
    later, earlier = wall + change.by, wall - change.by
    if later.date() == wall.date():
        assert due is not None
        assert shown(due, zone) == later
    elif earlier.date() == wall.date():
        assert due is not None
        assert shown(due, zone) == earlier, "it stays on its date"
    else:
        assert due is None, "the whole date is left out"


@thorough
@given(changed(forward=True))
@example(skipped("Asia/Beirut", 2022, 3, 27, 0, 0))
@example(skipped("America/Santiago", 2026, 9, 6, 0, 0))
def test_r1_there_is_still_one_time_on_each_local_date(case):
    zone, change, wall = case
    slots = daily(zone, wall.time(), wall.date())
    days = [shown(one.due, zone).date() for one in slots]
    assert days == [one.day for one in slots] == sorted(set(days))
    if abs(change.by) < DAY:
        assert len(days) == 7


# ── R2: overlaps ─────────────────────────────────────────────────────────────


@thorough
@given(changed(forward=False))
def test_r2_a_time_that_comes_twice_is_used_once_and_means_its_first(case):
    zone, change, wall = case
    due = instant(wall.date(), wall.time(), zone)
    assert due is not None
    assert shown(due, zone) == wall
    assert shown(due - change.by, zone) == wall, "it comes again"
    assert due < change.at
    slots = daily(zone, wall.time(), wall.date())
    assert [one.day for one in slots].count(wall.date()) == 1
    assert [one.due for one in slots].count(due) == 1


# ── R3: days left out and days that come twice ───────────────────────────────

LEFT_OUT = [
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Fakaofo", date(2011, 12, 30)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("Pacific/Enderbury", date(1994, 12, 31)),
    ("Pacific/Kiritimati", date(1994, 12, 31)),
]


@pytest.mark.parametrize(("name", "day"), LEFT_OUT)
@pytest.mark.parametrize("at", [time(0), time(0, 30), time(18), time(23, 59)])
def test_r3_a_day_that_never_was_has_no_time_and_the_days_around_it_one_each(name, day, at):
    zone = ZoneInfo(name)
    assert instant(day, at, zone) is None
    slots = daily(zone, at, day)
    assert [one.day for one in slots] == [day + n * DAY for n in (-3, -2, -1, 1, 2, 3)]
    assert [shown(one.due, zone).date() for one in slots] == [one.day for one in slots]
    assert places.start_of_day(day, zone) == instant(day + DAY, time(), zone)


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> ZoneInfo:
    """A land that crosses the date line eastwards: 1 January 2030 comes twice."""
    since = datetime.datetime(2030, 1, 1, 11, tzinfo=datetime.UTC)
    folder = tmp_path_factory.mktemp("twice")
    return tz_trees.release(folder, "Pacific/Tongatapu", since, timedelta(hours=-11))[1]


def test_r3_a_day_that_comes_twice_is_used_once(twice):
    for minutes in range(0, 24 * 60, 15):
        at = time(*divmod(minutes, 60))
        slots = daily(twice, at, date(2030, 1, 1))
        assert [shown(one.due, twice) for one in slots] == [
            datetime.datetime.combine(date(2029, 12, 29) + n * DAY, at) for n in range(7)
        ]
        assert [one.due for one in slots] == sorted({one.due for one in slots})


@thorough
@given(on_the_wall)
def test_r3_no_local_date_has_two_times(case):
    zone, wall = case
    slots = daily(zone, wall.time(), wall.date())
    days = [shown(one.due, zone).date() for one in slots]
    assert days == [one.day for one in slots] == sorted(set(days))
    assert [one.due for one in slots] == sorted(one.due for one in slots)


@thorough
@given(in_zone)
def test_the_start_of_a_day_is_its_first_moment(case):
    zone, moment = case
    day = shown(moment, zone).date()
    start = places.start_of_day(day, zone)
    assert start <= moment
    assert shown(start, zone).date() == day
    assert shown(start - MINUTE, zone).date() < day


# ── R5: another release of the zone data ─────────────────────────────────────

RELEASES = [
    ("Europe/Oslo", timedelta(hours=1)),
    ("America/Santiago", timedelta(hours=-4)),
    ("Africa/Casablanca", timedelta()),
    ("Asia/Kathmandu", timedelta(hours=5, minutes=30)),
    ("Pacific/Apia", timedelta(hours=-11)),
]
SINCE = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> list[tuple[ZoneInfo, ZoneInfo, timedelta]]:
    folder = tmp_path_factory.mktemp("zoneinfo")
    return [(*tz_trees.release(folder, name, SINCE, offset), offset) for name, offset in RELEASES]


@thorough
@given(st.integers(0, len(RELEASES) - 1), rhythms, wall_times, st.integers(-200, 200))
def test_r5_another_release_shifts_only_what_lies_after_its_new_rules(releases, which, recurrence, at, ahead):
    old, new, offset = releases[which]
    start = SINCE.date() + ahead * DAY
    known = {one.key: one for one in next_occurrences(recurrence, start, at, old, start=start, end=start + 40 * DAY)}
    coming = {one.key: one for one in next_occurrences(recurrence, start, at, new, start=start, end=start + 40 * DAY)}
    for key in known.keys() & coming.keys():
        if coming[key].due < SINCE and known[key].due < SINCE:
            assert coming[key] == known[key], "what was, stays"
        if coming[key].due >= SINCE + 2 * DAY:
            assert shown(coming[key].due, new) == datetime.datetime.combine(coming[key].day, at)
            assert shown(coming[key].due, new) - coming[key].due.replace(tzinfo=None) == offset
    # Only a day that one of the two leaves out can be missing in it: the names of the others are the same.
    edge = {(SINCE.date() + n * DAY).isoformat() for n in (-1, 0, 1)}
    assert {key[:10] for key in known.keys() ^ coming.keys()} <= edge


def test_r5_the_old_and_the_new_release_are_two(releases):
    for old, new, offset in releases:
        later = datetime.datetime(2027, 7, 1, tzinfo=datetime.UTC)
        assert old.key == new.key
        assert later.astimezone(new).utcoffset() == offset
        assert ZoneInfo(old.key).utcoffset(later.replace(tzinfo=None)) == old.utcoffset(later.replace(tzinfo=None))


# ── R7: edited rhythms ───────────────────────────────────────────────────────


class Series:
    """The smallest planner there can be: it knows what was sent, and writes what is missing under its rhythm."""

    def __init__(self, first: date, at: time, zone: ZoneInfo) -> None:
        self.first, self.at, self.zone = first, at, zone
        self.sent: list[str] = []

    def ahead(self, recurrence: Recurrence, now: datetime.datetime) -> list[schedule.Slot]:
        today = shown(now, self.zone).date()
        slots = next_occurrences(
            recurrence, self.first, self.at, self.zone, start=today - 2 * DAY, end=today + 30 * DAY
        )
        return [one for one in slots if one.key not in self.sent and one.due >= now]

    def run(self, recurrence: Recurrence, now: datetime.datetime, until: datetime.datetime) -> None:
        self.sent += [one.key for one in self.ahead(recurrence, now) if one.due < until]


@thorough
@given(in_zone, wall_times, rhythms, rhythms,
       st.tuples(st.integers(0, 20), st.integers(0, 20)))  # fmt: skip
def test_r7_a_rhythm_edited_and_edited_back_sends_no_slot_twice_and_leaves_none_out(case, at, one, other, lengths):
    zone, now = case
    series = Series(shown(now, zone).date(), at, zone)
    fresh = series.ahead(one, now)
    assert series.ahead(other, now) == Series(series.first, at, zone).ahead(other, now)
    assert series.ahead(one, now) == fresh, "there and back at once changes nothing"
    middle = now + lengths[0] * DAY
    series.run(one, now, middle)
    late = middle + lengths[1] * DAY
    series.run(other, middle, late)
    whole = Series(series.first, at, zone).ahead(one, late)
    assert series.ahead(one, late) == [slot for slot in whole if slot.key not in series.sent]
    series.run(one, late, late + 20 * DAY)
    assert len(series.sent) == len(set(series.sent))
    assert len({key[:10] for key in series.sent}) == len(series.sent), "no local date twice"


# ── R8: bounded expansion ────────────────────────────────────────────────────

FREQS = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "MINUTELY", "SECONDLY"])
NUMBERS = st.integers(-3, 500) | st.sampled_from([10**9, -(10**9)])
PARTS = st.one_of(
    st.builds("INTERVAL={}".format, NUMBERS),
    st.builds("COUNT={}".format, NUMBERS),
    st.builds("BYMONTHDAY={}".format, NUMBERS),
    st.builds("BYSETPOS={}".format, NUMBERS),
    st.builds("BYMONTH={}".format, NUMBERS),
    st.builds("BYHOUR={}".format, NUMBERS),
    st.builds("BYDAY={}{}".format, st.sampled_from(["", 1, 4, 5, -1, -5]), st.sampled_from(["MO", "SU", "XX"])),
    st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1).map(
        lambda days: "BYDAY=" + ",".join(days)
    ),
    st.dates().map("UNTIL={:%Y%m%d}".format),
)
HOSTILE = st.builds(lambda freq, parts: ";".join([f"FREQ={freq}", *parts]), FREQS, st.lists(PARTS, max_size=4))


@pytest.fixture
def periods(monkeypatch) -> list[int]:
    """How many periods were looked into."""
    looked: list[int] = [0]
    real = schedule._days_in_period

    def counted(*args: Any) -> list[date] | None:
        looked[0] += 1
        return real(*args)

    monkeypatch.setattr(schedule, "_days_in_period", counted)
    return looked


def look(periods: list[int], rule: Recurrence, first: date, start: date) -> list[date]:
    periods[0] = 0
    return dates(rule, first, start=start, end=start + timedelta(days=90))


def test_r8_any_accepted_recurrence_expands_ninety_days_with_little_work(periods):
    accepted = 0

    @thorough
    @given(HOSTILE | recurrences().map(lambda one: one.rule), st.dates(date(1970, 1, 1), date(2199, 12, 31)),
           st.integers(0, 80_000), st.booleans())  # fmt: skip
    @example("FREQ=YEARLY;INTERVAL=99", date(2028, 2, 29), 0, False)
    @example("FREQ=WEEKLY;INTERVAL=99;BYDAY=MO,TU,WE,TH,FR,SA,SU;COUNT=400", date(1970, 1, 1), 80_000, False)
    @example("FREQ=DAILY;COUNT=400", date(2199, 12, 1), 0, True)
    def expand(rule: str, first: date, ahead: int, reviews: bool) -> None:
        nonlocal accepted
        try:
            recurrence = Recurrence.parse(rule, reviews=reviews)
        except ScheduleError:
            return
        accepted += 1
        start = min(first + ahead * DAY, date(2199, 9, 1))
        found = look(periods, recurrence, first, start)
        assert len(found) <= 91
        assert periods[0] <= (recurrence.count or 0) + 100
        assert recurrence.freq in ("once", "daily", "weekly", "monthly", "yearly")

    expand()
    assert accepted > 100, "most of the grammar was refused: nothing was shown"


@pytest.mark.parametrize("freq", ["HOURLY", "MINUTELY", "SECONDLY"])
@pytest.mark.parametrize("rest", ["", ";INTERVAL=24", ";COUNT=1", ";BYHOUR=9"])
def test_r8_nothing_finer_than_a_day_is_accepted(freq, rest):
    with pytest.raises(ScheduleError):
        Recurrence.parse(f"FREQ={freq}{rest}")


# ── R9: determinism ──────────────────────────────────────────────────────────


@thorough
@given(on_the_wall, rhythms,
       st.tuples(st.integers(0, 29), st.integers(0, 29)), st.integers(0, 10**6))  # fmt: skip
def test_r9_planning_in_any_order_and_as_often_as_one_likes_gives_the_same_slots(case, recurrence, cuts, seed):
    zone, wall = case
    first = wall.date()
    whole = next_occurrences(recurrence, first, wall.time(), zone, start=first, end=first + 30 * DAY)
    edges = sorted({first - DAY, first + 30 * DAY, *(first + n * DAY for n in cuts)})
    pieces = [(a + DAY, b) for a, b in pairwise(edges)]
    order = random.Random(seed)
    pieces += [order.choice(pieces)]  # somebody plans a stretch again
    order.shuffle(pieces)
    rows: dict[str, schedule.Slot] = {}
    for start, end in pieces:
        for slot in next_occurrences(recurrence, first, wall.time(), zone, start=start, end=end):
            assert rows.setdefault(slot.key, slot) == slot
    assert sorted(rows.values(), key=lambda one: one.day) == whole


# ── one function ─────────────────────────────────────────────────────────────


@thorough
@given(on_the_wall)
def test_a_session_and_an_exercise_at_the_same_wall_time_are_at_the_same_moment(case):
    zone, wall = case
    due = instant(wall.date(), wall.time(), zone)
    assume(due is not None)
    assert appointments.moment(wall.date(), wall.time(), zone) == due
