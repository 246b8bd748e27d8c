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

from exercises.questions import Form, Question
from exercises.scoring import Scoring
from exercises.vocabulary import Direction, Method, QuestionType
from reports.findings import number
from reports.material import ExerciseScale, ExerciseScore, Material
from reports.paper import Areas, Better, Line, Point, Series
from reports.series import MOST_AREAS, ceiling

MOST_CHARTS = 4
#: A break shorter than this is everyday life, however often somebody usually does an exercise.
WEEK = 7.0

_WAYS: dict[Direction, Better] = {Direction.HIGHER_BETTER: "up", Direction.LOWER_BETTER: "down"}


def scale_of(slug: str, scoring: Scoring, form: Form) -> ExerciseScale:
    """Return what the scores of an edition say and between which ends, as far as its questions have ends."""
    asked = [form[key] for key in scoring.questions]
    low, high = _ends(scoring.method, asked)
    return ExerciseScale(
        slug,
        scoring.series,
        scoring.method.value,
        _what(scoring.method, asked),
        _WAYS.get(scoring.direction, ""),
        low,
        high,
    )


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
        note=_("This score is not a validated measure and has no cut-off."),
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
    if scale.method == Method.CHANGE:
        parts.insert(1, _("Below zero means that it went down."))
    return " ".join(parts)


def _what(method: Method, asked: list[Question]) -> str:
    if method is Method.CHANGE:
        return _("change from before to after")
    if method is Method.MEAN:
        return _("average of its questions")
    if all(question.type is QuestionType.CHECKLIST for question in asked):
        return _("how many were ticked")
    return _("how many were ticked or answered with yes")


def _ends(method: Method, asked: list[Question]) -> tuple[float, float | None]:
    """The least and the most that a score can be; None where a question has no end."""
    if method is Method.COUNT:
        return 0, sum(len(one.options) if one.type is QuestionType.CHECKLIST else 1 for one in asked)
    lows = [one.steps[0] if one.steps else one.min or 0 for one in asked]
    highs = [one.steps[-1] if one.steps else one.max for one in asked]
    low, high = min(lows), max((one for one in highs if one is not None), default=0)
    if None in highs:
        return low, None
    return (low - high, high - low) if method is Method.CHANGE else (low, high)


def _drawn_ends(scale: ExerciseScale, scores: list[ExerciseScore]) -> tuple[float, float]:
    if scale.high is not None:
        return scale.low, scale.high
    high = ceiling(max(abs(one.value) for one in scores))
    return (-high if scale.method == Method.CHANGE else scale.low), high
