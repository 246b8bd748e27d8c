"""Geometry of charts: scales, ticks, paths and places for labels. Numbers in, numbers and paths out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.marks import n

STEPS = 40
"""Heights at which a label can stand beside a chart, from 0 (top) to STEPS (foot): class `y-<step>`."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from values to drawing units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers from low to high, at most `most` of them."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * k for k in (1, 2, 2.5, 5, 10, 20) if span / (power * k) + 1 <= most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 6) for k in range(first, last + 1)]


def labelled(low: float, high: float, most: int = 8) -> list[float]:
    """Both ends of a scale, and the round numbers between that leave room for their words."""
    inside = [one for one in ticks(low, high, most) if min(one - low, high - one) >= (high - low) / (most + 1)]
    return [low, *inside, high] if high > low else [low]


def strokes(points: Sequence[tuple[float, float] | None]) -> str:
    """One path through the points, lifted at every None. A lone point draws nothing: its mark shows it."""
    path: list[str] = []
    drawing = False
    for at, point in enumerate(points):
        if point is None:
            drawing = False
        elif drawing:
            path.append(f"L{n(point[0])} {n(point[1])}")
        elif at + 1 < len(points) and points[at + 1] is not None:
            path.append(f"M{n(point[0])} {n(point[1])}")
            drawing = True
    return "".join(path)


def weeks_between(starts: date, ends: date) -> int:
    """Weeks that a period touches, counted from its first day."""
    return (ends - starts).days // 7 + 1


def week_of(starts: date, day: date) -> int:
    return (day - starts).days // 7 + 1


def apart(heights: Sequence[float], gap: int = 4, steps: int = STEPS) -> list[int]:
    """Steps (0 top … `steps` foot) for labels that want to stand at these heights (0 to 1), never closer than gap.

    They keep their order from top to foot and move as little as a simple sweep down and back up allows.
    """
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    placed = [round(min(max(heights[at], 0), 1) * steps) for at in order]
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + gap)
    if placed:
        placed[-1] = min(placed[-1], steps)
    for at in range(len(placed) - 2, -1, -1):
        placed[at] = max(min(placed[at], placed[at + 1] - gap), 0)
    back = dict(zip(order, placed, strict=True))
    return [back[at] for at in range(len(heights))]


def centred(text: str, x: float, size: float) -> str:
    """Where a run of digits starts so that it stands centred: `text-anchor` costs an object each in a PDF."""
    return n(x - len(text) * size * 0.249)
