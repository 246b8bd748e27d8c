"""How much a form may hold, and how it is said what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

Message = str | Promise
Errors = dict[str, list[Message]]

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OPTION_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
UNIT_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")

MAX_STEPS = 101  # of a scale, both ends included
MAX_STOPS = 11  # of a slider
MAX_ROWS = 30
MAX_UNITS = 40
MAX_CODES = 10
MAX_REPEATS = 20
MAX_INSTANCES = 5_000  # of all the items, when everything that repeats is filled
MAX_CLAUSES = 50  # of one condition
MAX_CLAUSE_DEPTH = 4
MAX_DECIMALS = 4
HELP_LIMIT = 2_000
BODY_LIMIT = 10_000
ADDRESS_LIMIT = 2_000
PATTERN_LIMIT = 200
NUMBER_BOUND = 1_000_000_000  # of a number that says its own ends


@dataclass(frozen=True)
class Limits:
    """What one way of making a form allows. later_sources: conditions may look at what comes after."""

    items: int
    options: int
    all_options: int
    label: int
    depth: int
    later_sources: bool


HAND_MADE = Limits(items=100, options=60, all_options=2_000, label=300, depth=4, later_sources=False)
IMPORTED = Limits(items=500, options=300, all_options=10_000, label=2_000, depth=8, later_sources=True)
#: Whatever was let in once can be read again.
STORED = IMPORTED


class FormError(ValueError):
    """The data is not a form. `errors` says what is wrong where ("2.label": the third item's label)."""

    def __init__(self, errors: Mapping[str, list[Message]]) -> None:
        self.errors = dict(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "; ".join(f"{place}: {', '.join(str(one) for one in found)}" for place, found in self.errors.items())
