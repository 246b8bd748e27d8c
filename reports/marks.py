"""Ink and mark of each partner, by position: the same on the screen, in a chart and on paper."""

from __future__ import annotations

from functools import cache

INKS = ("#1f6f78", "#b4551f", "#6b4a8e", "#5a681d", "#9a3f6b", "#3c5a9a")
"""Circle teal, diamond rust, square plum, triangle olive, hexagon rose, cross blue."""

DASHES = ("", "7 3", "2 2.5", "9 3 2 3", "12 4", "5 2.5 1.5 2.5 1.5 2.5")
"""Each partner's line by position: what tells them apart where there is no colour. The first is unbroken."""

WASHES = ("#e2f0f0", "#fbebe0", "#f0eaf6", "#f0f3df", "#f9e9f0", "#e8eef9")
"""Pale grounds of the inks, for what lies behind one partner's line."""


def n(value: float) -> str:
    """A number with at most one decimal and always a point: an SVG must not follow the reader's locale."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def letter(position: int) -> str:
    return "abcdef"[position]


def mark(position: int, x: float, y: float, r: float) -> str:
    """The path of a partner's mark around a point. All six look equally large."""
    if position == 0:
        return _circle(x, y, r)
    corners = {
        1: ((0, -1.28), (1.28, 0), (0, 1.28), (-1.28, 0)),
        2: ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        3: ((0, -1.2), (1.2, 0.95), (-1.2, 0.95)),
        4: ((-0.58, -1), (0.58, -1), (1.16, 0), (0.58, 1), (-0.58, 1), (-1.16, 0)),
        5: (
            (-0.4, -1.2),
            (0.4, -1.2),
            (0.4, -0.4),
            (1.2, -0.4),
            (1.2, 0.4),
            (0.4, 0.4),
            (0.4, 1.2),
            (-0.4, 1.2),
            (-0.4, 0.4),
            (-1.2, 0.4),
            (-1.2, -0.4),
            (-0.4, -0.4),
        ),
    }[position]
    return "M" + "L".join(f"{n(x + dx * r)} {n(y + dy * r)}" for dx, dy in corners) + "z"


def _circle(x: float, y: float, r: float) -> str:
    return f"M{n(x - r)} {n(y)}{_around(r)}"


@cache
def _around(r: float) -> str:
    """Four curves rather than arcs, which come out as polygons in small print."""
    k = r * 0.5523
    quarters = ((0, -k, r - k, -r, r, -r), (k, 0, r, r - k, r, r), (0, k, k - r, r, -r, r), (-k, 0, -r, k - r, -r, -r))
    return "".join("c" + " ".join(f"{part:.2f}".rstrip("0").rstrip(".") for part in q) for q in quarters) + "z"
