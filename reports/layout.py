"""A report laid out: which sections it has, in what order, with every picture drawn.

The templates under templates/reports/paper/ print what stands here and decide nothing but words and looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from reports import findings, sections
from reports.fingerprint import content_code
from reports.models.report import Kind
from reports.paper import Document, Report
from reports.pictures import Files, Pictures, logo_picture, mark_pictures

LONG_NAME = 60
"""Letters of a name that still fit on a cover."""

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered section: its template is reports/paper/_<kind>.html."""

    kind: str
    title: str
    number: int
    parts: dict[str, Any]

    @property
    def template(self) -> str:
        return f"reports/paper/_{self.kind}.html"


def lay_out(report: Report) -> tuple[dict[str, Any], Files]:
    """The template's context and the pictures it names. Expects tidied text and the report's language active."""
    context, pictures = begin(report)
    report = context["report"]
    names = {partner.position: partner.name for partner in report.partners}
    context |= {
        "headlines": [(line, sections.headline_picture(line, pictures)) for line in report.headlines],
        "sections": [
            Section(kind, title, number, parts)
            for number, (kind, title, parts) in enumerate(_sections(report, names, pictures), 1)
        ],
    }
    return context, files_of(report, pictures)


def begin(document: D) -> tuple[dict[str, Any], Pictures]:
    """What base.html, the cover and the last lines of every kind need, and an empty set of pictures.

    ``report`` in it is the document with names cut to what fits on a cover; ``shared`` says that the words go
    to the couple and not to a therapist.
    """
    code = content_code(document)
    document = replace(document, partners=tuple(replace(p, name=p.name[:LONG_NAME]) for p in document.partners))
    context = {
        "report": document,
        "title": str(Kind(document.kind).label),
        "shared": not document.is_clinical,
        "many": len(document.partners) > sections.FEW,
        "couple": findings.names_joined([partner.name for partner in document.partners]),
        "reader": document.reader[:LONG_NAME],
        "period": period(document.starts, document.ends),
        "issued": format_date(document.issued, get_format("DATE_FORMAT")),
        "made": _moment(document.made) if document.made else "",
        "code": code,
    }
    return context, Pictures()


def _moment(made: datetime) -> str:
    """'26 May 2026, 14:05 (Europe/Berlin)'."""
    day, at = format_date(made, get_format("DATE_FORMAT")), format_date(made, get_format("TIME_FORMAT"))
    return f"{day}, {at} ({made.tzinfo})"


def files_of(document: Document, pictures: Pictures) -> Files:
    """Everything the page of a document may name: its drawings, the partners' marks, the practice's logo."""
    return pictures.files | mark_pictures() | logo_picture(document.letterhead)


def _sections(report: Report, names: findings.Names, pictures: Pictures) -> Iterator[tuple[str, str, dict[str, Any]]]:
    shared = not report.is_clinical
    for series in report.series:
        yield "series", series.label, sections.series_parts(series, report, names, pictures)
    if report.doing:
        title = _done_title(report)
        yield "doing", title, sections.doing_parts(report.doing, pictures)
    if report.mood and report.mood.maps:
        title = report.mood.title or _("Mood between appointments")
        yield "mood", title, sections.mood_parts(report.mood, report, names, pictures)
    if report.differences and report.differences.rows:
        title = _("Where you see things differently") if shared else _("Where they see things differently")
        yield "differences", title, sections.differences_parts(report.differences, names, pictures)
    if report.areas and report.areas.rows:
        yield "areas", report.areas.title, sections.areas_parts(report.areas, names, pictures)
    if report.metrics:
        yield "metrics", _("Numbers between sessions"), sections.metrics_parts(report.metrics, names, pictures)
    if report.goals:
        yield "goals", _("Your goals") if shared else _("Goals"), sections.goals_parts(report.goals, names, pictures)
    if report.quotes:
        title = _("In your own words") if shared else _("In their own words")
        yield "quotes", title, {"rows": list(sections.quotes_parts(report.quotes, names))}
    if report.next:
        yield "next", _("What comes next"), {"rows": report.next}


def _done_title(report: Report) -> str:
    if report.is_clinical:
        return _("What was given, week by week")
    return _("What you did") if report.reader else _("What you did together")


def period(starts: date, ends: date) -> str:
    """'2 March – 24 May 2026', the year said once when both ends share it."""
    last = format_date(ends, get_format("DATE_FORMAT"))
    same = starts.year == ends.year
    first = format_date(starts, get_format("MONTH_DAY_FORMAT" if same else "DATE_FORMAT"))
    return f"{first} – {last}"
