"""Recurrences, their dates, what a local time means, and how it is said."""

from __future__ import annotations

import time as clock
from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from exercises.recurrence import EARLIEST, LATEST, Freq, Recurrence, ScheduleError
from exercises.rhythm import sentence
from exercises.schedule import (
    ZoneError,
    dates,
    default_time,
    instant,
    next_occurrences,
    zone,
    zone_names,
)

FIRST = date(2026, 11, 25)  # a Wednesday
quick = settings(max_examples=120, deadline=None)


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    freq = draw(st.sampled_from(list(Freq)))
    parts: dict = {"freq": freq}
    if freq is Freq.ONCE:
        return Recurrence(**parts)
    parts["interval"] = draw(st.integers(1, 99) | st.just(1))
    if freq is Freq.WEEKLY:
        parts["weekdays"] = tuple(draw(st.sets(st.integers(0, 6))))
    if freq is Freq.MONTHLY:
        if draw(st.booleans()):
            parts["weekdays"] = (draw(st.integers(0, 6)),)
            parts["nth"] = draw(st.sampled_from([1, 2, 3, 4, -1]))
        else:
            parts["monthday"] = draw(st.sampled_from([None, -1, *range(1, 32)]))
    ending = draw(st.sampled_from(["none", "count", "until"]))
    if ending == "count":
        parts["count"] = draw(st.integers(1, 400))
    if ending == "until":
        parts["until"] = draw(st.dates(date(2024, 1, 1), date(2040, 1, 1)))
    if draw(st.booleans()):
        parts["at"] = draw(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
    parts["reviews"] = draw(st.booleans())
    return Recurrence(**parts)


days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


class TestReadingRules:
    @quick
    @given(recurrences())
    def test_what_is_written_is_read_back(self, recurrence: Recurrence) -> None:
        assert len(recurrence.rule) <= 200
        assert Recurrence.parse(recurrence.rule, reviews=recurrence.reviews) == recurrence

    @pytest.mark.parametrize(
        "rule",
        [
            "",
            "ONCE",
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=5",
            "FREQ=HOURLY",
            "FREQ=daily",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;INTERVAL=100",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;COUNT=401",
            "FREQ=DAILY;COUNT=1000000000",
            "FREQ=DAILY;COUNT=5;UNTIL=20270101",
            "FREQ=DAILY;UNTIL=20270230",
            "FREQ=DAILY;UNTIL=99991231",
            "FREQ=DAILY;BYDAY=MO",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;",
            "FREQ=DAILY;BYSETPOS=1",
            "FREQ=DAILY;WKST=SU",
            "FREQ=DAILY;BYHOUR=24",
            "FREQ=DAILY;BYHOUR=9,10",
            "FREQ=DAILY;BYMINUTE=5",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=WEEKLY;BYDAY=MO,MO",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=WEEKLY;BYMONTHDAY=3",
            "FREQ=MONTHLY;BYDAY=MO",
            "FREQ=MONTHLY;BYDAY=5SU",
            "FREQ=MONTHLY;BYDAY=-2SU",
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=MONTHLY;BYDAY=1SU;BYMONTHDAY=1",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "RRULE:FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=٣",
            "FREQ=DAILY;INTERVAL=1\x00",
            "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 4000),
            "FREQ=DAILY;COUNT=" + "9" * 10_000,
        ],
    )
    def test_anything_outside_the_grammar_is_refused_with_a_reason(self, rule: str) -> None:
        with pytest.raises(ScheduleError) as refusal:
            Recurrence.parse(rule)
        assert refusal.value.errors
        assert all(str(message) for message in refusal.value.errors.values())

    @settings(max_examples=300, deadline=None)
    @given(
        st.text(alphabet="FREQ=DAILYWKMONTHINTERVALBYCUTS;,0123456789-", max_size=60).map(
            lambda text: "FREQ=WEEKLY;" + text
        )
        | st.text(max_size=40)
    )
    def test_b72_hostile_rules_are_refused_or_cheap(self, rule: str) -> None:
        try:
            recurrence = Recurrence.parse(rule)
        except ScheduleError:
            return
        assert len(dates(recurrence, FIRST, end=FIRST + timedelta(days=90))) <= 91

    def test_the_hour_of_a_rule_is_a_time_of_day(self) -> None:
        assert Recurrence.parse("FREQ=DAILY;BYHOUR=21;BYMINUTE=0").at == time(21)

    def test_contradictions_are_refused_wherever_they_are_made(self) -> None:
        with pytest.raises(ScheduleError) as refusal:
            Recurrence(Freq.WEEKLY, interval=0, count=0)
        assert set(refusal.value.errors) == {"interval", "count"}


class TestDates:
    @quick
    @given(recurrences(), days)
    def test_b72_the_next_ninety_days_are_cheap_ordered_and_in_bounds(
        self, recurrence: Recurrence, first: date
    ) -> None:
        began = clock.process_time()
        found = dates(recurrence, first, end=first + timedelta(days=90))
        assert clock.process_time() - began < 0.05
        assert found == sorted(set(found))
        assert all(first <= day <= first + timedelta(days=90) for day in found)
        assert recurrence.count is None or len(found) <= recurrence.count
        assert recurrence.until is None or all(day <= recurrence.until for day in found)

    @quick
    @given(recurrences(), days, st.integers(0, 4000), st.integers(0, 400))
    def test_a_window_shows_what_the_whole_shows(
        self, recurrence: Recurrence, first: date, ahead: int, length: int
    ) -> None:
        start = first + timedelta(days=ahead)
        end = start + timedelta(days=length)
        whole = dates(recurrence, first, end=end, limit=10_000)
        assert dates(recurrence, first, start=start, end=end) == [day for day in whole if day >= start][:400]

    @quick
    @given(recurrences(), days)
    def test_it_agrees_with_the_standard_counted_from_the_first_match(
        self, recurrence: Recurrence, first: date
    ) -> None:
        short_months = recurrence.freq in (Freq.MONTHLY, Freq.YEARLY) and not recurrence.weekdays
        day = first.day if recurrence.monthday is None else recurrence.monthday
        assume(recurrence.freq is not Freq.ONCE and not recurrence.reviews)
        assume(not (short_months and day > 28))  # where we keep the month and the standard skips it
        found = dates(recurrence, first, end=date(2042, 1, 1), limit=50)
        if not found:
            return
        ours = ("BYHOUR", "BYMINUTE", "UNTIL")  # the hour, and the end that `found` already keeps
        rule = ";".join(part for part in recurrence.rule.split(";") if not part.startswith(ours))
        if rule.startswith("FREQ=WEEKLY") and not recurrence.weekdays:
            rule += ";BYDAY=" + ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[first.weekday()]
        standard = rrulestr(rule, dtstart=datetime.combine(found[0], time(12)))
        expected = [moment.date() for _, moment in zip(found, standard, strict=False)]
        assert found == expected

    def test_a_start_on_the_31st_skips_no_month(self) -> None:
        monthly = Recurrence(Freq.MONTHLY)
        assert dates(monthly, date(2027, 1, 31), limit=3) == [
            date(2027, 1, 31),
            date(2027, 2, 28),
            date(2027, 3, 31),
        ]

    def test_a_leap_day_is_kept_every_year(self) -> None:
        yearly = Recurrence(Freq.YEARLY)
        assert dates(yearly, date(2028, 2, 29), limit=2) == [date(2028, 2, 29), date(2029, 2, 28)]

    def test_once_then_reviews_begins_on_the_first_date(self) -> None:
        reviews = Recurrence.parse("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SU", reviews=True)
        assert dates(reviews, date(2026, 12, 1), limit=3) == [
            date(2026, 12, 1),
            date(2027, 3, 7),
            date(2027, 6, 6),
        ]

    def test_a_count_includes_the_first_date(self) -> None:
        twice = Recurrence.parse("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SU;COUNT=2", reviews=True)
        assert dates(twice, FIRST) == [FIRST, date(2027, 2, 7)]

    def test_every_second_friday_begins_with_the_next_friday(self) -> None:
        fortnightly = Recurrence.parse("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")
        assert dates(fortnightly, date(2026, 11, 28), limit=2) == [date(2026, 12, 4), date(2026, 12, 18)]

    @pytest.mark.parametrize("first", [date.min, date.max])
    def test_the_ends_of_time_are_refused(self, first: date) -> None:
        with pytest.raises(ScheduleError):
            dates(Recurrence(Freq.DAILY), first)

    @pytest.mark.parametrize("freq", list(Freq))
    @pytest.mark.parametrize("first", [EARLIEST, LATEST])
    def test_the_ends_of_the_calendar_are_only_ends(self, freq: Freq, first: date) -> None:
        assert dates(Recurrence(freq), first, limit=5)[0] == first

    def test_a_schedule_that_ran_for_decades_is_still_cheap(self) -> None:
        began = clock.process_time()
        found = dates(Recurrence(Freq.DAILY), date(1971, 1, 1), start=date(2190, 1, 1), limit=3)
        assert found[0] == date(2190, 1, 1)
        assert clock.process_time() - began < 0.05


class TestZones:
    @pytest.mark.parametrize(
        "name",
        ["", "utc", "europe/oslo", "Europe/Oslo ", "posixrules", "localtime", "Factory", "right/UTC",
         "posix/UTC", "../etc/passwd", "/etc/localtime", "Europe/Oslo\x00", "Atlantis/Capital", "x" * 5000],
    )  # fmt: skip
    def test_b73_only_listed_names_are_zones(self, name: str) -> None:
        with pytest.raises(ZoneError):
            zone(name)

    def test_every_listed_name_is_a_zone(self) -> None:
        assert len(zone_names()) > 400
        assert {"Europe/Oslo", "Australia/Lord_Howe", "UTC"} <= zone_names()
        for name in zone_names():
            assert zone(name).key == name


zones = st.sampled_from(sorted(zone_names()))


def change_days(name: str) -> list[date]:
    """Local dates around which the clocks of a zone are changed, 2000 to 2037."""
    here, found = zone(name), []
    day = datetime(2000, 1, 1, tzinfo=UTC)
    while day.year < 2038:
        later = day + timedelta(days=7)
        if day.astimezone(here).utcoffset() != later.astimezone(here).utcoffset():
            found += [(day + timedelta(days=n)).date() for n in range(9)]
        day = later
    return found


class TestInstants:
    @settings(max_examples=300, deadline=None)
    @given(zones, days, clock_times)
    @example("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15))
    @example("Asia/Beirut", date(2022, 3, 27), time(0, 30))
    @example("America/Santiago", date(2026, 9, 6), time(0, 30))
    @example("Africa/Casablanca", date(2026, 3, 22), time(2, 30))
    @example("America/Nuuk", date(2024, 3, 30), time(23, 30))
    @example("Pacific/Apia", date(2011, 12, 30), time(18))
    def test_a_due_moment_lies_on_its_local_date(self, name: str, day: date, at: time) -> None:
        here = zone(name)
        due = instant(day, at, here)
        if due is None:
            return
        assert due.tzinfo is UTC
        assert due.astimezone(here).date() == day

    @pytest.mark.parametrize(
        "name",
        ["Australia/Lord_Howe", "Asia/Beirut", "America/Santiago", "Africa/Casablanca", "America/Nuuk",
         "Pacific/Apia", "Europe/Oslo", "America/New_York", "Antarctica/Troll", "Asia/Tehran"],
    )  # fmt: skip
    def test_around_every_change_of_clocks_each_date_has_one_moment_in_order(self, name: str) -> None:
        here = zone(name)
        for at in (time(0), time(0, 30), time(2, 15), time(2, 30), time(18), time(23, 30)):
            moments = [due for day in change_days(name) if (due := instant(day, at, here))]
            assert moments == sorted(set(moments))

    def test_a_skipped_time_moves_forward_by_the_gap(self) -> None:
        oslo = zone("Europe/Oslo")
        due = instant(date(2026, 3, 29), time(2, 30), oslo)
        assert due is not None
        assert due.astimezone(oslo).time() == time(3, 30)

    def test_half_hour_gaps_move_by_half_an_hour(self) -> None:
        lord_howe = zone("Australia/Lord_Howe")
        due = instant(date(2026, 10, 4), time(2, 15), lord_howe)
        assert due is not None
        assert due.astimezone(lord_howe).time() == time(2, 45)

    def test_a_gap_at_midnight_stays_on_its_date(self) -> None:
        beirut = zone("Asia/Beirut")
        due = instant(date(2022, 3, 27), time(0, 30), beirut)
        assert due is not None
        assert due.astimezone(beirut).replace(tzinfo=None) == datetime(2022, 3, 27, 1, 30)

    def test_a_time_that_comes_twice_means_its_first(self) -> None:
        assert instant(date(2026, 10, 25), time(2, 30), zone("Europe/Oslo")) == datetime(
            2026, 10, 25, 0, 30, tzinfo=UTC
        )

    def test_a_date_that_never_was_has_no_moment(self) -> None:
        apia = zone("Pacific/Apia")
        assert instant(date(2011, 12, 30), time(18), apia) is None
        slots = next_occurrences(
            Recurrence(Freq.DAILY), date(2011, 12, 28), time(18), apia,
            start=date(2011, 12, 28), end=date(2012, 1, 1),
        )  # fmt: skip
        assert [slot.day.day for slot in slots] == [28, 29, 31, 1]

    @quick
    @given(recurrences(), zones, days, clock_times, st.integers(0, 60), st.integers(0, 60))
    def test_planning_in_pieces_gives_the_same_slots(
        self, recurrence: Recurrence, name: str, first: date, at: time, cut: int, more: int
    ) -> None:
        here, middle = zone(name), first + timedelta(days=cut)
        end = middle + timedelta(days=more)
        plan = lambda a, b: next_occurrences(recurrence, first, at, here, start=a, end=b)  # noqa: E731
        whole = plan(first, end)
        assert plan(first, middle) + plan(middle + timedelta(days=1), end) == whole
        assert len({slot.due.astimezone(here).date() for slot in whole}) == len(whole)
        assert len({slot.key for slot in whole}) == len(whole)

    def test_a_slot_is_named_by_its_local_time(self) -> None:
        slot = next_occurrences(
            Recurrence.parse("once"), date(2026, 11, 29), time(18), zone("Europe/Oslo"),
            start=FIRST, end=date(2026, 12, 31),
        )[0]  # fmt: skip
        assert slot.key == "2026-11-29T18:00"
        assert slot.due == datetime(2026, 11, 29, 17, tzinfo=UTC)

    def test_hints_stand_for_times(self) -> None:
        assert [default_time(hint) for hint in ("morning", "midday", "evening", "any")] == [
            time(8), time(12, 30), time(19), time(18),
        ]  # fmt: skip


class TestSentences:
    @pytest.mark.parametrize(
        ("rule", "said"),
        [
            ("once", "Once, on Wednesday 25 November at 18:00"),
            ("FREQ=DAILY;COUNT=1", "Once, on Wednesday 25 November at 18:00"),
            ("FREQ=DAILY;BYHOUR=21;BYMINUTE=0;COUNT=14", "Every day at 18:00, 14 times"),
            ("FREQ=DAILY;INTERVAL=2", "Every second day at 18:00"),
            ("FREQ=DAILY;INTERVAL=3", "Every 3 days at 18:00"),
            ("FREQ=WEEKLY;BYDAY=SU;COUNT=6", "Every Sunday at 18:00, for 6 weeks"),
            ("FREQ=WEEKLY;COUNT=8", "Every Wednesday at 18:00, for 8 weeks"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "Every second Friday at 18:00"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;COUNT=3", "Every second Friday at 18:00, 3 times"),
            ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH", "Every 3 weeks, on Monday and Thursday at 18:00"),
            ("FREQ=WEEKLY;BYDAY=FR,WE,MO", "Every Monday, Wednesday and Friday at 18:00"),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Monday to Friday at 18:00"),
            ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20270103", "Every Monday at 18:00, until 3 January 2027"),
            ("FREQ=MONTHLY;BYDAY=1SU", "On the first Sunday of each month at 18:00"),
            ("FREQ=MONTHLY;BYDAY=-1SA", "On the last Saturday of each month at 18:00"),
            ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU", "Every second month, on the first Sunday at 18:00"),
            ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SU", "Every 3 months, on the first Sunday at 18:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=1", "On day 1 of each month at 18:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "On the last day of each month at 18:00"),
            ("FREQ=YEARLY", "Every year on 25 November at 18:00"),
            ("FREQ=YEARLY;INTERVAL=2", "Every second year on 25 November at 18:00"),
        ],
    )
    def test_a_schedule_is_said_plainly(self, rule: str, said: str) -> None:
        assert sentence(Recurrence.parse(rule), FIRST, time(18)) == said

    def test_reviews_are_said_after_the_first_time(self) -> None:
        reviews = Recurrence.parse("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SU", reviews=True)
        assert sentence(reviews) == "Once, then every 3 months, on the first Sunday"
        assert (
            sentence(reviews, FIRST, time(18))
            == "Once on Wednesday 25 November, then every 3 months, on the first Sunday at 18:00"
        )

    def test_the_rules_own_hour_is_said_when_no_other_is_given(self) -> None:
        assert sentence(Recurrence.parse("FREQ=DAILY;BYHOUR=21;BYMINUTE=0")) == "Every day at 21:00"

    def test_another_year_is_said(self) -> None:
        said = sentence(Recurrence.parse("once"), date(2027, 1, 3), time(18), today=FIRST)
        assert said == "Once, on Sunday 3 January 2027 at 18:00"

    @quick
    @given(recurrences(), st.none() | days, st.none() | clock_times)
    def test_every_schedule_can_be_said(self, recurrence: Recurrence, first: date | None, at: time | None) -> None:
        said = sentence(recurrence, first, at)
        assert 4 <= len(said) <= 150
        assert "%" not in said
        assert "None" not in said
