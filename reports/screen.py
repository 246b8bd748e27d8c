"""The drawings of a report for a page: the same SVG, inline, with every number in text beside it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from reports import findings, sections
from reports.paper import Report, Series


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
        return not (one.series or one.doing or one.mood or one.differences or one.areas)

    @cached_property
    def headlines(self) -> list[tuple[Any, Any]]:
        return [(line, sections.headline_picture(line, self.pictures)) for line in self.report.headlines]

    @cached_property
    def series(self) -> list[dict[str, Any]]:
        return [self._series(one) for one in self.report.series]

    def _series(self, one: Series) -> dict[str, Any]:
        lines = [row for row in one.lines if row.values]
        ends = [(self.names[row.position], row.position, findings.number(row.values[-1]), row.verdict) for row in lines]
        return {**sections.series_parts(one, self.report, self.names, self.pictures), "ends": ends}

    @cached_property
    def doing(self) -> dict[str, Any] | None:
        return sections.doing_parts(self.report.doing, self.pictures) if self.report.doing else None

    @cached_property
    def mood(self) -> dict[str, Any] | None:
        one = self.report.mood
        if one is None:
            return None
        parts = sections.mood_parts(one, self.report, self.names, self.pictures)
        positions = [day_map.position for day_map in one.maps]
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
