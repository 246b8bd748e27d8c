"""Charts as SVG: geometry here, markup in templates/reports/charts/.

The same bytes stand inline on a page and as pictures in the PDF, so the rules of both hold:
presentation attributes only (no style, no id that the drawing needs), `role="img"`, a `<title>` that says the
finding and a `<desc>` that says how it is drawn, and no words beyond digits. Labels, names and legends are HTML
beside the drawing, and so are the numbers, as a table.
A page recolours by class: `ink-a` to `ink-f`, `wash-…` and `edge-…` by partner position, `seg-…`, `day-…`, `cutline`,
`cutband`, `notch`, `grid`, `axis`. Lines over time are in line_chart.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from django.utils.safestring import SafeString

from reports import findings
from reports.drawing import svg
from reports.line_chart import SMALL, WIDE, label_steps, line, line_scale, own
from reports.marks import INKS, letter, mark, n
from reports.paper import Course, DayMap, Difference, Doing, Mood, Tone
from reports.scales import Scale, centred, strokes, ticks

__all__ = [
    "SMALL",
    "TONES",
    "VIOLETS",
    "WIDE",
    "bars",
    "days",
    "dumbbell",
    "goal",
    "label_steps",
    "line",
    "line_scale",
    "own",
    "shade",
    "spark",
]

TONES: dict[Tone, tuple[str, str]] = {
    "deep": ("#23474a", ""),
    "mid": ("#7fa9a6", ""),
    "pale": ("#cfdcd8", ""),
    "open": ("#f4efe6", "#cbbfac"),
}
VIOLETS = ("#efe9f3", "#d3c4de", "#ad94c1", "#80619f", "#553c7a")


#: Weeks that have their number below a bar.
MOST_WEEKS = 14


def bars(doing: Doing, *, title: str) -> SafeString:
    """What was done by week: one bar a week, segments from the foot up."""
    tallest = max([sum(week.counts) for week in doing.weeks] + [1])
    most = max(ticks(0, tallest, 6)[-1], tallest)
    left, right, top, foot = 30.0, 652.0, 10.0, 142.0
    y = Scale(0, most, foot, top)
    slot = (right - left) / max(len(doing.weeks), 8)
    every = math.ceil(len(doing.weeks) / MOST_WEEKS)
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
    context = {"title": title, "desc": findings.how_bars(doing), "columns": columns, "levels": levels}
    return svg("bars", {**context, "left": n(left), "right": n(right)})


CELL, HEAD = 22.6, 18.0
#: More weeks than this are drawn without their numbers.
MOST_NUMBERED = 26
ROUNDED = "h13q3.5 0 3.5 3.5v13q0 3.5-3.5 3.5h-13q-3.5 0-3.5-3.5v-13q0-3.5 3.5-3.5z"


def days(mood: Mood, day_map: DayMap, starts: date, *, title: str) -> SafeString:
    """One partner's days: a column a week, a row a weekday, a small dot where there is no entry."""
    weeks = max(math.ceil(len(day_map.days) / 7), 1)
    numbered = weeks <= MOST_NUMBERED
    dots, shades, texts = [], [[] for _violet in VIOLETS], []  # type: ignore[var-annotated]
    for at, value in enumerate(day_map.days):
        x, y = at // 7 * CELL, HEAD + at % 7 * CELL
        if value is None:
            dots.append(mark(0, x + 10, y + 10, 1.2) if numbered else f"M{n(x + 9)} {n(y + 9)}h2v2h-2z")
            continue
        step = shade(mood, value)
        shades[step].append(f"M{n(x + 3.5)} {n(y)}{ROUNDED}" if numbered else f"M{n(x)} {n(y)}h20v20h-20z")
        if numbered:
            text, ink = str(value), "#ffffff" if step > 2 else "#3b2d52"
            place = {"x": centred(text, x + 10, 9.5), "y": n(y + 13.4)}
            texts.append({**place, "text": text, "step": step + 1, "ink": ink})
    every = math.ceil(weeks / MOST_NUMBERED)
    heads = [{"x": centred(str(w + 1), w * CELL + 10, 9.5), "text": str(w + 1)} for w in range(0, weeks, every)]
    context = {
        "title": title,
        "length": "" if weeks <= MOST_WEEKS else "half" if numbered else "long",
        "desc": findings.how_days(mood),
        "dots": "".join(dots),
        "shades": [(at + 1, VIOLETS[at], "".join(cells)) for at, cells in enumerate(shades) if cells],
        "texts": texts,
        "heads": heads,
        "width": n(weeks * CELL),
        "height": n(HEAD + 7 * CELL),
    }
    return svg("days", context)


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
    return svg(
        "dumbbell",
        {
            "title": title,
            "desc": findings.how_difference(low, high),
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
    return svg(
        "spark",
        {
            "title": title,
            "desc": findings.how_spark(low, high),
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
    return svg(
        "goal",
        {
            "title": title,
            "desc": findings.how_goal(low, high),
            "now": n(max(x(course.now) - 4, 0)),
            "start": n(x(course.start)),
            "began_inside": course.now > course.start,
            "moved": course.now != course.start,
            "ink": INKS[course.position],
            "letter": letter(course.position),
        },
    )
