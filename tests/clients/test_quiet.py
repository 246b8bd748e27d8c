"""Quiet hours by each person's own clock, in all nights of all zones."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.quiet import (
    PATIENCE,
    US_TEXT_HOURS,
    Window,
    is_forbidden,
    is_quiet,
    next_allowed,
    next_allowed_by_all,
    text_message_hours,
)
from practice.zones import country_of, zone_names
from tests.properties import changes, in_zone, quiet_hours, thorough

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


# ── several reasons at once ──────────────────────────────────────────────────

NIGHT = Window(clock(22), clock(7))


def test_hours_that_follow_each_other_are_waited_for_together():
    curfew, morning = Window(clock(20), clock(23)), Window(clock(7), clock(9, 30))
    evening = at(LONDON, 2026, 11, 22, 20, 30)
    assert next_allowed_by_all(evening, [NIGHT], LONDON) == evening
    assert next_allowed_by_all(evening, [NIGHT, curfew, morning], LONDON) == at(LONDON, 2026, 11, 23, 9, 30)
    assert next_allowed_by_all(evening, [morning, curfew, NIGHT], LONDON) == at(LONDON, 2026, 11, 23, 9, 30)


def test_without_any_hours_every_moment_is_allowed():
    midnight = at(LONDON, 2026, 11, 22)
    assert next_allowed_by_all(midnight, [], LONDON) == midnight
    assert next_allowed_by_all(midnight, [Window(clock(8), clock(8))], LONDON) == midnight


def test_hours_that_leave_no_gap_allow_nothing():
    day, night = Window(clock(7), clock(22)), NIGHT
    assert next_allowed_by_all(at(LONDON, 2026, 11, 22, 12), [day, night], LONDON) is None
    assert next_allowed_by_all(at(LONDON, 2026, 11, 22, 12), [Window(clock(7), clock(21, 59)), night], LONDON)


def test_the_order_of_the_reasons_decides_nothing_where_the_clocks_skip_an_end():
    """Cairo, 2010: midnight to one o'clock was left out."""
    cairo = ZoneInfo("Africa/Cairo")
    windows = [Window(clock(1, 1), clock(0)), Window(clock(1, 1), clock(0, 1))]
    moment = datetime.datetime(2010, 9, 8, 23, 1, tzinfo=datetime.UTC)
    assert next_allowed_by_all(moment, windows, cairo) == next_allowed_by_all(moment, windows[::-1], cairo)


@thorough
@given(in_zone, quiet_hours)
def test_r6_nothing_leaves_inside_any_forbidden_hours_by_the_recipients_own_clock(case, windows):
    zone, moment = case
    allowed = next_allowed_by_all(moment, windows, zone)
    if allowed is None:
        ends = [one.end for one in windows if one.start != one.end]
        assert all(any(covers(window, end) for window in windows) for end in ends), "there was a gap"
        return
    assert not is_forbidden(allowed, windows, zone)
    assert moment <= allowed <= moment + PATIENCE
    assert allowed.tzinfo is datetime.UTC
    assert next_allowed_by_all(allowed, windows, zone) == allowed
    assert next_allowed_by_all(moment, windows[::-1], zone) == allowed


def covers(window: Window, at: datetime.time) -> bool:
    """By the wall alone, on a day on which nothing happens to the clocks."""
    noon = datetime.datetime.combine(datetime.date(2026, 11, 22), at, tzinfo=datetime.UTC)
    return is_quiet(noon, *window, ZoneInfo("UTC"))


@thorough
@given(in_zone, quiet_hours, st.integers(1, 9))
def test_r6_nothing_waits_longer_than_it_is_forbidden(case, windows, part):
    """Whatever lies between is forbidden, but for an end that the clocks themselves skip."""
    zone, moment = case
    allowed = next_allowed_by_all(moment, windows, zone)
    if allowed is None or any(moment - PATIENCE <= one.at <= allowed + PATIENCE for one in changes(zone)):
        return
    between = moment + (allowed - moment) * part / 10
    assert between == allowed or is_forbidden(between, windows, zone)


# ── text messages, by law ────────────────────────────────────────────────────

AMERICAN = [
    "America/New_York", "America/Puerto_Rico", "America/St_Thomas", "America/Virgin", "Pacific/Honolulu",
    "Pacific/Guam", "Pacific/Saipan", "Pacific/Pago_Pago", "Pacific/Wake", "US/Eastern", "US/Samoa", "EST", "EST5EDT",
    "HST", "Navajo", "America/Indiana/Knox", "America/Fort_Wayne",
]  # fmt: skip
ELSEWHERE = ["America/Toronto", "America/Anguilla", "America/Mexico_City", "Europe/London", "Pacific/Apia", "UTC",
             "Etc/GMT+5"]  # fmt: skip


@pytest.mark.parametrize("name", AMERICAN)
def test_in_the_united_states_and_their_territories_the_law_says_when(name):
    assert text_message_hours(ZoneInfo(name)) == (US_TEXT_HOURS,)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_american_number_is_protected_wherever_its_owner_is(name):
    assert text_message_hours(ZoneInfo(name)) == ()
    assert text_message_hours(ZoneInfo(name), "+44 20 7946 0000") == ()
    assert text_message_hours(ZoneInfo(name), "+1 202 555 0100") == (US_TEXT_HOURS,)


@pytest.mark.parametrize(
    ("hour", "minute", "allowed"),
    [(7, 59, (22, 8, 0)), (8, 0, (22, 8, 0)), (20, 59, (22, 20, 59)), (21, 0, (23, 8, 0)), (23, 30, (23, 8, 0))],
)
def test_no_american_text_message_before_eight_or_from_nine_in_the_evening(hour, minute, allowed):
    zone = ZoneInfo("America/Chicago")
    found = next_allowed_by_all(at(zone, 2026, 11, 22, hour, minute), text_message_hours(zone), zone)
    assert found == at(zone, 2026, 11, *allowed)


@thorough
@given(in_zone, quiet_hours, st.sampled_from(["", "+1 202 555 0100", "+49 30 5550"]))
def test_r6_no_american_text_message_leaves_at_night_whatever_the_settings(case, windows, number):
    zone, moment = case
    found = next_allowed_by_all(moment, (*windows, *text_message_hours(zone, number)), zone)
    if found is None:
        return
    assert not is_forbidden(found, windows, zone)
    if number.startswith("+1") or country_of(zone.key) == "US":
        assert clock(8) <= found.astimezone(zone).time() < clock(21)


def test_every_zone_that_is_a_place_lies_in_a_country():
    nowhere = {name for name in zone_names() if not country_of(name)}
    assert {name for name in nowhere if "/" in name and not name.startswith("Etc/")} == set()
    assert {country_of("Europe/Oslo"), country_of("Asia/Calcutta"), country_of("UTC")} == {"NO", "IN", ""}
