"""Charts as SVG: geometry here, markup in templates/reports/charts/.

The same bytes stand inline on a page and as pictures in the PDF, so the rules of both hold:
presentation attributes only (no style, no id that the drawing needs), `role="img"` and a `<title>` that
says the finding, and no words beyond digits. Labels, names and legends are HTML beside the drawing.
A page recolours by class: `ink-a` to `ink-f` by partner position, `seg-…`, `day-…`, `band`, `grid`, `axis`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from reports.marks import INKS, letter, mark, n
from reports.paper import Course, DayMap, Difference, Doing, Mood, Series, Tone
from reports.scales import Scale, apart, centred, strokes, ticks, week_of, weeks_between

TONES: dict[Tone, tuple[str, str]] = {
    "deep": ("#23474a", ""),
    "mid": ("#7fa9a6", ""),
    "pale": ("#cfdcd8", ""),
    "open": ("#f4efe6", "#cbbfac"),
}
VIOLETS = ("#efe9f3", "#d3c4de", "#ad94c1", "#80619f", "#553c7a")
LINE = {"left": 26.0, "right": 552.0, "top": 12.0, "foot": 166.0, "width": 560, "height": 190}


def line(series: Series, starts: date, ends: date, *, title: str) -> SafeString:
    """Every partner's answers over the period, on one scale, with the cut-off behind them."""
    days = [point.on for row in series.lines for point in row.points]
    first, last = min([starts, *days]), max([ends, *days])
    x = Scale(0, (last - first).days + 1, LINE["left"], LINE["right"])
    y = line_scale(series)
    once_a_week = all(
        len({week_of(first, point.on) for point in row.points}) == len(row.points) for row in series.lines
    )
    weekly = once_a_week and not series.by_day

    def place(day: date) -> float:
        """The middle of the day, or of its week when nobody answered twice in one."""
        return x((day - first).days // 7 * 7 + 3.5 if weekly else (day - first).days + 0.5)

    rows = []
    for row in sorted(series.lines, key=lambda row: row.position):
        points = [None if p.value is None else (place(p.on), y(p.value)) for p in row.points]
        drawn = [point for point in points if point is not None]
        r = 3.3 if len(drawn) <= 30 else 2.2
        rows.append(
            {
                "ink": INKS[row.position],
                "letter": letter(row.position),
                "path": strokes(points) if row.enough else "",
                "marks": [mark(row.position, *point, r) for point in drawn[:-1]],
                "end": mark(row.position, *drawn[-1], r + 0.4) if drawn else "",
            }
        )
    context = {
        "title": title,
        "width": LINE["width"],
        "height": LINE["height"],
        "rows": rows,
        "left": n(LINE["left"]),
        "right": n(LINE["right"]),
        "levels": [
            {
                "y": n(y(t)),
                "text": n(t).replace("-", "−"),
                "x": n(20 - len(n(t)) * 5.25),
                "base": n(y(t) + 3.6),
                "axis": t == 0 if series.low < 0 else at == 0,
            }
            for at, t in enumerate(ticks(series.low, series.high))
        ],
        "foot": n(LINE["foot"]),
        "weeks": _week_labels(x, (starts - first).days, weeks_between(starts, last), LINE["foot"] + 16),
    }
    if series.cutoff:
        top, base = y(series.cutoff.high), y(series.cutoff.low)
        context["band"] = {
            "y": n(top),
            "height": n(base - top),
            "line": base - top < 1.5,
            "at": n(base),
            "width": n(LINE["right"] - LINE["left"]),
        }
    return _svg("line", context)


def line_scale(series: Series) -> Scale:
    """Values to heights in the drawing that `line()` makes."""
    return Scale(series.low, series.high, LINE["foot"], LINE["top"])


def label_steps(series: Series, values: Sequence[float]) -> list[int]:
    """Where labels for these values stand beside the drawing that `line()` makes (see STEPS)."""
    y = line_scale(series)
    return apart([y(value) / LINE["height"] for value in values])


def _week_labels(x: Scale, offset: int, weeks: int, base: float) -> list[dict[str, str]]:
    every = math.ceil(weeks / 26)
    labels = []
    for week in range(1, weeks + 1):
        if (week - 1) % every == 0:
            middle = x(min(offset + week * 7 - 3.5, x.high))
            labels.append({"x": centred(str(week), middle, 10.5), "y": n(base), "text": str(week)})
    return labels


def bars(doing: Doing, *, title: str) -> SafeString:
    """What was done by week: one bar a week, segments from the foot up."""
    tallest = max([sum(week.counts) for week in doing.weeks] + [1])
    most = max(ticks(0, tallest, 6)[-1], tallest)
    left, right, top, foot = 30.0, 652.0, 10.0, 142.0
    y = Scale(0, most, foot, top)
    slot = (right - left) / max(len(doing.weeks), 8)
    every = math.ceil(len(doing.weeks) / 26)
    columns = []
    for at, week in enumerate(doing.weeks):
        middle, width = left + (at + 0.5) * slot, min(slot * 0.6, 34.0)
        done, boxes = 0, []
        for segment, count in zip(doing.segments, week.counts, strict=True):
            if count:
                fill, stroke = TONES[segment.tone]
                boxes.append(
                    {
                        "x": n(middle - width / 2),
                        "y": n(y(done + count) + 0.8),
                        "width": n(width),
                        "height": n(y(done) - y(done + count) - 1.6),
                        "fill": fill,
                        "stroke": stroke,
                        "tone": segment.tone,
                    }
                )
            done += count
        number = str(at + 1) if at % every == 0 else ""
        columns.append({"boxes": boxes, "number": number, "x": centred(number, middle, 10.5)})
    levels = [
        {"y": n(y(t)), "text": n(t), "x": n(24 - len(n(t)) * 5.25), "base": n(y(t) + 3.6)}
        for t in ticks(0, most, 6)
        if t == int(t)
    ]
    return _svg("bars", {"title": title, "columns": columns, "levels": levels, "left": n(left), "right": n(right)})


CELL, HEAD = 22.6, 18.0


def days(mood: Mood, day_map: DayMap, starts: date, *, title: str) -> SafeString:
    """One partner's days: a column a week, a row a weekday, a small dot where there is no entry."""
    weeks = max(math.ceil(len(day_map.days) / 7), 1)
    digits = weeks <= 26
    cells = []
    for at, value in enumerate(day_map.days):
        x, y = at // 7 * CELL, HEAD + at % 7 * CELL
        if value is None:
            cells.append({"dot": mark(0, x + 10, y + 10, 1.2)})
            continue
        step = shade(mood, value)
        cells.append(
            {
                "x": n(x),
                "y": n(y),
                "fill": VIOLETS[step],
                "step": str(step + 1),
                "text": str(value) if digits else "",
                "tx": centred(str(value), x + 10, 9.5),
                "ty": n(y + 13.4),
                "ink": "#ffffff" if step > 2 else "#3b2d52",
            }
        )
    every = math.ceil(weeks / 26)
    heads = [{"x": centred(str(w + 1), w * CELL + 10, 9.5), "text": str(w + 1)} for w in range(0, weeks, every)]
    return _svg(
        "days", {"title": title, "cells": cells, "heads": heads, "width": n(weeks * CELL), "height": n(HEAD + 7 * CELL)}
    )


def shade(mood: Mood, value: int) -> int:
    """Which of the five violets stands for a value."""
    return round(Scale(mood.low, mood.high, 0, len(VIOLETS) - 1)(value))


def dumbbell(row: Difference, low: float, high: float, *, title: str) -> SafeString:
    """One statement: everybody's mark on one line, joined. Equal answers stand side by side."""
    x = Scale(low, high, 8, 292)
    places = [x(value) for _, value in row.answers]
    marks = []
    for at, (position, value) in enumerate(row.answers):
        same = [k for k, (_, other) in enumerate(row.answers) if other == value]
        aside = (same.index(at) - (len(same) - 1) / 2) * 10
        middle = min(max(places[at] + aside, 8), 292)
        marks.append({"d": mark(position, middle, 17, 5), "ink": INKS[position], "letter": letter(position)})
    wide = len(places) > 1 and (max(places) - min(places)) / 284 >= 0.3
    return _svg(
        "dumbbell",
        {
            "title": title,
            "marks": marks,
            "grid": [n(x(low + (high - low) * k / 4)) for k in range(5)],
            "from": n(min(places)) if places else "",
            "to": n(max(places)) if places else "",
            "wide": wide,
            "joined": len(set(places)) > 1,
        },
    )


def spark(
    values: Sequence[float | None], position: int | None, low: float, high: float, *, title: str, width: int = 150
) -> SafeString:
    """A small line with its last answer marked; without a position in the ink of the house."""
    x, y = Scale(0, max(len(values) - 1, 1), 3, width - 7), Scale(low, high, 30, 4)
    points = [None if value is None else (x(at), y(value)) for at, value in enumerate(values)]
    drawn = [point for point in points if point is not None]
    return _svg(
        "spark",
        {
            "title": title,
            "width": width,
            "rule": n(width - 7),
            "path": strokes(points),
            "ink": "#23474a" if position is None else INKS[position],
            "letter": "" if position is None else letter(position),
            "end": mark(position or 0, *drawn[-1], 2.9) if drawn else "",
        },
    )


def goal(course: Course, low: float, high: float, *, title: str) -> SafeString:
    """How near one partner feels a goal is: the bar ends at their latest rating, the mark is where they began."""
    x = Scale(low, high, 4, 296)
    return _svg(
        "goal",
        {
            "title": title,
            "now": n(max(x(course.now) - 4, 0)),
            "start": n(x(course.start)),
            "began_inside": course.now > course.start,
            "moved": course.now != course.start,
            "ink": INKS[course.position],
            "letter": letter(course.position),
        },
    )


def _svg(name: str, context: dict[str, object]) -> SafeString:
    return render_to_string(f"reports/charts/{name}.svg", context)
