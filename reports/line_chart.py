"""Lines over time: everybody on one scale, or one partner alone with what chance could do to a score.

Drawn from behind: the range where a change may be chance, the cut-off, the grid, days on which something changed,
then lines and marks. No line is drawn through a gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.safestring import SafeString

from reports import findings
from reports.drawing import svg
from reports.marks import DASHES, INKS, WASHES, letter, mark, n
from reports.paper import Around, Line, Series, Turn
from reports.scales import Scale, apart, centred, labelled, strokes, week_of, weeks_between

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size and the edges of its plot, in its own units; ``numbers`` is how many weeks have one, or 0."""

    width: float
    height: float
    left: float
    right: float
    top: float
    foot: float
    numbers: int


WIDE = Frame(560, 190, 26, 552, 12, 166, 14)
#: For one partner's line, half as wide as a page.
SMALL = Frame(380, 168, 26, 372, 12, 144, 13)
#: For a page that names days below the drawing, since people do not count weeks.
PLAIN = Frame(380, 132, 26, 372, 12, 124, 0)

#: From so many answers or weeks on, marks are smaller.
MANY = 30
#: What a scale with three digits needs beside the plot.
DIGITS = 32


def line(series: Series, starts: date, ends: date, *, title: str, frame: Frame = WIDE) -> SafeString:
    """Every partner's answers over the period, on one scale, with the cut-off behind them."""
    return _draw(series, starts, ends, title, frame, alone=False)


def own(series: Series, position: int, starts: date, ends: date, *, title: str, frame: Frame = SMALL) -> SafeString:
    """One partner's line alone, with the range around its beginning and the error of every score."""
    mine = tuple(row for row in series.lines if row.position == position)
    return _draw(replace(series, lines=mine), starts, ends, title, frame, alone=True)


def line_scale(series: Series, frame: Frame = WIDE) -> Scale:
    """Values to heights in the drawing that `line()` makes."""
    return Scale(series.low, series.high, frame.foot, frame.top)


