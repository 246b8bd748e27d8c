"""The history of a measure: one person's scores on it, as a chart and as a table, and how they are worked out.

The clinical edition says states, by rule, where the measure has a published threshold. The edition of the
partner whose scores they are exists while a therapist has released the measure to them; it says higher, lower
or about the same, never better or worse, and nothing of a baseline that somebody set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exercises import measures
from exercises.measures import Measure
from exercises.measures.definition import Scale
from exercises.measures.explaining import figure
from reports import charts, editions, findings, layout, paper, sections
from reports.courses import Course, Row
from reports.cutoffs import cutoff, edge_for_partners
from reports.kinds.base import Composer, Layout, NotTold, Ordered, Part, register
from reports.line_chart import WIDE
from reports.measure_series import gaps
from reports.models.report import Audience, Kind
from reports.pictures import Pictures
from reports.plain_words import range_in_words, way_in_words
from reports.reliable_change import Change
from reports.score_scales import WAYS

PARTS = (
    Part("chart", gettext_lazy("The chart")),
    Part("table", gettext_lazy("All scores")),
    Part("how", gettext_lazy("How it is worked out")),
)


@dataclass(frozen=True, slots=True)
class Scored:
    """One score, as words. ``source`` names the form's edition and the definition's version."""

    on: date
    value: str
    parts: str
    band: str
    left_out: str
    change: str
    state: str
    note: str
    source: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureHistory(paper.Document):
    """One person's way on one measure."""

    kind: ClassVar[str] = "measure"

    measure: str
    title: str
    series: tuple[paper.Series, ...] = ()
    first: str = ""
    now: str = ""
    change: str = ""
    said: tuple[str, ...] = ()
    scores: tuple[Scored, ...] = ()
    how: tuple[tuple[str, str], ...] = ()


# ── reading ──────────────────────────────────────────────────────────────────


def compose(ordered: Ordered) -> MeasureHistory:
    """Read one person's scores of one measure; raise :class:`NotTold` where this edition may not have them."""
    client, measure = ordered.partner, measures.find(ordered.report.measure)
    if client is None or measure is None:
        raise NotTold
    course = editions.course_of(ordered.couple, client, measure, ordered.reader)
    if course is None:
        raise NotTold
    clinical = ordered.report.audience == Audience.CLINICAL
    place = next(one for one in ordered.couple.partners.all() if one.client_id == client.pk)
    rows = [row for row in reversed(course.rows) if ordered.period.holds(row.result.taken_on)]
    if not rows:
        raise NotTold
    head = ordered.head() | {"partners": (paper.Partner(client.name, place.position),)}
    return MeasureHistory(
        **head,
        measure=measure.name,
        title=measure.title,
        series=tuple(_series(measure, rows, place.position, clinical=clinical)) if ordered.has("chart") else (),
        first=course.first.value if course.first else "",
        now=course.last.value if course.last else "",
        change=course.last.change.words if course.last and course.last.change else "",
        said=tuple(_for_therapist(course) if clinical else _for_partner(course)),
        scores=tuple(_scored(row, clinical=clinical) for row in rows) if ordered.has("table") else (),
        how=tuple(_how(course, clinical=clinical)) if ordered.has("how") else (),
        about=_about(measure),
    )


def _series(measure: Measure, rows: Sequence[Row], position: int, *, clinical: bool) -> Iterable[paper.Series]:
    """The whole as one line; a measure without a total has one for each part."""
    if measure.total is not None:
        line = _line(position, [(row, row.score.total) for row in rows])
        whole = _drawn(measure, _("Over time"), measure.total, replace(line, around=_around(measure, rows)))
        yield replace(whole, cutoff=cutoff(measure) if clinical else edge_for_partners(measure))
        return
    for part in measure.subscales:
        line = _line(position, [(row, row.score.subscales.get(part.key)) for row in rows])
        yield _drawn(measure, part.name, part, line)


def _line(position: int, values: Sequence[tuple[Row, Decimal | None]]) -> paper.Line:
    points = (paper.Point(row.result.taken_on, None if value is None else float(value)) for row, value in values)
    return paper.Line(position, tuple(points), gaps=gaps([row.result.taken_on for row, _value in values]))


def _around(measure: Measure, rows: Sequence[Row]) -> paper.Around | None:
    """Where a change from the score that it is compared with may be chance."""
    first = next((row for row in rows if row.is_baseline), None)
    if first is None or first.score.total is None or measure.reliable is None:
        return None
    value, wide = first.score.total, measure.reliable.threshold
    return paper.Around(first.result.taken_on, float(value), float(value - wide), float(value + wide))


