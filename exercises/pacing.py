"""How long a step may take: what its own words say, else a share of the whole. Only ever a suggestion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: Number words that steps use; digits are read in any language.
_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45,
    "fifty": 50, "sixty": 60, "ninety": 90,
}  # fmt: skip
_NUMBER = "|".join(sorted(_WORDS, key=len, reverse=True))
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TIME = re.compile(
    rf"\b(?P<number>\d{{1,3}}|{_NUMBER})[\s-]+(?P<unit>sec(?:ond)?s?|min(?:ute)?n?s?|hours?|sek(?:unden?)?|stunden?)\b",
    re.IGNORECASE,
)

SHORTEST, LONGEST = 15, 2 * 60 * 60
#: What the timer offers besides a step's own time, in seconds.
LENGTHS = (30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600)


@dataclass(frozen=True)
class Step:
    """One step as it stands on a screen, and how many seconds its timer suggests."""

    text: str
    seconds: int


def seconds_in(text: str) -> int | None:
    """Return the time that a step names, 'about thirty seconds', or None."""
    found = _TIME.search(text)
    if found is None:
        return None
    said = found["number"].lower()
    number = int(said) if said.isdigit() else _WORDS[said]
    unit = found["unit"].lower()
    each = _SECONDS["h" if unit.startswith(("h", "st")) else unit[0]]
    return min(max(number * each, SHORTEST), LONGEST)


def paced(texts: Sequence[str], minutes: int) -> list[Step]:
    """Return the steps with a time each: their own, else an even share of ``minutes`` in whole minutes."""
    share = max(round(minutes / len(texts)), 1) * 60 if texts else 60
    return [Step(text, seconds_in(text) or min(share, LONGEST)) for text in texts]


def lengths(steps: Sequence[Step]) -> list[int]:
    """Return what there is to choose from, in order."""
    return sorted({*LENGTHS, *(step.seconds for step in steps)})
