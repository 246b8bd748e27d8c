"""An exercise's own scores over time: one line for each partner, each score on the day it was sent.

They never join a series that several exercises share, even under its name: an average of five questions is
not one of them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.vocabulary import Method
from reports.findings import number
from reports.material import ExerciseScale, ExerciseScore, Material
from reports.paper import Areas, Line, Point, Series
from reports.series import MOST_AREAS, ceiling

MOST_CHARTS = 4
#: A break shorter than this is everyday life, however often somebody usually does an exercise.
WEEK = 7.0


def charts(material: Material) -> tuple[Series, ...]:
    """The scores with enough of them to draw, the most frequent first."""
    return tuple(_series(material, scale, scores) for scale, scores in _drawn(material))


def areas(material: Material, beside: Areas | None) -> Areas | None:
    """All other scores, one small row each, after the rows that are there already."""
    drawn = [scale for scale, _scores in _drawn(material)]
    rest = [(scale, scores) for scale, scores in _by_frequency(material) if scale not in drawn][:MOST_AREAS]
    if not rest:
        return beside
    rows = tuple(_series(material, scale, scores, small=True) for scale, scores in rest)
    intro = _("The scores of single exercises stand beside their scale; they are not validated measures.")
    if all(scale.note for scale, _scores in rest):
        intro = _("Scores stand beside their scale.")
    if beside is None:
        return Areas(_("More answers, in small"), rows, intro)
    return Areas(beside.title, beside.rows + rows, f"{beside.intro} {intro}".strip())


def daily(scores: list[ExerciseScore]) -> tuple[Point, ...]:
    """One point a day, with a None for each score that is missing between, evenly spread.

    What is missing follows from the scores' own rhythm: nothing else is known of, in either edition. Several
    scores of one day are one point, their median.
    """
    days: dict[date, list[float]] = defaultdict(list)
    for one in scores:
        days[one.on].append(one.value)
    there = sorted(days)
    steps = [(later - earlier).days for earlier, later in pairwise(there)]
    usual = max(float(median(steps)), WEEK) if steps else WEEK
    points = []
    for at, day in enumerate(there):
        if at and steps[at - 1] > usual * 1.5:
            parts = round(steps[at - 1] / usual)
            length = timedelta(days=steps[at - 1] / parts)
            points += [Point(there[at - 1] + part * length, None) for part in range(1, parts)]
        points.append(Point(day, float(median(days[day]))))
    return tuple(points)


# ── which ones ───────────────────────────────────────────────────────────────


def _by_frequency(material: Material) -> list[tuple[ExerciseScale, list[ExerciseScore]]]:
    """Each scale with the partners' own scores, most scores first. What they scored together is nobody's line."""
    found: dict[ExerciseScale, list[ExerciseScore]] = defaultdict(list)
    for one in material.scores:
        if one.position is not None:
            found[one.scale].append(one)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0].exercise, item[0].series, repr(item[0])))


def _drawn(material: Material) -> list[tuple[ExerciseScale, list[ExerciseScore]]]:
    enough = [(scale, scores) for scale, scores in _by_frequency(material) if _series(material, scale, scores).enough]
    return enough[:MOST_CHARTS]


# ── one of them ──────────────────────────────────────────────────────────────


def _series(material: Material, scale: ExerciseScale, scores: list[ExerciseScore], *, small: bool = False) -> Series:
    low, high = _drawn_ends(scale, scores)
    title = scores[-1].title
    ends = {"what": scale.what, "low": number(low), "high": number(high)}
    what = _("%(what)s, %(low)s to %(high)s") % ends
    lines = []
    for partner in material.partners:
        points = daily([one for one in scores if one.position == partner.position])
        if points:
            lines.append(Line(partner.position, points))
    return Series(
        label=_("%(title)s: %(what)s") % {"title": title, "what": what} if small else title,
        low=low,
        high=high,
        lines=tuple(lines),
        better=scale.better,
        intro=_intro(material, scale, what, scores),
        note=scale.note or _("This score is not a validated measure."),
        by_day=True,
    )


def _intro(material: Material, scale: ExerciseScale, what: str, scores: list[ExerciseScore]) -> str:
    """What the number is, how many there are, and whose."""
    counts = [(partner.name, sum(one.position == partner.position for one in scores)) for partner in material.partners]
    words = {
        "count": len(scores),
        "who": ", ".join(f"{name} {count}" for name, count in counts if count),
    }
    told = ngettext(
        "%(count)d score, on its own day: %(who)s.", "%(count)d scores, each on its own day: %(who)s.", len(scores)
    )
    parts = [f"{what[:1].upper()}{what[1:]}.", told % words]
    if scale.method == Method.CHANGE.value:
        parts.insert(1, _("Below zero means that it went down."))
    return " ".join(parts)


def _drawn_ends(scale: ExerciseScale, scores: list[ExerciseScore]) -> tuple[float, float]:
    if scale.high is not None:
        return scale.low, scale.high
    high = ceiling(max(abs(one.value) for one in scores))
    return (-high if scale.method == Method.CHANGE else scale.low), high
