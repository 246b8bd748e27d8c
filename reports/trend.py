"""Which way a course of scores goes: the slope per week, how sure it is, and when a word may be said.

Theil-Sen (the median of the slopes of all pairs) tells how steep it is, because one odd day does not move it; the
interval comes from least squares. scipy does both. It takes a second or two to load, so it is loaded by the first
course that is long enough, never when a process starts.

Nothing is said from fewer than four scores or three weeks, no direction without a threshold of reliable change,
and none that the interval or that threshold does not bear out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.measures.definition import Reliable

#: From so many scores, over so many days, a slope is worked out.
FEWEST = 4
SHORTEST = timedelta(days=21)
#: From so many on, least squares tells how sure it is.
FEWEST_FOR_INTERVAL = 6
SURE = 0.95
#: Scores further apart than this are not joined by a line.
GAP = timedelta(weeks=6)

DAYS_A_WEEK = 7

Dated = tuple[date, Decimal]
"""The day of a score, and the score."""

Direction = Literal["rising", "falling", "same", ""]


@dataclass(frozen=True, slots=True)
class Fit:
    """A straight line by least squares, time in weeks. ``error`` is the slope's standard error.

    ``residual`` is the standard deviation of what the line leaves over; ``low`` and ``high`` hold the slope 95
    times in 100, if the scores scatter around a straight line by chance alone.
    """

    slope: float
    intercept: float
    residual: float
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trend:
    """What a course comes to. ``per_week`` is the Theil-Sen slope, in points of the measure a week.

    ``low`` and ``high`` are None below six scores. ``direction`` is of the numbers, not of how somebody does: "same"
    whenever neither other word is borne out, and "" where nothing may be said: no threshold of reliable change is
    known, or four or five scores moved further than it, with no interval yet to tell whether that holds.
    """

    per_week: float
    low: float | None
    high: float | None
    span_weeks: float
    n: int
    direction: Direction
    #: How much the line of least squares moves from the first day to the last; None below six scores.
    moved: float | None = None


def trend(points: Sequence[Dated], reliable: Reliable | None) -> Trend | None:
    """Return how a course goes, in any order of ``points``; None below four scores or three weeks."""
    if len(points) < FEWEST:
        return None
    days = [day for day, _value in points]
    span = max(days) - min(days)
    if span < SHORTEST:
        return None
    weeks, values = _in_weeks(points)
    slope = theil_sen(weeks, values)
    fit = least_squares(weeks, values) if len(points) >= FEWEST_FOR_INTERVAL else None
    span_weeks = span.days / DAYS_A_WEEK
    return Trend(
        per_week=slope,
        low=fit.low if fit else None,
        high=fit.high if fit else None,
        span_weeks=span_weeks,
        n=len(points),
        direction=_direction(slope, fit, span_weeks, reliable),
        moved=fit.slope * span_weeks if fit else None,
    )


def theil_sen(weeks: Sequence[float], values: Sequence[float]) -> float:
    """Return the median slope of all pairs of different days. Needs at least two days."""
    from scipy import stats

    return float(stats.theilslopes(values, weeks).slope)


def least_squares(weeks: Sequence[float], values: Sequence[float]) -> Fit:
    """Return the straight line with the least squared distance. Needs three scores, on at least two days."""
    from scipy import stats

    found = stats.linregress(weeks, values)
    free = len(weeks) - 2
    wide = float(stats.t.ppf((1 + SURE) / 2, free)) * float(found.stderr)
    slope, intercept = float(found.slope), float(found.intercept)
    left_over = sum((y - intercept - slope * x) ** 2 for x, y in zip(weeks, values, strict=True))
    return Fit(
        slope=slope,
        intercept=intercept,
        residual=(left_over / free) ** 0.5,
        error=float(found.stderr),
        low=slope - wide,
        high=slope + wide,
    )


def _in_weeks(points: Sequence[Dated]) -> tuple[list[float], list[float]]:
    first = min(day for day, _value in points)
    ordered = sorted(points)
    return [(day - first).days / DAYS_A_WEEK for day, _value in ordered], [float(value) for _day, value in ordered]


def _direction(slope: float, fit: Fit | None, span_weeks: float, reliable: Reliable | None) -> Direction:
    """Rising or falling only where the interval leaves out no change, and the change is more than chance.

    Both lines must go the same way: one odd day can turn that of least squares. Before there is an interval, a
    change beyond the threshold is called neither: "about the same" would not be true of it.
    """
    if reliable is None:
        return ""
    if fit is None:
        return "same" if abs(slope * span_weeks) <= float(reliable.threshold) else ""
    if fit.low <= 0 <= fit.high or slope * fit.slope <= 0:
        return "same"
    if abs(fit.slope * span_weeks) <= float(reliable.threshold):
        return "same"
    return "rising" if fit.slope > 0 else "falling"


# ── in words: for therapists ─────────────────────────────────────────────────


def in_words(found: Trend) -> str:
    """'Rising: +2.5 points a week (95 %: +1.6 to +3.4), from 6 scores over 6 weeks.' The word stands where it may."""
    words = {"rising": _("Rising"), "falling": _("Falling"), "same": _("About the same so far")}
    said = [_("%(slope)s points a week") % {"slope": signed(found.per_week)}]
    if found.low is not None and found.high is not None:
        said.append(_("(95 %%: %(low)s to %(high)s)") % {"low": signed(found.low), "high": signed(found.high)})
    weeks = ngettext("over %(n)d week", "over %(n)d weeks", round(found.span_weeks)) % {"n": round(found.span_weeks)}
    count = ngettext("from %(n)d score", "from %(n)d scores", found.n) % {"n": found.n}
    text = f"{' '.join(said)}, {count} {weeks}."
    return f"{words[found.direction]}: {text}" if found.direction else text


def signed(value: float) -> str:
    """'+2.5', '−0.3' or '0', with one decimal and a real minus sign."""
    size = f"{abs(value):.1f}".removesuffix(".0")
    return size if size == "0" else f"{'+' if value > 0 else '−'}{size}"
