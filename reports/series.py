"""Numbers over time: weekly medians with their gaps, calendars, and where partners differ.

Nothing is averaged across partners, nothing is ranked, and no line is drawn through a gap.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.vocabulary import METRICS, Better, QuestionType
from reports.findings import names_joined, number
from reports.material import Material, Number
from reports.paper import ENOUGH, Areas, DayMap, Difference, Differences, Headline, Line, Mood, Point, Series
from reports.paper import Better as Way

MOST_CHARTS = 6
MOST_AREAS = 12
MOST_DIFFERENCES = 9
#: Which series stands for the whole at a glance, if it was answered; else the one with the most answers.
FIRST = "closeness"
#: Drawn as a calendar, or said as a count: never as a line.
NO_LINE = frozenset({QuestionType.MOOD, QuestionType.YES_NO})
LONGEST_GAP = 6
BASELINE_WEEKS = 2


def charts(material: Material) -> tuple[Series, ...]:
    """The most answered series with enough answers to draw, most answered first."""
    return tuple(_series(material, key) for key in _by_answers(material) if _enough(material, key))[:MOST_CHARTS]


def areas(material: Material) -> Areas | None:
    """Every other scale from 0 to 10, small: one row for each."""
    drawn = [key for key in _by_answers(material) if _enough(material, key)][:MOST_CHARTS]
    rest = [key for key in _by_answers(material) if key not in drawn and METRICS[key].type == QuestionType.SCALE]
    if not rest:
        return None
    intro = _("Each question from 0 to 10, as weekly medians, where it was before and where it is now.")
    return Areas(_("More answers, in small"), tuple(_series(material, key) for key in rest[:MOST_AREAS]), intro)


def mood(material: Material) -> Mood | None:
    """One calendar for each partner who kept a mood log; the last entry of a day counts."""
    entries = of_partners(material, "mood")
    if not entries:
        return None
    length = (material.period.ends - material.period.starts).days + 1
    maps = []
    for partner in material.partners:
        days: list[int | None] = [None] * length
        for one in entries:
            if one.position == partner.position:
                days[(one.on - material.period.starts).days] = round(one.value)
        if any(day is not None for day in days):
            maps.append(DayMap(partner.position, tuple(days)))
    return Mood(tuple(maps))


def differences(material: Material) -> Differences | None:
    """The last week in which at least two partners answered the same question: their medians side by side."""
    rows = []
    for key in _by_answers(material):
        if METRICS[key].type == QuestionType.SCALE and (row := _difference(material, key)):
            rows.append(row)
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: -_spread(row))
    if material.shared:
        intro = _("Your latest answers from the same week. A difference is something to talk about, nothing to win.")
    else:
        intro = _("Their latest answers from the same week, the widest difference first.")
    return Differences(tuple(rows[:MOST_DIFFERENCES]), 0, 10, intro)


def headlines(material: Material) -> tuple[Headline, ...]:
    """Each partner's own latest answer to one question, beside where they began."""
    keys = most_answered(material)
    if not keys:
        return ()
    key = FIRST if FIRST in keys else keys[0]
    found = []
    for line in _series(material, key).lines:
        values = line.values
        if values:
            found.append(
                Headline(
                    label=f"{material.names[line.position]}, {_short(key)}",
                    value=number(values[-1]),
                    of=_("of 10"),
                    note=_change_words(material, key, line.position),
                    position=line.position,
                    trend=tuple(point.value for point in line.points),
                    low=0,
                    high=10,
                )
            )
    return tuple(found)


def most_answered(material: Material) -> list[str]:
    """The keys of scales from 0 to 10, the most answered first."""
    return [key for key in _by_answers(material) if METRICS[key].type == QuestionType.SCALE]


def label_of(key: str) -> str:
    """What a series asks, in the language that is active."""
    return str(METRICS[key].label)


# ── one series ───────────────────────────────────────────────────────────────


def of_partners(material: Material, key: str) -> list[Number]:
    """A series' numbers that belong to one partner; what they answered together is nobody's line."""
    return [one for one in material.numbers if one.series == key and one.position is not None]


