"""A practice's own colour on its paper: only where the words on it stay readable."""

from __future__ import annotations

import re

#: The lightest words on the cover: they must reach 4.5 to 1 on whatever colour it has (WCAG 2.2, 1.4.3).
ON_COVER = "#b9cdca"
ENOUGH = 4.5

_hex = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Tell whether a text is a colour as it is kept: '#1f4044'."""
    return _hex.fullmatch(text) is not None


def house_colour(colour: str) -> str:
    """The practice's colour for the cover, if it is one and the cover's lightest words stay readable on it."""
    wanted = colour.lower()
    return wanted if is_colour(wanted) and contrast(wanted, ON_COVER) >= ENOUGH else ""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours like '#1f4044', from 1 to 21 (WCAG 2.2)."""
    dark, bright = sorted((_light(one), _light(other)))
    return (bright + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
