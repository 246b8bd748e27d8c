"""Working time of a practice: weekdays, holidays, and days on which the clocks change."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.working_hours import LONGEST_WAIT, WorkingHours

LONDON = ZoneInfo("Europe/London")
UTC = ZoneInfo("UTC")
NINE, FIVE = datetime.time(9), datetime.time(17)
WEEKDAYS = dict.fromkeys(range(5), (NINE, FIVE))
HOURS = WorkingHours(LONDON, WEEKDAYS)


def at(text: str, zone: ZoneInfo = LONDON) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)


def test_time_within_a_day_simply_passes():
    assert HOURS.after(at("2026-11-23T10:00"), 240) == at("2026-11-23T14:00")


def test_what_is_left_at_the_end_of_a_day_goes_on_in_the_next_morning():
    assert HOURS.after(at("2026-11-23T15:00"), 240) == at("2026-11-24T11:00")


def test_nights_and_weekends_do_not_count():
    assert HOURS.after(at("2026-11-20T22:30"), 240) == at("2026-11-23T13:00")
    assert HOURS.after(at("2026-11-22T12:00"), 0) == at("2026-11-23T09:00")


def test_a_holiday_does_not_count():
    hours = WorkingHours(LONDON, WEEKDAYS, frozenset({datetime.date(2026, 11, 23)}))
    assert hours.after(at("2026-11-20T16:00"), 120) == at("2026-11-24T10:00")
    assert not hours.is_open(at("2026-11-23T12:00"))
    assert hours.opens(at("2026-11-20T18:00")) == at("2026-11-24T09:00")


def test_a_long_holiday_silences_nothing():
    closed = frozenset(datetime.date(2026, 12, 24) + datetime.timedelta(days=n) for n in range(21))
    hours = WorkingHours(LONDON, WEEKDAYS, closed)
    late = at("2026-12-23T16:30")
    assert hours.after(late, 240) == late + LONGEST_WAIT


def test_the_night_on_which_the_clocks_change_counts_by_what_really_passed():
    round_the_clock = {day: (datetime.time(0), datetime.time(23, 59)) for day in range(7)}
    hours = WorkingHours(LONDON, round_the_clock)
    # 25 October 2026: 02:00 becomes 01:00, so four hours after 00:00 it is 03:00.
    assert hours.after(at("2026-10-25T00:00"), 240) == at("2026-10-25T03:00")
    # 29 March 2026: 01:00 becomes 02:00, so four hours after 00:00 it is 05:00.
    assert hours.after(at("2026-03-29T00:00"), 240) == at("2026-03-29T05:00")
    # Over the weekend of the change nothing is lost either way.
    assert HOURS.after(at("2026-10-23T16:00"), 120) == at("2026-10-26T10:00")


def test_hours_that_the_clocks_skip_are_worked_an_hour_later():
    berlin, sunday = ZoneInfo("Europe/Berlin"), datetime.date(2026, 3, 29)
    hours = WorkingHours(berlin, {6: (datetime.time(2), datetime.time(3))})
    assert hours.on(sunday) == (at("2026-03-29T01:00", UTC), at("2026-03-29T02:00", UTC))
    assert hours.is_open(at("2026-03-29T03:30", berlin))
    assert not hours.is_open(at("2026-03-29T04:00", berlin))
    assert hours.between(at("2026-03-29T00:00", berlin), at("2026-03-30T00:00", berlin)) == datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("begins", "ends", "works"),
    [
        ("01:30", "02:30", ("00:30", "01:30")),
        ("02:30", "03:15", ("01:30", "02:15")),
        ("02:00", "05:00", ("01:00", "03:00")),
    ],
)
def test_hours_that_reach_into_what_the_clocks_skip_are_no_day_off(begins, ends, works):
    week = {6: (datetime.time.fromisoformat(begins), datetime.time.fromisoformat(ends))}
    hours = WorkingHours(ZoneInfo("Europe/Berlin"), week)
    found = hours.on(datetime.date(2026, 3, 29))
    assert found is not None
    assert tuple(f"{one:%H:%M}" for one in found) == works


def test_it_is_open_from_the_first_minute_to_the_last():
    assert HOURS.is_open(at("2026-11-23T09:00"))
    assert not HOURS.is_open(at("2026-11-23T17:00"))
    assert not HOURS.is_open(at("2026-11-22T12:00"))


spans = st.tuples(st.integers(0, 22), st.integers(1, 23)).filter(lambda pair: pair[0] < pair[1])
weeks = st.dictionaries(st.integers(0, 6), spans, min_size=1)
moments = st.datetimes(datetime.datetime(2025, 1, 1), datetime.datetime(2030, 1, 1))
zones = st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu"])


@settings(deadline=None)
@given(weeks, moments, zones, st.integers(1, 480))
def test_b156_exactly_that_much_working_time_has_passed_or_the_longest_wait_is_over(week, moment, zone, minutes):
    there = ZoneInfo(zone)
    hours = WorkingHours(there, {day: (datetime.time(a), datetime.time(b)) for day, (a, b) in week.items()})
    begins = moment.replace(tzinfo=datetime.UTC)
    ends = hours.after(begins, minutes)
    assert begins < ends <= begins + LONGEST_WAIT
    if ends < begins + LONGEST_WAIT:
        assert hours.between(begins, ends) == datetime.timedelta(minutes=minutes)
    else:
        assert hours.between(begins, ends) <= datetime.timedelta(minutes=minutes)


@settings(deadline=None)
@given(weeks, moments, zones, st.integers(1, 480), st.integers(1, 240))
def test_more_working_time_never_ends_earlier(week, moment, zone, minutes, more):
    there = ZoneInfo(zone)
    hours = WorkingHours(there, {day: (datetime.time(a), datetime.time(b)) for day, (a, b) in week.items()})
    begins = moment.replace(tzinfo=datetime.UTC)
    assert hours.after(begins, minutes) <= hours.after(begins, minutes + more)
