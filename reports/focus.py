"""One partner alone: the same report with nobody else's line in it."""

from __future__ import annotations

from dataclasses import replace

from reports.paper import Areas, Goal, Mood, Report, Series


def on(report: Report, position: int) -> Report:
    """Return the report with one partner's lines, days, ratings and figures. What is about all of them is left out."""
    return replace(
        report,
        headlines=tuple(one for one in report.headlines if one.position in (None, position)),
        series=_alone(report.series, position),
        mood=_mood(report.mood, position),
        differences=None,
        areas=_areas(report.areas, position),
        goals=tuple(found for one in report.goals if (found := _goal(one, position))),
    )


def _alone(rows: tuple[Series, ...], position: int) -> tuple[Series, ...]:
    found = (
        replace(row, lines=tuple(line for line in row.lines if line.position == position), together=()) for row in rows
    )
    return tuple(row for row in found if row.lines)


def _mood(mood: Mood | None, position: int) -> Mood | None:
    maps = tuple(one for one in mood.maps if one.position == position) if mood else ()
    return replace(mood, maps=maps) if mood and maps else None


def _areas(areas: Areas | None, position: int) -> Areas | None:
    rows = _alone(areas.rows, position) if areas else ()
    return replace(areas, rows=rows) if areas and rows else None


def _goal(goal: Goal, position: int) -> Goal | None:
    """A goal that nobody rated yet is everybody's."""
    courses = tuple(one for one in goal.courses if one.position == position)
    return replace(goal, courses=courses) if courses or not goal.courses else None
