"""Quiet hours by each person's own clock, in all nights of all zones."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.quiet import is_quiet, next_allowed

LONDON = ZoneInfo("Europe/London")
#: Gaps and overlaps of an hour, of half an hour, at midnight, twice a year, and a day left out.
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "UTC",
]

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.datetimes(
    min_value=datetime.datetime(2000, 1, 1), max_value=datetime.datetime(2040, 1, 1), timezones=st.just(datetime.UTC)
)
#: The longest that any night of any zone can be, with a day left out and a clock set back.
LONGEST = datetime.timedelta(hours=50)


def at(zone: ZoneInfo, *when: int) -> datetime.datetime:
    return datetime.datetime(*when, tzinfo=zone)  # type: ignore[misc]


def clock(hour: int, minute: int = 0) -> datetime.time:
    return datetime.time(hour, minute)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ((2026, 11, 22, 21, 59), (2026, 11, 22, 21, 59)),
        ((2026, 11, 22, 22, 0), (2026, 11, 23, 7, 0)),
        ((2026, 11, 23, 0, 0), (2026, 11, 23, 7, 0)),
        ((2026, 11, 23, 6, 59), (2026, 11, 23, 7, 0)),
        ((2026, 11, 23, 7, 0), (2026, 11, 23, 7, 0)),
    ],
)
def test_quiet_hours_span_midnight(moment, allowed):
    assert next_allowed(at(LONDON, *moment), clock(22), clock(7), LONDON) == at(LONDON, *allowed)


def test_quiet_hours_inside_a_day():
    noon = at(LONDON, 2026, 11, 22, 12, 30)
    assert next_allowed(noon, clock(12), clock(14), LONDON) == at(LONDON, 2026, 11, 22, 14, 0)
    assert next_allowed(noon, clock(13), clock(14), LONDON) == noon


def test_equal_ends_mean_no_quiet_hours():
    midnight = at(LONDON, 2026, 11, 22)
    assert next_allowed(midnight, clock(0), clock(0), LONDON) == midnight


def test_the_night_is_as_long_as_the_clocks_make_it():
    short = next_allowed(at(LONDON, 2026, 3, 28, 22), clock(22), clock(7), LONDON)
    long = next_allowed(at(LONDON, 2026, 10, 24, 22), clock(22), clock(7), LONDON)
    assert short - at(LONDON, 2026, 3, 28, 22).astimezone(datetime.UTC) == datetime.timedelta(hours=8)
    assert long - at(LONDON, 2026, 10, 24, 22).astimezone(datetime.UTC) == datetime.timedelta(hours=10)


def test_an_end_that_the_clocks_skip_moves_forward():
    allowed = next_allowed(at(LONDON, 2026, 3, 29, 0, 30), clock(22), clock(1, 30), LONDON)
    assert allowed.astimezone(LONDON).time() == clock(2, 30)


def test_an_end_that_comes_twice_means_its_first_and_the_repeated_hour_is_quiet_again():
    first = next_allowed(at(LONDON, 2026, 10, 25, 0, 30), clock(22), clock(1, 30), LONDON)
    assert first == datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
    again = datetime.datetime(2026, 10, 25, 1, 10, tzinfo=datetime.UTC)  # 01:10 for the second time
    assert next_allowed(again, clock(22), clock(1, 30), LONDON) == again + datetime.timedelta(minutes=20)


@given(moments, times, times, zones)
def test_nobody_is_reached_in_quiet_hours(moment, start, end, zone):
    allowed = next_allowed(moment, start, end, zone)
    assert not is_quiet(allowed, start, end, zone)
    assert moment <= allowed <= moment + LONGEST
    assert allowed.tzinfo is datetime.UTC
    assert next_allowed(allowed, start, end, zone) == allowed


@given(moments, times, times, zones)
def test_nobody_waits_longer_than_the_night(moment, start, end, zone):
    """Whatever lies between is quiet, but for the hour in which the clocks themselves jump."""
    allowed = next_allowed(moment, start, end, zone)
    hour = datetime.timedelta(hours=1)
    between = moment
    while between < allowed - hour:
        assert is_quiet(between, start, end, zone)
        between += hour / 4
