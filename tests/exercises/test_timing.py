"""Schedules over random rhythms and all zones: wall time is kept, gaps shift, overlaps fire once."""

from __future__ import annotations

import calendar
import datetime
import uuid
from datetime import UTC, date, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from dateutil import tz as dateutil_tz
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clients.models import Appointment
from exercises import timing
from exercises.models import Assignment
from exercises.recurrence import Freq, Recurrence
from exercises.schedule import dates, instant, zone_names
from tests.exercises.test_schedule import clock_times, recurrences

ZONES = sorted(zone_names())
some = settings(max_examples=150, deadline=None)

zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2024, 1, 1), date(2031, 12, 31))
hours = st.none() | st.integers(0, 24 * 30)


def planned(recurrence: Recurrence, first: date, at: time, **chosen) -> Assignment:
    return Assignment(
        starts_on=first, at=at, rule=recurrence.rule.split(";BYHOUR")[0], reviews=recurrence.reviews, **chosen
    )


def rule_without_hour(recurrence: Recurrence) -> Recurrence:
    from dataclasses import replace

    return replace(recurrence, at=None)


@cache
def change_days(name: str) -> tuple[date, ...]:
    """The local days of 2024 to 2031 on which a zone changes its clocks."""
    place, found = ZoneInfo(name), []
    day = date(2024, 1, 1)
    while day < date(2032, 1, 1):
        noon, next_noon = (datetime.datetime.combine(d, time(12), place) for d in (day, day + timedelta(days=1)))
        if noon.utcoffset() != next_noon.utcoffset():
            found.append(day + timedelta(days=1))
        day += timedelta(days=1)
    return tuple(found)


CHANGING = [name for name in ZONES if name.startswith(("Europe/", "America/", "Australia/", "Africa/C", "Antarctica/"))]


@some
@given(recurrences().map(rule_without_hour), days, clock_times, zones)
def test_every_round_keeps_its_wall_time_or_moves_forward_by_the_gap(recurrence, first, at, zone) -> None:
    now = datetime.datetime.combine(first, time(), zone).astimezone(UTC)
    assignment = planned(recurrence, first, at)
    for one in timing.times(assignment, zone, now, ahead=timedelta(days=60)):
        wall = datetime.datetime.fromisoformat(one.slot)
        local = one.due_at.astimezone(zone)
        assert wall.time() == at
        assert local.date() == wall.date(), "never on another day"
        if local.replace(tzinfo=None) != wall:
            # The clocks skip this time: it shifts by as much as they do, never to another hour of its own.
            there = datetime.datetime.combine(wall.date(), at, zone)
            assert there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
            assert not dateutil_tz.datetime_exists(wall, dateutil_tz.gettz(str(zone)))
        else:
            earlier = one.due_at - timedelta(hours=1)
            assert earlier.astimezone(zone).replace(tzinfo=None) != wall, "of two equal times it is the first"


@some
@given(recurrences().map(rule_without_hour), days, clock_times, zones, zones)
def test_people_in_different_zones_share_the_names_of_their_rounds(recurrence, first, at, one, other) -> None:
    now = datetime.datetime.combine(first + timedelta(days=10), time(12), tzinfo=UTC)
    assignment = planned(recurrence, first, at)
    mine = {round_.slot for round_ in timing.times(assignment, one, now, ahead=timedelta(days=40))}
    theirs = {round_.slot for round_ in timing.times(assignment, other, now, ahead=timedelta(days=40))}
    inside = {
        f"{day.isoformat()}T{at:%H:%M}"
        for day in dates(recurrence, first, start=first + timedelta(days=12), end=first + timedelta(days=48))
    }
    gone = {slot for slot in inside if not all(_exists(slot, zone) for zone in (one, other))}
    assert mine & inside - gone == theirs & inside - gone == inside - gone


def _exists(slot: str, zone: ZoneInfo) -> bool:
    wall = datetime.datetime.fromisoformat(slot)
    return instant(wall.date(), wall.time(), zone) is not None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_around_the_days_when_clocks_change_each_day_asks_once(data) -> None:
    name = data.draw(st.sampled_from(CHANGING))
    assume(change_days(name))
    change = data.draw(st.sampled_from(change_days(name)))
    at = data.draw(st.times(time(0), time(4)).map(lambda t: t.replace(second=0, microsecond=0)) | clock_times)
    zone, first = ZoneInfo(name), change - timedelta(days=3)
    now = datetime.datetime.combine(first - timedelta(days=1), time(12), tzinfo=UTC)
    found = timing.times(planned(Recurrence(Freq.DAILY, count=7), first, at), zone, now, ahead=timedelta(days=9))
    assert len(found) == len({one.slot for one in found}) == 7
    assert [one.due_at.astimezone(zone).date() for one in found] == [first + timedelta(days=n) for n in range(7)]
    assert all(a.due_at < b.due_at for a, b in pairwise(found))


@some
@given(recurrences().map(rule_without_hour), days, clock_times, zones, hours, st.integers(0, 72), hours, st.booleans())
def test_the_four_moments_stand_in_order_whatever_was_chosen(
    recurrence, first, at, zone, opens, grace, closes, accept_late
) -> None:
    assignment = planned(
        recurrence,
        first,
        at,
        opens_hours_before=opens,
        grace_hours=grace,
        closes_hours_after=closes,
        accept_late=accept_late,
    )
    now = datetime.datetime.combine(first, time(12), tzinfo=UTC)
    for one in timing.times(assignment, zone, now, ahead=timedelta(days=60)):
        on_time = one.grace_until or one.due_at
        assert one.opens_at <= one.due_at <= on_time <= one.closes_at
        assert on_time == one.due_at + timedelta(hours=grace)
        if opens is not None:
            assert one.due_at - one.opens_at == timedelta(hours=opens)
        if not accept_late:
            assert one.closes_at == on_time
        elif closes is not None:
            assert one.closes_at == one.due_at + timedelta(hours=max(closes, grace))