def weekly(numbers: Iterable[Number], starts: date) -> tuple[Point, ...]:
    """One median a week, dated by the week's first day, with a None for each answer that is missing between.

    What is missing follows from the answers' own rhythm: a monthly question leaves no gap between months.
    """
    weeks: dict[int, list[float]] = defaultdict(list)
    for one in numbers:
        weeks[(one.on - starts).days // 7].append(one.value)
    there = sorted(weeks)
    steps = [later - earlier for earlier, later in pairwise(there)]
    usual = max(round(median(steps)), 1) if steps else 1
    points = []
    for at, week in enumerate(there):
        if at:
            gap = week - there[at - 1]
            if gap > min(usual * 1.5, LONGEST_GAP):
                missing = range(there[at - 1] + usual, week, usual)
                points += [Point(starts + timedelta(days=7 * one), None) for one in missing]
        points.append(Point(starts + timedelta(days=7 * week), float(median(weeks[week]))))
    return tuple(points)


def baseline(numbers: list[Number]) -> float | None:
    """The median of somebody's first two weeks with this question, once there are later answers."""
    if not numbers:
        return None
    until = numbers[0].on + timedelta(days=7 * BASELINE_WEEKS)
    early = [one.value for one in numbers if one.on < until]
    return float(median(early)) if len(early) < len(numbers) else None


def _series(material: Material, key: str) -> Series:
    metric, numbers = METRICS[key], of_partners(material, key)
    lines = []
    for partner in material.partners:
        mine = [one for one in numbers if one.position == partner.position]
        points = weekly(mine, material.period.starts)
        if points:
            first = baseline(mine)
            began = "" if first is None else _("median of the first two weeks %(value)s") % {"value": number(first)}
            lines.append(Line(partner.position, points, began))
    ways: dict[Better, Way] = {Better.UP: "up", Better.DOWN: "down"}
    return Series(
        label=str(metric.label),
        low=0,
        high=10 if metric.type == QuestionType.SCALE else ceiling(max(one.value for one in numbers)),
        lines=tuple(lines),
        better=ways.get(metric.better, ""),
        intro=_counts(material, numbers),
    )


def _counts(material: Material, numbers: list[Number]) -> str:
    """How many answers stand behind the lines, and whose."""
    parts = []
    for partner in material.partners:
        mine = [one for one in numbers if one.position == partner.position]
        if mine:
            parts.append(f"{partner.name} {len(mine)}")
    text = ngettext("%(count)d answer", "%(count)d answers", len(numbers)) % {"count": len(numbers)}
    return _("Weekly medians of %(answers)s: %(who)s.") % {"answers": text, "who": ", ".join(parts)}


def _by_answers(material: Material) -> list[str]:
    """Series that can be drawn, the most answered first."""
    counts: dict[str, int] = defaultdict(int)
    for one in material.numbers:
        if one.position is not None and one.series in METRICS and METRICS[one.series].type not in NO_LINE:
            counts[one.series] += 1
    return sorted(counts, key=lambda key: (key != FIRST, -counts[key], key))


def _enough(material: Material, key: str) -> bool:
    return any(len(line.values) >= ENOUGH for line in _series(material, key).lines)


def _difference(material: Material, key: str) -> Difference | None:
    weeks: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in of_partners(material, key):
        if one.position is not None:
            weeks[material.week(one.on)][one.position].append(one.value)
    common = [week for week, answers in weeks.items() if len(answers) > 1]
    if not common:
        return None
    answers = weeks[max(common)]
    return Difference(
        str(METRICS[key].label), tuple((position, float(median(answers[position]))) for position in sorted(answers))
    )


def _spread(row: Difference) -> float:
    values = [value for _position, value in row.answers]
    return max(values) - min(values)


def _change_words(material: Material, key: str, position: int) -> str:
    mine = [one for one in of_partners(material, key) if one.position == position]
    first = baseline(mine)
    if first is None:
        return ngettext("%(count)d answer so far", "%(count)d answers so far", len(mine)) % {"count": len(mine)}
    return _("%(first)s in the first two weeks") % {"first": number(first)}


def _short(key: str) -> str:
    return _("closeness") if key == FIRST else str(METRICS[key].label).lower()


def ceiling(value: float) -> float:
    """A round number at or above the largest answer, for a scale without an end of its own."""
    if value <= 5:
        return 5
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)


def who(material: Material, positions: Iterable[int]) -> str:
    """'Both', 'Everyone', or names."""
    chosen = tuple(positions)
    if len(chosen) == len(material.partners) > 1:
        return _("Both") if len(chosen) == 2 else _("Everyone")
    return names_joined([material.names[position] for position in chosen]) if chosen else ""
