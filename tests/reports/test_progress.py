"""Counting and wording, on plain values."""

from __future__ import annotations

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from reports import adherence, quoting, series
from reports.material import Asked, Material, Number, Period, Running, Sent, Words
from reports.paper import Partner

STARTS = datetime.date(2026, 3, 2)
PERIOD = Period(STARTS, datetime.date(2026, 5, 24), ZoneInfo("Europe/London"))
CLINICAL = Material((Partner("Mara", 0), Partner("Theo", 1)), PERIOD, shared=False)
SHARED = replace(CLINICAL, shared=True)


def day(week: int, weekday: int = 6) -> datetime.date:
    return STARTS + datetime.timedelta(days=7 * (week - 1) + weekday)


def numbers(key: str, position: int | None, values: dict[int, float], weekday: int = 6) -> tuple[Number, ...]:
    return tuple(Number(key, position, day(week, weekday), value, ("g", str(week))) for week, value in values.items())


def asked(week: int, *states: str, what: str = "Tea", key: str = "g", slot: str = "") -> Asked:
    return Asked((key, slot or str(week)), what, "Ritual", day(week), False, tuple(enumerate(states)))


def test_several_answers_a_week_become_their_median():
    three = numbers("closeness", 0, {1: 2}, 0) + numbers("closeness", 0, {1: 9}, 3) + numbers("closeness", 0, {1: 4})
    [point] = series.weekly(three, STARTS)
    assert (point.on, point.value) == (STARTS, 4)


@pytest.mark.parametrize(
    ("weeks", "gaps"),
    [((1, 2, 3, 5), [4]), ((1, 2, 3, 7), [4, 5, 6]), ((1, 5, 9), []), ((1, 3, 5, 9), [7]), ((1,), []), ((), [])],
)
def test_a_gap_follows_from_the_rhythm_of_the_answers(weeks, gaps):
    points = series.weekly(numbers("closeness", 0, dict.fromkeys(weeks, 5)), STARTS)
    assert [(point.on - STARTS).days // 7 + 1 for point in points if point.value is None] == gaps
    assert len([point for point in points if point.value is not None]) == len(weeks)


def test_baseline_is_the_median_of_the_first_two_weeks():
    found = list(numbers("closeness", 0, {2: 3, 3: 5, 4: 9, 9: 10}))
    assert series.baseline(found) == 4
    assert series.baseline(found[:2]) is None
    assert series.baseline([]) is None


def test_nobody_is_averaged_with_anybody():
    material = replace(
        CLINICAL, numbers=numbers("closeness", 0, {1: 0, 2: 0, 3: 0}) + numbers("closeness", 1, {1: 10, 2: 10, 3: 10})
    )
    [one] = series.charts(material)
    assert [line.values for line in one.lines] == [(0, 0, 0), (10, 10, 10)]
    assert [line.value for line in series.headlines(material)] == ["0", "10"]


def test_what_they_answered_together_is_nobodys_line():
    material = replace(CLINICAL, numbers=numbers("closeness", None, {1: 5, 2: 5, 3: 5}))
    assert series.charts(material) == ()
    assert series.headlines(material) == ()


def test_fewer_than_three_answers_are_not_drawn_but_told():
    material = replace(CLINICAL, numbers=numbers("closeness", 0, {1: 5, 2: 6}))
    assert series.charts(material) == ()
    assert [row.label for row in series.areas(material).rows] == ["How close a person feels"]


def test_differences_come_from_the_last_week_that_two_of_them_answered():
    material = replace(
        CLINICAL,
        numbers=numbers("closeness", 0, {1: 2, 2: 3, 3: 9})
        + numbers("closeness", 1, {1: 2, 2: 8})
        + numbers("trust", 0, {2: 4})
        + numbers("trust", 1, {2: 5})
        + numbers("hope", 0, {2: 1}),
    )
    rows = series.differences(material).rows
    assert [row.answers for row in rows] == [((0, 3), (1, 8)), ((0, 4), (1, 5))]


def test_a_day_keeps_its_last_mood_and_empty_days_stay_empty():
    material = replace(CLINICAL, numbers=numbers("mood", 0, {1: 2}, 0) + numbers("mood", 0, {1: 4}, 0))
    [days] = series.mood(material).maps
    assert days.days[0] == 4
    assert set(days.days[1:]) == {None}
    assert len(days.days) == 84


def test_skipping_is_not_leaving_open():
    material = replace(
        CLINICAL,
        asked=(
            asked(1, "done", "done"),
            asked(2, "done", "open"),
            asked(3, "skipped", "skipped"),
            asked(4, "open", "started"),
            asked(5, "skipped", "open"),
        ),
    )
    doing = adherence.doing(material)
    assert [week.counts for week in doing.weeks[:5]] == [
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
        (0, 0, 1, 0),
    ]
    [headline] = adherence.headlines(material)
    assert (headline.value, headline.of) == ("43%", "of 7")


def test_many_rounds_of_a_week_are_one_row():
    daily = tuple(asked(1, "done", "done" if at else "open", what="Mood log", slot=str(at)) for at in range(7))
    [row] = adherence.doing(replace(CLINICAL, asked=daily)).given
    assert row.what == "Mood log (Mara 7, Theo 6 of 7)"
    assert row.states == ("done", "started")


def test_the_couples_copy_says_what_was_done_and_never_what_was_not():
    sent = (
        Sent(None, ("g", "1"), "Tea", "Ritual", True, day(1)),
        Sent(0, ("h", "1"), "Check", "Check-in", False, day(1)),
        Sent(1, ("h", "1"), "Check", "Check-in", False, day(1)),
    )
    doing = adherence.doing(replace(SHARED, sent=sent))
    assert doing.given == ()
    assert doing.weeks[0].counts == (1, 1)
    assert [(row.what, row.how) for row in doing.together] == [("Check", "Shared"), ("Tea", "Together")]


def test_rituals_are_kept_of_so_many():
    material = replace(
        CLINICAL, numbers=numbers("ritual_kept", None, {week: float(week % 4 > 0) for week in range(1, 13)})
    )
    [kept] = adherence.headlines(material)
    assert (kept.value, kept.of) == ("9", "of 12")


def test_words_are_whole_recent_and_from_everybody():
    def said(text: str, position: int | None, week: int) -> Words:
        return Words(text, position, day(week), "Check", False)

    words = (
        *(said(f"A sentence that is long enough, number {week}.", 0, week) for week in range(1, 7)),
        said("Theo says something that fits well.", 1, 7),
        said("Short.", 1, 8),
        said("Long. " * 200, 1, 9),
        said("What we wrote together about the house.", None, 10),
    )
    found = quoting.quotes(replace(CLINICAL, words=words))
    assert [quote.position for quote in found] == [0, 0, 0, 1, None]
    assert "number 4" in found[0].text


def test_a_series_without_an_end_gets_a_round_one():
    assert [series.ceiling(value) for value in (0, 5, 6, 11, 60, 100, 999)] == [5, 5, 10, 20, 100, 100, 1000]


def test_who_is_meant_is_said_in_words():
    three = replace(CLINICAL, partners=(*CLINICAL.partners, Partner("Ada", 2)))
    assert series.who(CLINICAL, (0, 1)) == "Both"
    assert series.who(three, (0, 1, 2)) == "Everyone"
    assert series.who(three, (0, 2)) == "Mara & Ada"
    assert Running.__doc__
