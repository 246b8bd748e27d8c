"""The parts of each kind of section: its drawings, its labels and its numbers, ready to print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy

from reports import charts, findings, marks
from reports.paper import (
    ENOUGH,
    Areas,
    DayMap,
    Differences,
    Document,
    Doing,
    Figure,
    Given,
    Goal,
    Headline,
    Line,
    Metric,
    Metrics,
    Mood,
    Quote,
    Report,
    Series,
    Together,
)
from reports.pictures import Picture, Pictures

COLUMNS = 13
"""Dates that fit beside a name in one table of numbers."""

FEW = 3
"""Partners that have room for a sparkline each. With more, the same tables print numbers."""

LONG_QUOTE = 420
"""Characters from which somebody's words get the whole width, and may run on to the next page."""

TALL = 16
"""Rows from which a table starts on a page of its own, so that its caption never stays behind."""

STATES = {
    "done": gettext_lazy("Done"),
    "started": gettext_lazy("Started"),
    "open": gettext_lazy("Open"),
    "skipped": gettext_lazy("Skipped"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "": "–",
}


def short(day: date) -> str:
    """'2 Mar' or 'Mar 2', whichever comes first in the reader's language."""
    month_first = str(get_format("MONTH_DAY_FORMAT"))[:1] in "FNMmE"
    return format_date(day, "M j" if month_first else "j M")


def headline_picture(line: Headline, pictures: Pictures) -> Picture | None:
    values = [value for value in line.trend if value is not None]
    if len(values) < 3:
        return None
    low = min(values) if line.low is None else line.low
    high = max(values) if line.high is None else line.high
    finding = findings.of_headline(line)
    return pictures.add(charts.spark(line.trend, line.position, low, high, title=finding), finding)


def series_parts(series: Series, report: Document, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """The drawing with its labels, how far each partner came, and every value as a number."""
    finding = findings.of_series(series, names)
    picture = None
    if series.enough:
        picture = pictures.add(charts.line(series, report.starts, report.ends, title=finding), finding)
    ends = [line for line in series.lines if line.values]
    heights = [line.values[-1] for line in ends]
    band = series.cutoff
    # For partners the range is told in words, and these take two lines.
    places = [(band.low + band.high) / 2] * (2 if band.plain else 1) if band else []
    steps = charts.label_steps(series, heights + places)
    labels = [
        {
            "step": step,
            "letter": marks.letter(line.position),
            "name": names[line.position],
            "value": findings.number(line.values[-1]),
        }
        for step, line in zip(steps, ends, strict=False)
    ]
    plain = not report.is_clinical
    courses = [
        {
            "letter": marks.letter(line.position),
            "name": names[line.position],
            "verdict": line.verdict,
            "first": findings.number(line.values[0]) if len(line.values) > 1 else "",
            "last": findings.number(line.values[-1]),
            "change": findings.change(line.values[0], line.values[-1]),
        }
        for line in series.lines
        if len(line.values) > 1 or (line.values and plain)
    ]
    owns = [_own(series, line, report, names, pictures) for line in series.lines] if series.enough else []
    return {
        "series": series,
        "picture": picture,
        "labels": labels,
        "courses": courses,
        "owns": owns,
        "owns_drawn": any(own["picture"] for own in owns),
        "cutoff": findings.cutoff_range(series),
        "cutoff_words": findings.cutoff_words(series),
        "cutoff_step": steps[len(heights)] if band else 0,
        "low": findings.number(series.low),
        "high": findings.number(series.high),
        "gaps": any(point.value is None for line in series.lines for point in line.points),
        "tables": list(_number_tables(series, names)),
    }


def _own(series: Series, line: Line, report: Document, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One partner's line alone, with what is said of it. Only a measure has something to say; others have none."""
    picture = None
    if line.values and (line.around or line.error):
        finding = findings.of_line(series.label, line, names)
        svg = charts.own(series, line.position, report.starts, report.ends, title=finding)
        picture = pictures.add(svg, finding)
    return {
        "letter": marks.letter(line.position),
        "name": names[line.position],
        "position": line.position,
        "picture": picture,
        "verdict": line.verdict,
        "look": line.look,
        "told": line.told,
        "n": len(line.values),
    }


def doing_table(doing: Doing) -> dict[str, Any]:
    """The weekly bars as numbers: a row a week."""
    rows = [{"number": at, "on": short(week.starts), "counts": week.counts} for at, week in enumerate(doing.weeks, 1)]
    return {"heads": [segment.label for segment in doing.segments], "rows": rows}


def days_table(day_map: DayMap, starts: date) -> dict[str, Any]:
    """A calendar as numbers: a row a week, a column a weekday, a dash where there is no entry."""
    heads = [format_date(starts + timedelta(days=at), "D") for at in range(7)]
    rows = []
    for at in range(0, len(day_map.days), 7):
        values = ["–" if value is None else str(value) for value in day_map.days[at : at + 7]]
        rows.append({"on": short(starts + timedelta(days=at)), "values": values + [""] * (7 - len(values))})
    return {"heads": heads, "rows": rows}


def _number_tables(series: Series, names: findings.Names) -> Iterator[dict[str, Any]]:
    """Every value of a series in rows of at most COLUMNS dates. A dash is an answer that is missing."""
    dates = sorted({point.on for line in series.lines for point in line.points})
    for at in range(0, len(dates), COLUMNS):
        part = dates[at : at + COLUMNS]
        rows = []
        for line in series.lines:
            values = {point.on: point.value for point in line.points}
            cells = [_cell(values, day) for day in part]
            rows.append({"letter": marks.letter(line.position), "name": names[line.position], "cells": cells})
        yield {"dates": [short(day) for day in part], "rows": rows, "first": at == 0, "few": len(part) < 7}


def _cell(values: dict[date, float | None], day: date) -> str:
    value = values.get(day)
    return "" if day not in values else "–" if value is None else findings.number(value)


def doing_parts(doing: Doing, pictures: Pictures) -> dict[str, Any]:
    """The weekly bars with their key, and the rows of one of the two tables."""
    finding = findings.of_doing(doing)
    drawn = doing.segments and any(sum(week.counts) for week in doing.weeks)
    totals = findings.segment_totals(doing)
    key = [
        {"tone": s.tone, "label": s.label, "total": total}
        for s, (_label, total) in zip(doing.segments, totals, strict=True)
    ]
    return {
        "doing": doing,
        "key": key,
        "picture": pictures.add(charts.bars(doing, title=finding), finding) if drawn else None,
        "given": list(_banded(doing.given)),
        "together": list(_banded(doing.together)),
        "helpful": any(row.helpful for row in doing.given),
        "how": any(row.how for row in doing.together),
        "tall": max(len(doing.given), len(doing.together)) >= TALL,
    }


def _banded(rows: tuple[Given, ...] | tuple[Together, ...]) -> Iterator[dict[str, Any]]:
    """The rows with their week's number on its first row only, every other week on a band."""
    week, odd = None, False
    for row in rows:
        first = row.week != week
        week, odd = row.week, odd != first
        day = row.due if isinstance(row, Given) else row.on
        states = [(state or "none", STATES[state]) for state in row.states] if isinstance(row, Given) else []
        yield {
            "row": row,
            "week": week if first else "",
            "odd": odd,
            "day": short(day) if day else "–",
            "states": states,
        }


def mood_parts(mood: Mood, report: Report, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One calendar for each partner, the weekdays beside them and the key."""
    maps = []
    for day_map in mood.maps:
        finding = findings.of_days(mood, day_map, names)
        entries = sum(value is not None for value in day_map.days)
        picture = None
        if entries >= 3:
            picture = pictures.add(charts.days(mood, day_map, report.starts, title=finding), finding)
        maps.append(
            {
                "picture": picture,
                "letter": marks.letter(day_map.position),
                "name": names[day_map.position],
                "note": day_map.note or findings.halves(day_map),
            }
        )
    monday = 6 - report.starts.weekday()
    weekdays = [format_date(date(2024, 1, 1 + (row - monday + 6) % 7), "D") for row in (0, 2, 4, 6)]
    wide = max(len(day_map.days) for day_map in mood.maps) > 14 * 7
    steps = range(mood.low, mood.high + 1)
    key = [{"value": value, "shade": charts.shade(mood, value) + 1} for value in steps]
    return {
        "mood": mood,
        "maps": maps,
        "weekdays": weekdays,
        "wide": wide,
        "key": key,
        "drawn": any(one["picture"] for one in maps),
    }


def differences_parts(differences: Differences, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One drawn row for each statement, and the numbers beside it."""
    low, high = differences.low, differences.high
    positions = sorted({position for row in differences.rows for position, _value in row.answers})
    rows = []
    for row in differences.rows:
        finding, given, gap = findings.of_difference(row, names), dict(row.answers), findings.gap(row)
        rows.append(
            {
                "statement": row.statement,
                "picture": pictures.add(charts.dumbbell(row, low, high, title=finding), finding),
                "values": [findings.number(given[p]) if p in given else "–" for p in positions],
                "gap": findings.number(gap) if len(given) > 1 else "–",
                "wide": len(given) > 1 and high > low and gap / (high - low) >= 0.3,
            }
        )
    people = [{"letter": marks.letter(position), "name": names[position]} for position in positions]
    return {
        "differences": differences,
        "rows": rows,
        "people": people,
        "low": findings.number(low),
        "high": findings.number(high),
        "whole": len(rows) < TALL,
    }


def areas_parts(areas: Areas, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One row for each area, one cell for each partner."""
    positions = sorted({line.position for row in areas.rows for line in row.lines})
    rows = []
    for row in areas.rows:
        lines = {line.position: line for line in row.lines}
        cells = [_area_cell(row, lines.get(p), names, pictures, drawn=len(names) <= FEW) for p in positions]
        tables = list(_number_tables(row, names))
        rows.append({"label": row.label, "cells": cells, "tables": tables, "by_day": row.by_day})
    people = [{"letter": marks.letter(position), "name": names[position]} for position in positions]
    return {
        "areas": areas,
        "rows": rows,
        "people": people,
        "changes": len(positions) < 3,
        "whole": len(rows) < TALL,
    }


def metrics_parts(metrics: Metrics, names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One row for each label, one cell for each partner; the rows of one metric belong together."""
    found = {one.position for row in metrics.rows for one in row.figures if one.position is not None}
    positions = [position for position in names if position in found]
    groups: list[list[dict[str, Any]]] = []
    for row in metrics.rows:
        figures = {one.position: _figure(row, one, pictures, drawn=len(positions) <= FEW) for one in row.figures}
        drawn = {"name": row.name, "label": row.label, "together": figures.get(None)}
        if row.name:
            groups.append([])
        groups[-1].append(drawn | {"cells": [figures.get(position) for position in positions]})
    people = [{"letter": marks.letter(position), "name": names[position]} for position in positions]
    return {"metrics": metrics, "groups": groups, "people": people}


def _figure(row: Metric, one: Figure, pictures: Pictures, *, drawn: bool) -> dict[str, Any]:
    values = [value for value in one.trend if value is not None]
    if not drawn or len(values) < ENOUGH:
        return {"figure": one, "picture": None}
    finding = findings.of_trend(f"{row.name} {row.label}".strip(), values)
    svg = charts.spark(one.trend, one.position, 0, max(10.0, *values), title=finding, width=112)
    return {"figure": one, "picture": pictures.add(svg, finding)}


def _area_cell(
    row: Series, line: Line | None, names: findings.Names, pictures: Pictures, drawn: bool
) -> dict[str, Any]:
    """One partner's part of a row: a sparkline where there is room for one, and where it began and stands."""
    if line is None or not line.values:
        return {"picture": None, "now": "–", "change": "–", "course": "–"}
    first, now = findings.number(line.values[0]), findings.number(line.values[-1])
    cell: dict[str, Any] = {"picture": None, "now": now, "change": "–", "course": now}
    if len(line.values) > 1:
        cell |= {"change": findings.change(line.values[0], line.values[-1]), "course": f"{first} → {now}"}
    if line.enough and drawn:
        finding = findings.of_line(row.label, line, names)
        values = [point.value for point in line.points]
        svg = charts.spark(values, line.position, row.low, row.high, title=finding, width=112)
        cell["picture"] = pictures.add(svg, finding)
    return cell


def quotes_parts(quotes: tuple[Quote, ...], names: findings.Names) -> Iterator[dict[str, Any]]:
    """Short quotes two in a row, a long one across the page, in the order given."""
    row: list[dict[str, Any]] = []
    for quote in quotes:
        at = quote.position
        line = {
            "quote": quote,
            "name": "" if at is None else names[at],
            "letter": "" if at is None else marks.letter(at),
            "on": format_date(quote.on, get_format("DATE_FORMAT")) if quote.on else "",
        }
        if len(quote.text) > LONG_QUOTE:
            if row:
                yield {"quotes": row, "long": False}
            yield {"quotes": [line], "long": True}
            row = []
        elif row:
            yield {"quotes": [*row, line], "long": False}
            row = []
        else:
            row = [line]
    if row:
        yield {"quotes": row, "long": False}


def goals_parts(goals: tuple[Goal, ...], names: findings.Names, pictures: Pictures) -> dict[str, Any]:
    """One block for each goal: a drawn row for everybody who rated it, and what was given for it."""
    rows = []
    for goal in goals:
        courses = []
        for course in goal.courses:
            finding = findings.of_goal(goal, course, names)
            courses.append(
                {
                    "letter": marks.letter(course.position),
                    "name": names[course.position],
                    "picture": pictures.add(charts.goal(course, goal.low, goal.high, title=finding), finding),
                    "start": findings.number(course.start),
                    "now": findings.number(course.now),
                    "change": findings.change(course.start, course.now) if course.ratings > 1 else "–",
                }
            )
        rows.append({"goal": goal, "courses": courses, "served_by": ", ".join(goal.served_by)})
    same = len({(goal.low, goal.high) for goal in goals}) == 1
    scale = f"{findings.number(goals[0].low)}–{findings.number(goals[0].high)}" if same else ""
    return {"rows": rows, "scale": scale}
