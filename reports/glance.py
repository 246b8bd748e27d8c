"""The top of the progress page: how they are, what moved. Rules in the open, no judgement, nobody averaged.

A measure's change has its word only by its own rule. For everything else there is no threshold, so only numbers are
shown, and only where they moved by a fifth of their scale or more: down as well as up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.findings import change, number
from reports.paper import Headline, Line, Report, Series

#: The part of its scale by which an answer has to move before it is named at the top.
MOVED = 0.2
MOST_MOVES = 8


@dataclass(frozen=True, slots=True)
class Newest:
    """One partner's newest score of a measure."""

    label: str
    value: str
    of: str
    verdict: str
    look: str
    series: Series
    line: Line


@dataclass(frozen=True, slots=True)
class Move:
    """One answer that moved over the period."""

    position: int
    label: str
    first: str
    last: str
    change: str
    size: float


@dataclass(frozen=True, slots=True)
class Person:
    """One partner: their newest scores and figures."""

    name: str
    position: int
    newest: tuple[Newest, ...]
    headlines: tuple[Headline, ...]


def people(report: Report) -> tuple[Person, ...]:
    """Everybody in their own order, each with what is known of them."""
    found = []
    for partner in report.partners:
        newest = tuple(_newest(report, partner.position))
        own = tuple(one for one in report.headlines if one.position == partner.position)
        if newest or own:
            found.append(Person(partner.name, partner.position, newest, own))
    return tuple(found)


def is_measure(series: Series) -> bool:
    """Whether a series is a measure, with facts of its own, and not a question of an exercise."""
    return bool(series.facts)


def _newest(report: Report, position: int) -> Iterator[Newest]:
    for series in report.series:
        for line in series.lines:
            if is_measure(series) and line.position == position and line.values:
                value, of = number(line.values[-1]), number(series.high)
                yield Newest(series.label, value, of, line.verdict, line.look, series, line)


def moves(report: Report) -> tuple[Move, ...]:
    """What moved most between the first and the last answer of the period, beside the measures."""
    rows = [*report.series, *(report.areas.rows if report.areas else ())]
    found = [move for series in rows if not is_measure(series) for move in _moves(series)]
    found.sort(key=lambda one: (-one.size, one.label, one.position))
    return tuple(found[:MOST_MOVES])


def _moves(series: Series) -> Iterator[Move]:
    for line in series.lines:
        if not line.enough or series.high <= series.low:
            continue
        first, last = line.values[0], line.values[-1]
        size = abs(last - first) / (series.high - series.low)
        if size >= MOVED:
            yield Move(line.position, series.label, number(first), number(last), change(first, last), size)
