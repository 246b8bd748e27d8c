"""The drawings of a report for a page: the same SVG, inline, with every number in text beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from reports import charts, findings, glance, sections
from reports.paper import ENOUGH, Headline, Report, Series


class Inline(sections.Pictures):
    """Hands a drawing back as its own markup instead of an address."""

    def add(self, svg: SafeString, finding: str) -> sections.Picture:
        return sections.Picture(svg, finding)


class Screen:
    """What a page shows of a report, section by section. A section with nothing in it is empty."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.names = {partner.position: partner.name for partner in report.partners}
        self.pictures = Inline()

    @property
    def is_empty(self) -> bool:
        one = self.report
        return not (one.series or one.doing or one.mood or one.differences or one.areas or one.goals)

    # ── at a glance ──────────────────────────────────────────────────────────

    @cached_property
    def people(self) -> list[dict[str, Any]]:
        """Each partner with their newest scores and their figures, and the drawings beside them."""
        return [
            {
                "name": one.name,
                "position": one.position,
                "newest": [(row, self._newest_picture(row)) for row in one.newest],
                "figures": [
                    (_without_name(line, one.name), sections.headline_picture(line, self.pictures))
                    for line in one.headlines
                ],
            }
            for one in glance.people(self.report)
        ]

    def _newest_picture(self, row: glance.Newest) -> sections.Picture | None:
        if not row.line.enough:
            return None
        finding = findings.of_line(row.label, row.line, self.names)
        low, high = row.series.low, row.series.high
        return self.pictures.add(charts.spark(row.line.values, row.line.position, low, high, title=finding), finding)

    @cached_property
    def figures(self) -> list[tuple[Any, Any]]:
        """What is counted for all of them."""
        lines = [line for line in self.report.headlines if line.position is None]
        return [(line, sections.headline_picture(line, self.pictures)) for line in lines]

    @cached_property
    def moves(self) -> list[tuple[str, glance.Move]]:
        return [(self.names[one.position], one) for one in glance.moves(self.report)]

    @cached_property
    def glance_tables(self) -> list[dict[str, Any]]:
        """The numbers behind the small lines at the top: week by week."""
        rows = []
        for line in self.report.headlines:
            if sum(value is not None for value in line.trend) >= ENOUGH:
                values = ["–" if value is None else findings.number(value) for value in line.trend]
                rows.append({"label": line.label, "values": values})
        longest = max((len(row["values"]) for row in rows), default=0)
        return [
            {
                "weeks": range(at + 1, min(at + sections.COLUMNS, longest) + 1),
                "rows": [{**row, "values": row["values"][at : at + sections.COLUMNS]} for row in rows],
            }
            for at in range(0, longest, sections.COLUMNS)
        ]

    # ── sections ─────────────────────────────────────────────────────────────

    @cached_property
    def measures(self) -> list[dict[str, Any]]:
        return [self._series(one) for one in self.report.series if glance.is_measure(one)]

    @cached_property
    def series(self) -> list[dict[str, Any]]:
        return [self._series(one) for one in self.report.series if not glance.is_measure(one)]

    def _series(self, one: Series) -> dict[str, Any]:
        lines = [row for row in one.lines if row.values]
        ends = [(self.names[row.position], row.position, findings.number(row.values[-1]), row.verdict) for row in lines]
        return {**sections.series_parts(one, self.report, self.names, self.pictures), "ends": ends}

    @cached_property
    def doing(self) -> dict[str, Any] | None:
        one = self.report.doing
        return {**sections.doing_parts(one, self.pictures), "table": sections.doing_table(one)} if one else None

    @cached_property
    def goals(self) -> dict[str, Any] | None:
        one = self.report.goals
        return sections.goals_parts(one, self.names, self.pictures) if one else None

    @cached_property
    def mood(self) -> dict[str, Any] | None:
        one = self.report.mood
        if one is None:
            return None
        parts = sections.mood_parts(one, self.report, self.names, self.pictures)
        positions = [day_map.position for day_map in one.maps]
        for day_map, shown in zip(one.maps, parts["maps"], strict=True):
            shown["table"] = sections.days_table(day_map, self.report.starts)
        return {**parts, "people": list(zip(positions, parts["maps"], strict=True))}

    @cached_property
    def differences(self) -> dict[str, Any] | None:
        one = self.report.differences
        if one is None:
            return None
        parts = sections.differences_parts(one, self.names, self.pictures)
        positions = sorted({position for row in one.rows for position, _value in row.answers})
        people = [(self.names[position], position) for position in positions]
        for row in parts["rows"]:
            row["named"] = [(name, value) for (name, _at), value in zip(people, row["values"], strict=True)]
        return {**parts, "positions": people}

    @cached_property
    def areas(self) -> dict[str, Any] | None:
        one = self.report.areas
        if one is None:
            return None
        parts = sections.areas_parts(one, self.names, self.pictures)
        positions = sorted({line.position for row in one.rows for line in row.lines})
        for row in parts["rows"]:
            for cell, position in zip(row["cells"], positions, strict=True):
                cell["name"] = self.names[position]
        return {**parts, "positions": [(self.names[position], position) for position in positions]}


def _without_name(line: Headline, name: str) -> Headline:
    """A figure as it is called under its partner's own name."""
    label = line.label.removeprefix(f"{name}, ")
    return replace(line, label=label[:1].upper() + label[1:])