def label_steps(series: Series, values: Sequence[float]) -> list[int]:
    """Where labels for these values stand beside the drawing that `line()` makes (see STEPS)."""
    y = line_scale(series)
    return apart([y(value) / WIDE.height for value in values])


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where a day and a value stand. ``weekly``: in the middle of the day's week, when nobody answered twice in one."""

    first: date
    last: date
    x: Scale
    y: Scale
    frame: Frame
    weekly: bool

    def place(self, day: date) -> float:
        days = (day - self.first).days
        return self.x(days // 7 * 7 + 3.5 if self.weekly else days + 0.5)

    def edge(self, day: date) -> float:
        """Where a day begins."""
        return self.x((day - self.first).days)


def _plot(series: Series, starts: date, ends: date, frame: Frame) -> _Plot:
    days = [point.on for row in series.lines for point in row.points]
    first, last = min([starts, *days]), max([ends, *days])
    once_a_week = all(
        len({week_of(first, point.on) for point in row.points}) == len(row.points) for row in series.lines
    )
    x = Scale(0, (last - first).days + 1, frame.left, frame.right)
    return _Plot(first, last, x, line_scale(series, frame), frame, once_a_week and not series.by_day)


def _draw(series: Series, starts: date, ends: date, title: str, frame: Frame, *, alone: bool) -> SafeString:
    if max(len(n(t)) for t in labelled(series.low, series.high)) > 2:
        frame = replace(frame, left=DIGITS)
    plot = _plot(series, starts, ends, frame)
    rows = sorted(series.lines, key=lambda row: row.position)
    context = {
        "title": title,
        "desc": findings.how_line(series, alone=alone),
        "frame": {"width": n(frame.width), "height": n(frame.height), "left": n(frame.left), "right": n(frame.right)},
        "kind": "own" if alone else "line",
        "arounds": [_around(plot, row.around, row.position) for row in rows if alone and row.around],
        "band": _cutoff(plot, series),
        "levels": _levels(plot, series),
        "turns": _turns(plot, series.turns),
        "weeks": _weeks(plot, starts),
        "rows": [_row(plot, row, series, alone=alone) for row in rows],
    }
    return svg("line", context)


def _row(plot: _Plot, row: Line, series: Series, *, alone: bool) -> dict[str, Any]:
    values = [(p.on, p.value) for p in row.points if p.value is not None]
    spots = [(plot.place(on), plot.y(value)) for on, value in values]
    r = 3.3 if max(len(spots), weeks_between(plot.first, plot.last)) <= MANY else 2.2
    return {
        "ink": INKS[row.position],
        "dash": DASHES[row.position],
        "letter": letter(row.position),
        "path": strokes(_lifted(plot, row)) if row.enough else "",
        "errors": _errors(plot, row, values) if alone and row.error else "",
        "marks": "".join(mark(row.position, *spot, r) for spot in spots[:-1]),
        "end": mark(row.position, *spots[-1], r + 0.4) if spots else "",
    }


def _lifted(plot: _Plot, row: Line) -> list[Spot | None]:
    """The spots of a line with a None wherever it is lifted: at a missing answer, and in a gap."""
    breaks = {before for before, _after in row.gaps}
    found: list[Spot | None] = []
    for point in row.points:
        found.append(None if point.value is None else (plot.place(point.on), plot.y(point.value)))
        if point.on in breaks:
            found.append(None)
    return found


def _errors(plot: _Plot, row: Line, values: Sequence[tuple[date, float]]) -> str:
    """One upright stroke through each score: where the true one lies 95 times in 100."""
    strokes_ = []
    for on, value in values:
        low, high = plot.y(value - row.error), plot.y(value + row.error)
        strokes_.append(f"M{n(plot.place(on))} {n(low)}V{n(high)}")
    return "".join(strokes_)


def _around(plot: _Plot, around: Around, position: int) -> dict[str, str]:
    left = plot.edge(max(around.since, plot.first))
    top, foot = plot.y(around.high), plot.y(around.low)
    return {
        "x": n(left),
        "y": n(top),
        "width": n(plot.frame.right - left),
        "height": n(foot - top),
        "top": n(top),
        "foot": n(foot),
        "middle": n(plot.y(around.value)),
        "right": n(plot.frame.right),
        "wash": WASHES[position],
        "ink": INKS[position],
        "letter": letter(position),
    }


def _cutoff(plot: _Plot, series: Series) -> dict[str, Any] | None:
    if not series.cutoff:
        return None
    top, foot = plot.y(series.cutoff.high), plot.y(series.cutoff.low)
    return {
        "y": n(top),
        "height": n(foot - top),
        "line": foot - top < 1.5,
        "at": n(foot),
        "width": n(plot.frame.right - plot.frame.left),
    }


def _levels(plot: _Plot, series: Series) -> list[dict[str, Any]]:
    return [
        {
            "y": n(plot.y(t)),
            "text": n(t).replace("-", "−"),
            "x": n(plot.frame.left - 6 - len(n(t)) * 5.25),
            "base": n(plot.y(t) + 3.6),
            "axis": t == 0 if series.low < 0 else at == 0,
        }
        for at, t in enumerate(labelled(series.low, series.high))
    ]


def _turns(plot: _Plot, turns: Sequence[Turn]) -> list[dict[str, str]]:
    """An upright notch for each day on which something changed; numbered when there are several."""
    found = []
    for number, turn in enumerate(turns, 1):
        x, text = plot.edge(turn.on), str(number) if len(turns) > 1 else ""
        found.append({"x": n(x), "top": n(plot.frame.top), "foot": n(plot.frame.foot), "text": text})
        found[-1] |= {"tx": centred(text, x, 10.5), "ty": n(plot.frame.top - 3)}
    return found


def _weeks(plot: _Plot, starts: date) -> list[dict[str, str]]:
    if not plot.frame.numbers:
        return []
    weeks, offset = weeks_between(starts, plot.last), (starts - plot.first).days
    every = math.ceil(weeks / plot.frame.numbers)
    labels = []
    for week in range(1, weeks + 1, every):
        middle = plot.x(min(offset + week * 7 - 3.5, plot.x.high))
        labels.append({"x": centred(str(week), middle, 10.5), "y": n(plot.frame.foot + 16), "text": str(week)})
    return labels