@some
@given(recurrences().map(rule_without_hour), days, clock_times, zones, st.integers(0, 200), st.integers(1, 60))
def test_planning_piece_by_piece_finds_the_same_rounds(recurrence, first, at, zone, start, step) -> None:
    """However often and late the planner runs, a round has one due moment."""
    assignment = planned(recurrence, first, at)
    begin = datetime.datetime.combine(first, time(12), tzinfo=UTC) + timedelta(days=start)
    seen: dict[str, datetime.datetime] = {}
    for n in range(3):
        for one in timing.times(assignment, zone, begin + timedelta(days=n * step), ahead=timedelta(days=30)):
            assert seen.setdefault(one.slot, one.due_at) == one.due_at
    for slot, due in seen.items():
        again = timing.times_of_slot(assignment, slot, zone)
        assert again is not None
        assert again.due_at == due


STANDARD = {
    Freq.DAILY: rrule.DAILY,
    Freq.WEEKLY: rrule.WEEKLY,
    Freq.MONTHLY: rrule.MONTHLY,
    Freq.YEARLY: rrule.YEARLY,
}


@some
@given(recurrences().map(rule_without_hour), days, clock_times, st.sampled_from(ZONES))
def test_it_agrees_with_dateutil_where_both_define_it(recurrence, first, at, name) -> None:
    """An independent expansion and independent zones: dates by dateutil's rrule, instants by dateutil's tz."""
    assume(recurrence.freq is not Freq.ONCE and not recurrence.reviews)
    day = recurrence.monthday or (first.day if recurrence.freq in (Freq.MONTHLY, Freq.YEARLY) else 1)
    # Where a month is too short, ours takes its last day and the standard skips it: both define up to 28.
    assume(recurrence.nth is not None or day in range(1, 29))
    anchor = next(iter(dates(recurrence, first, limit=1)), None)
    assume(anchor is not None)
    parts: dict = {"interval": recurrence.interval, "dtstart": datetime.datetime.combine(anchor, at)}
    if recurrence.weekdays:
        parts["byweekday"] = [
            rrule.weekday(one, recurrence.nth) if recurrence.nth else rrule.weekday(one) for one in recurrence.weekdays
        ]
    if recurrence.monthday:
        parts["bymonthday"] = recurrence.monthday
    if recurrence.count:
        parts["count"] = recurrence.count
    if recurrence.until:
        parts["until"] = datetime.datetime.combine(recurrence.until, time(23, 59, 59))
    end = first + timedelta(days=400)
    expected = rrule.rrule(STANDARD[recurrence.freq], **parts).between(
        datetime.datetime.combine(first, time()), datetime.datetime.combine(end, time(23, 59)), inc=True
    )
    assert dates(recurrence, first, end=end, limit=1000) == [one.date() for one in expected]
    there = dateutil_tz.gettz(name)
    for wall in expected[:20]:
        ours = instant(wall.date(), wall.time(), ZoneInfo(name))
        if dateutil_tz.datetime_exists(wall, there):
            assert ours == wall.replace(tzinfo=there).astimezone(UTC)


@some
@given(st.integers(1, 60), days, clock_times, st.integers(1, 30))
def test_a_count_is_kept_to_the_last_and_an_end_is_the_last_day(count, first, at, span) -> None:
    assert len(dates(Recurrence(Freq.DAILY, count=count), first)) == count
    until = first + timedelta(days=span)
    assert dates(Recurrence(Freq.DAILY, until=until), first)[-1] == until


@some
@given(
    st.datetimes(datetime.datetime(2024, 1, 1), datetime.datetime(2031, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),
    clock_times,
    zones,
    st.none() | st.integers(0, 24 * 14),
)
def test_what_is_due_before_a_session_is_due_before_it_everywhere(starts_at, at, zone, hours_before) -> None:
    assignment = Assignment(
        starts_on=date(2024, 1, 1), at=at, rule="once", due="appointment", due_hours_before=hours_before
    )
    session = Appointment(id=uuid.uuid4(), starts_at=starts_at, minutes=60)
    due = timing.due_before(assignment, session, zone)
    assert due <= starts_at
    if hours_before is None:
        evening, meeting = due.astimezone(zone), starts_at.astimezone(zone)
        assert evening.date() < meeting.date()
        assert meeting.date() - evening.date() <= timedelta(days=2)
    else:
        assert starts_at - due == timedelta(hours=hours_before)


def test_a_session_on_the_day_after_the_clocks_change_has_its_evening_before() -> None:
    london = ZoneInfo("Europe/London")
    assignment = Assignment(starts_on=date(2027, 3, 1), at=time(1, 30), rule="once", due="appointment")
    session = Appointment(starts_at=datetime.datetime(2027, 3, 29, 16, tzinfo=london), minutes=60)
    due = timing.due_before(assignment, session, london).astimezone(london)
    assert (due.date(), due.hour, due.minute) == (date(2027, 3, 28), 2, 30), "01:30 does not exist that night"


@pytest.mark.parametrize("year", [2024, 2028])
def test_leap_days_come_once_a_year_at_the_latest(year) -> None:
    found = dates(Recurrence(Freq.YEARLY), date(year, 2, 29), end=date(year + 4, 12, 31))
    assert [one.day for one in found] == [29, *[calendar.monthrange(year + n, 2)[1] for n in range(1, 5)]]
