"""What was measured, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.benchmarks.beside import Beside
from tests.benchmarks.pages.measuring import Measured, Taken

#: Of the floor's.
TAIL = 2.0
HEAD = (
    "case|requests a second, of the floor's|goal|quartiles|p95 to the floor's|instructions to the floor's|goal"
    "|millions of instructions, ours, floor|trips|statements|bytes|ms of a processor|of the database's"
)


def markdown(found: Sequence[Measured]) -> str:
    """Return a table of it."""
    head = HEAD.split("|")
    rows = [head, ["---"] * len(head), *map(_row, found)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(one: Measured) -> list[str]:
    low, high = one.spread
    ours, floor = one.ours, one.floor
    return [
        one.case.name,
        f"{one.rate:.2f}",
        _goal(one.case.rate, one.rate, least=True),
        f"{low:.2f} to {high:.2f}",
        f"{one.tail:.1f} {_goal(TAIL, one.tail)}",
        "not counted" if one.work is None else f"{one.work:.2f}",
        "" if one.work is None else _goal(one.case.work, one.work),
        f"{_millions(ours)}, {_millions(floor)}",
        f"{ours.trips}, {floor.trips}",
        f"{ours.statements}, {floor.statements}",
        f"{ours.bytes}, {floor.bytes}",
        f"{ours.each(ours.cpu):.1f}, {floor.each(floor.cpu):.1f}",
        f"{ours.each(ours.database):.1f}, {floor.each(floor.database):.1f}",
    ]


def _goal(goal: float | None, value: float, *, least: bool = False) -> str:
    if goal is None:
        return ""
    met = value >= goal if least else value <= goal
    return f"{'≥' if least else '≤'} {goal:g}: {'met' if met else 'not met'}"


def _millions(taken: Taken) -> str:
    return "–" if taken.instructions is None else f"{taken.instructions / 1e6:.1f}"


def besides(one: Measured) -> Iterator[Beside]:
    """Yield what the one table of all benchmarks holds of a case."""
    ratios = [a / b for a, b in zip(one.ours.rates, one.floor.rates, strict=True)]
    yield Beside(one.case.name, "requests a second", ratios, one.case.rate, more=True)
    yield Beside(one.case.name, "p95", [one.tail], TAIL)
    if one.work is not None:
        yield Beside(one.case.name, "instructions", [one.work], one.case.work)


def kept(found: Sequence[Measured]) -> str:
    """Write it as JSON beside what else this checkout keeps; say where."""
    place = Path(settings.STATE, "benchmarks", "pages.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps([_plain(one) for one in found], indent=1))
    return f"As JSON: {place}"


def _plain(one: Measured) -> dict[str, Any]:
    low, high = one.spread
    told = {"case": one.case.name, "rate": one.rate, "quartiles": [low, high], "p95": one.tail, "work": one.work}
    goals = {"rate": one.case.rate, "p95": TAIL, "work": one.case.work}
    return {**told, "goals": goals, "ours": _taken(one.ours), "floor": _taken(one.floor)}


def _taken(taken: Taken) -> dict[str, Any]:
    return {
        "requests_a_second": taken.rates,
        "p95_ms": taken.p95 * 1000,
        "cpu_ms": taken.each(taken.cpu),
        "database_ms": taken.each(taken.database),
        "bytes": taken.bytes,
        "trips": taken.trips,
        "statements": taken.statements,
        "instructions": taken.instructions,
    }
