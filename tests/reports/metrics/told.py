"""Facts as a test tells them: who, on which day, what."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reports.material import Period
from reports.metrics import METRICS
from reports.metrics.facts import Due, Fact, Facts
from reports.metrics.figures import Figure
from reports.paper import Partner

FIRST = datetime.date(2026, 3, 2)
PERIOD = Period(FIRST, FIRST + datetime.timedelta(days=83), ZoneInfo("Europe/Berlin"))
MARA, THEO, TOGETHER = 0, 1, None


def day(number: int) -> datetime.date:
    """The day with this number of the period, from 0; below 0 it lies before the period."""
    return FIRST + datetime.timedelta(days=number)


def series(who: int | None, name: str, *values: float, every: int = 7, start: int = 0, **more: Any) -> list[Fact]:
    """Answers to a question that feeds a series, one every so many days."""
    fact = {"exercise": "mood-log", "key": name, "series": name, **more}
    return [Fact(who, day(start + at * every), number=value, **fact) for at, value in enumerate(values)]


def answers(who: int | None, exercise: str, key: str, *values: float, every: int = 7, start: int = 0) -> list[Fact]:
    """Answers to a question of one exercise that feeds no series."""
    return [Fact(who, day(start + at * every), exercise, key, number=value) for at, value in enumerate(values)]


def scores(who: int | None, name: str, *values: float, every: int = 28, start: int = 0) -> list[Fact]:
    """An exercise's own scores."""
    return [Fact(who, day(start + at * every), "own", series=name, number=value) for at, value in enumerate(values)]


def due(who: int, number: int, state: str = "done", late: float | None = None, *, ritual: bool = False) -> Due:
    return Due(who, day(number), "own", "Something", state, late, ritual)


def facts(*told: list[Fact], shared: bool = False, **more: Any) -> Facts:
    whole = tuple(sorted((one for some in told for one in some), key=lambda one: one.on))
    return Facts((Partner("Mara", 0), Partner("Theo", 1)), PERIOD, shared, whole, **more)


def figures(key: str, *told: list[Fact], **more: Any) -> list[Figure]:
    """What one metric says of these facts."""
    return list(METRICS[key].figures(facts(*told, **more)))