def _drawn(measure: Measure, label: str, scale: Scale, line: paper.Line) -> paper.Series:
    return paper.Series(
        label=label,
        low=float(scale.low),
        high=float(scale.high),
        lines=(line,),
        better=WAYS.get(measure.direction, ""),
        intro=_("Each score on the day it was taken. Shaded: where a change may be chance.")
        if line.around
        else _("Each score on the day it was taken."),
        by_day=True,
        drawn_from=1,
    )


def _for_therapist(course: Course) -> Iterable[str]:
    if course.measure.total is None:
        return
    yield course.compared_with
    last = course.last
    if last and last.change:
        yield from _judged(last.change)
    if last and last.range_words:
        yield _("The newest score: %(where)s.") % {"where": last.range_words[:1].lower() + last.range_words[1:]}
    yield course.trend_words


def _judged(change: Change) -> Iterable[str]:
    if change.state is None:
        yield _("No threshold is known well enough to call a difference more than chance.")
        return
    yield _("Since then: %(change)s, %(state)s.") % {
        "change": change.words,
        "state": str(change.state.label).lower(),
    }
    if change.note:
        yield str(change.note.label)


def _for_partner(course: Course) -> Iterable[str]:
    """The words that a person reads about themselves."""
    last = course.last
    if last and last.change and course.measure.reliable:
        yield way_in_words(course.measure, last)
    if last and (words := range_in_words(course.measure, last)):
        yield words
    yield _("A number is a beginning of a conversation. It says nothing about who is right.")


def _scored(row: Row, *, clinical: bool) -> Scored:
    change = row.change if clinical else None
    return Scored(
        on=row.result.taken_on,
        value=row.value,
        parts=", ".join(f"{name} {value}" for name, value in row.parts) if row.score.measure.total else "",
        band=_band(row) if clinical else "",
        left_out=row.left_out,
        change=change.words if change else "",
        state=_state(row, change),
        note=str(change.note.label) if change and change.note else "",
        source=_source(row),
        turn=row.turn,
    )


def _state(row: Row, change: Change | None) -> str:
    if row.is_baseline:
        return _("the baseline")
    return str(change.state.label).lower() if change and change.state else ""


def _band(row: Row) -> str:
    words = [band[:1].upper() + band[1:] for band in row.bands]
    safety = [said for kind, said in row.safety if kind]
    return ". ".join([*words, *([row.range_words] if row.range_words else []), *safety])


def _source(row: Row) -> str:
    definition = _("definition %(n)s") % {"n": row.score.measure.version}
    if row.result.edition is None:
        return _("entered, %(definition)s") % {"definition": definition}
    return _("form, edition %(n)s, %(definition)s") % {"n": row.result.edition, "definition": definition}


def _how(course: Course, *, clinical: bool) -> Iterable[tuple[str, str]]:
    if clinical:
        return course.explained
    total = course.measure.total
    found = [(_("Sources"), course.measure.credit)]
    if total is not None:
        ends = {"low": figure(total.low), "high": figure(total.high), "n": len(course.measure.items)}
        found.insert(0, (_("Range"), _("%(n)d questions, from %(low)s to %(high)s.") % ends))
    return found


def _about(measure: Measure) -> tuple[str, ...]:
    told = _("Scores go up and down for many reasons. This page supports a conversation; it is no diagnosis.")
    return (told, measure.credit) if measure.credit else (told,)


# ── laying out ───────────────────────────────────────────────────────────────


def lay_out(document: MeasureHistory) -> Layout:
    """Draw the chart; the table needs nothing but words."""
    context, pictures = layout.begin(document)
    document = context["report"]
    names = {partner.position: partner.name for partner in document.partners}
    days = get_format("DATE_FORMAT")
    context |= {
        "small": True,
        "charts": [_chart(one, at, document, names, pictures) for at, one in enumerate(document.series, 1)],
        "scores": [
            {"score": one, "day": format_date(one.on, days), "odd": at % 2} for at, one in enumerate(document.scores)
        ],
        "has_bands": any(one.band for one in document.scores),
    }
    return Layout("reports/paper/measure.html", context, layout.files_of(document, pictures))


def _chart(
    series: paper.Series, number: int, document: MeasureHistory, names: findings.Names, pictures: Pictures
) -> dict[str, Any]:
    """The drawing of one person alone, as wide as the page; its numbers stand in the table of all scores."""
    line = replace(series.lines[0], around=None, error=0)
    parts = sections.series_parts(replace(series, lines=(line,)), document, names, pictures)
    if parts["picture"]:
        finding = findings.of_line(series.label, line, names)
        drawn = charts.own(series, line.position, document.starts, document.ends, title=finding, frame=WIDE)
        parts["picture"] = pictures.add(drawn, finding)
    return parts | {"tables": [], "courses": [], "section": {"number": number, "title": series.label}}


register(
    Composer(
        kind=Kind.MEASURE,
        compose=compose,
        lay_out=lay_out,
        editions=(Audience.CLINICAL, Audience.PARTNER),
        parts=PARTS,
    )
)
