"""Trends: the check values, when something may be said, and what must hold for any course of scores."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exercises import measures
from exercises.measures.definition import Reliable
from reports.trend import Trend, in_words, least_squares, trend

MONDAY = date(2026, 1, 5)
#: The worked example: weeks and CSI-16 scores.
WEEKS, SCORES = [0, 1, 2, 3, 5, 6], [38, 41, 40, 47, 50, 53]
CSI16 = measures.get("csi16").reliable


def course(values: list[int], weeks: list[float] | None = None) -> list[tuple[date, Decimal]]:
    """Scores a week apart, or on other weeks."""
    when = weeks if weeks is not None else list(range(len(values)))
    days = [MONDAY + timedelta(days=round(7 * week)) for week in when]
    return [(day, Decimal(value)) for day, value in zip(days, values, strict=True)]


def found(values: list[int], weeks: list[float] | None = None, reliable: Reliable | None = CSI16) -> Trend:
    one = trend(course(values, weeks), reliable)
    assert one is not None
    return one


# ── the worked example ───────────────────────────────────────────────────────


def test_the_check_values_of_least_squares() -> None:
    fit = least_squares(WEEKS, SCORES)
    rounded = [round(one, 3) for one in (fit.slope, fit.intercept, fit.residual, fit.error, fit.low, fit.high)]
    assert rounded == [2.528, 37.671, 1.685, 0.325, 1.625, 3.431]
    # The factor is that of Student's t with four degrees of freedom.
    assert round((fit.high - fit.slope) / fit.error, 3) == 2.776


def test_the_check_values_of_the_trend() -> None:
    one = found(SCORES, WEEKS)
    assert one.per_week == 2.5
    assert (round(one.low or 0, 3), round(one.high or 0, 3)) == (1.625, 3.431)
    assert (one.n, one.span_weeks) == (6, 6)
    assert round(one.moved or 0, 1) == 15.2
    assert CSI16 is not None
    assert round(CSI16.threshold, 2) == Decimal("6.66")
    assert one.direction == "rising"


# ── when something is said ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "weeks", "there"),
    [
        ([38], [0], False),
        ([38, 41], [0, 6], False),
        ([38, 41, 50], [0, 3, 6], False),
        ([38, 41, 50, 53], [0, 1, 2, 20 / 7], False),  # four over twenty days
        ([38, 41, 50, 53], [0, 1, 2, 3], True),  # and over twenty-one
    ],
)
def test_a_slope_needs_four_scores_over_three_weeks(values: list[int], weeks: list[float], there: bool) -> None:
    assert (trend(course(values, weeks), CSI16) is not None) is there


def test_the_interval_needs_six_scores_and_without_it_no_direction_is_said() -> None:
    five = found([38, 44, 50, 56, 62])
    assert (five.per_week, five.low, five.high, five.moved, five.direction) == (6, None, None, None, "")
    assert in_words(five) == "+6 points a week, from 5 scores over 4 weeks."
    assert found([38, 39, 40, 41, 42]).direction == "same"
    six = found([38, 44, 50, 56, 62, 68])
    assert six.low is not None
    assert six.direction == "rising"


def test_an_interval_that_holds_no_change_says_about_the_same() -> None:
    scattered = found([40, 60, 38, 62, 41, 61])
    assert scattered.low is not None
    assert scattered.high is not None
    assert scattered.low < 0 < scattered.high
    assert abs(scattered.moved or 0) > 6.664
    assert scattered.direction == "same"


def test_a_change_that_may_be_chance_says_about_the_same_however_sure_the_slope_is() -> None:
    slow = found([40, 41, 42, 43, 44, 45, 46])
    assert slow.low is not None
    assert slow.low > 0
    assert slow.moved == pytest.approx(6)
    assert slow.direction == "same"
    assert found([40, 41, 42, 43, 44, 45, 46, 47]).direction == "rising"


def test_a_change_of_just_the_threshold_does_not_exceed_it() -> None:
    phq9 = measures.get("phq9").reliable
    assert found([18, 17, 16, 15, 14, 13, 12], reliable=phq9).direction == "same"
    assert found([18, 17, 16, 15, 14, 13, 12, 11], reliable=phq9).direction == "falling"


def test_one_odd_day_that_turns_least_squares_alone_says_nothing() -> None:
    one = found([60, 59, 58, 57, 56, 55, 54, 100])
    assert one.per_week == -1
    assert (one.moved or 0) > 6.664
    assert one.direction == "same"


def test_without_a_threshold_of_reliable_change_there_is_no_direction() -> None:
    assert found(SCORES, WEEKS, reliable=None).direction == ""


# ── any course ───────────────────────────────────────────────────────────────

ONE_SCORE = st.tuples(st.integers(0, 400), st.integers(0, 81))
COURSES = st.lists(ONE_SCORE, min_size=4, max_size=14, unique_by=lambda one: one[0])


def drawn(raw: list[tuple[int, int]]) -> list[tuple[date, Decimal]]:
    points = [(MONDAY + timedelta(days=day), Decimal(value)) for day, value in raw]
    assume(max(points)[0] - min(points)[0] >= timedelta(days=21))
    return points


def of(points: list[tuple[date, Decimal]]) -> Trend:
    one = trend(points, CSI16)
    assert one is not None
    return one


@settings(max_examples=60, deadline=None)
@given(COURSES)
def test_the_slope_is_the_median_of_all_pairs(raw: list[tuple[int, int]]) -> None:
    points = drawn(raw)
    pairs = [
        float(b[1] - a[1]) / ((b[0] - a[0]).days / 7)
        for number, a in enumerate(sorted(points))
        for b in sorted(points)[number + 1 :]
    ]
    assert of(points).per_week == pytest.approx(median(pairs))


@settings(max_examples=40, deadline=None)
@given(COURSES, st.integers(-50, 50), st.integers(-900, 900), st.randoms(use_true_random=False))
def test_the_trend_does_not_change_when_all_scores_or_days_move_together(raw, up, later, dice) -> None:
    points = drawn(raw)
    moved = [(day + timedelta(days=later), value + up) for day, value in points]
    dice.shuffle(moved)
    before, after = of(points), of(moved)
    assert after.per_week == pytest.approx(before.per_week)
    assert after.span_weeks == before.span_weeks
    if before.low is not None and before.high is not None:
        assert after.low == pytest.approx(before.low, abs=1e-6)
        assert after.high == pytest.approx(before.high, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(COURSES)
def test_a_mirrored_course_has_the_mirrored_trend(raw: list[tuple[int, int]]) -> None:
    points = drawn(raw)
    one, other = of(points), of([(day, 81 - value) for day, value in points])
    assert other.per_week == pytest.approx(-one.per_week)
    assert other.direction == {"rising": "falling", "falling": "rising"}.get(one.direction, one.direction)


@settings(max_examples=40, deadline=None)
@given(COURSES)
def test_a_direction_is_never_said_against_the_slope_or_within_the_threshold(raw: list[tuple[int, int]]) -> None:
    one = of(drawn(raw))
    if one.direction == "rising":
        assert one.per_week > 0
        assert (one.low or 0) > 0
    if one.direction in ("rising", "falling"):
        assert one.n >= 6
        assert abs(one.moved or 0) > 6.664


def test_a_process_that_starts_loads_no_statistics() -> None:
    """Web processes and workers begin as fast as before: the first long course loads what it needs."""
    code = (
        "import django, sys; django.setup(); import practice.urls, reports.trend, reports.agreement; "
        "sys.exit('scipy' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
