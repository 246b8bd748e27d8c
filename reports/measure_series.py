"""Measures over time: one chart for each, with everybody's line, and what a therapist must know to judge it.

State and trend are words only under the rules of reliable_change.py and trend.py: without a threshold nothing is said
but the difference. The words are for therapists, not for partners, and what is said of all partners together tells
each of them the others' scores: whoever fills a partner's material leaves `together` out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.measures import Measure
from exercises.measures.definition import About, Cut, Subscale
from exercises.measures.explaining import cut_words, figure
from reports.courses import Course, Row
from reports.material import Material
from reports.paper import Around, Band, Better, Line, Point, Series, Turn
from reports.reliable_change import Z
from reports.score_scales import WAYS
from reports.sections import short
from reports.side_by_side import Beside
from reports.trend import GAP

#: An answer that comes this much later than usual comes after one that was missed.
MISSED = 1.5
SHORTEST_RHYTHM = 7.0
ORDER = [About.RELATIONSHIP, About.SYMPTOMS, About.APPOINTMENT, About.ATTACHMENT]

Rows = dict[int, tuple[Course, list[Row]]]
"""By position: the whole course, and the rows of the period, oldest first."""


def charts(material: Material) -> tuple[Series, ...]:
    """One series for each measure taken in the period; a measure without a total has one for each of its parts."""
    found = [(one, _rows(material, one)) for one in material.measures]
    found.sort(key=lambda pair: (ORDER.index(pair[0].measure.about), -_count(pair[1]), pair[0].measure.key))
    return tuple(series for one, rows in found for series in _charts(material, one, rows))


def count(material: Material) -> int:
    """How many scores of the period there are."""
    return sum(_count(_rows(material, one)) for one in material.measures)


def _rows(material: Material, one: Beside) -> Rows:
    found: Rows = {}
    for line in one.lines:
        rows = [row for row in reversed(line.course.rows) if material.period.holds(row.result.taken_on)]
        if rows:
            found[line.partner.position] = (line.course, rows)
    return found


def _count(rows: Rows) -> int:
    return sum(len(mine) for _course, mine in rows.values())


def _charts(material: Material, one: Beside, rows: Rows) -> Iterator[Series]:
    if one.measure.total is None:
        for part in one.measure.subscales if rows else ():
            yield _part(material, one.measure, part, rows)
    elif any(row.score.total is not None for _course, mine in rows.values() for row in mine):
        yield _whole(material, one, rows)


def _whole(material: Material, one: Beside, rows: Rows) -> Series:
    measure = one.measure
    lines = tuple(_line(measure, position, *rows[position]) for position in sorted(rows))
    return Series(
        label=measure.name,
        low=float(measure.low or 0),
        high=float(measure.high or 0),
        lines=lines,
        better=_way(measure),
        cutoff=_cutoff(measure),
        intro=_("%(title)s. Each on their own.") % {"title": measure.title},
        note=measure.credit,
        by_day=True,
        drawn_from=1,
        turns=_turns(rows),
        facts=tuple(_facts(material, measure, rows, lines)),
        together=tuple(_together(one, rows)),
    )


def _part(material: Material, measure: Measure, part: Subscale, rows: Rows) -> Series:
    """A part of a measure that has no total: its line, with nothing to hold a change against."""
    lines = tuple(
        Line(
            position,
            tuple(Point(row.result.taken_on, _float(row.score.subscales.get(part.key))) for row in mine),
            gaps=gaps([row.result.taken_on for row in mine]),
        )
        for position, (_course, mine) in sorted(rows.items())
    )
    return Series(
        label=_("%(measure)s, %(part)s") % {"measure": measure.name, "part": part.name},
        low=float(part.low),
        high=float(part.high),
        lines=lines,
        better=_way(measure),
        intro=_("%(title)s. Each on their own.") % {"title": measure.title},
        note=measure.credit,
        by_day=True,
        drawn_from=1,
        turns=_turns(rows),
        facts=tuple(_facts(material, measure, rows, lines)),
    )


# ── one partner's line ───────────────────────────────────────────────────────


def _line(measure: Measure, position: int, course: Course, rows: list[Row]) -> Line:
    state = course.state
    return Line(
        position,
        tuple(Point(row.result.taken_on, _float(row.score.total)) for row in rows),
        verdict=str(state.label) if state else "",
        around=_around(measure, course),
        error=float(Z * measure.sem) if measure.sem else 0,
        gaps=gaps([row.result.taken_on for row in rows]),
        look=course.last.look if course.last else "",
        told=tuple(_told(measure, course, rows)),
    )


def gaps(days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    """Between which days a line is not joined: more than six weeks, or longer than half as much again as usual.

    What is usual follows from the days themselves, and is never less than a week.
    """
    steps = [(later - earlier).days for earlier, later in pairwise(days)]
    usual = max(float(median(steps)), SHORTEST_RHYTHM) if steps else 0
    longest = min(usual * MISSED, GAP.days)
    return tuple(
        (earlier, later) for (earlier, later), step in zip(pairwise(days), steps, strict=True) if step > longest
    )


def _around(measure: Measure, course: Course) -> Around | None:
    """Where a change from the baseline may be chance; where no threshold is known, the error of that score."""
    first = course.first
    if first is None or first.score.total is None:
        return None
    wide = measure.reliable.threshold if measure.reliable else measure.sem and Z * measure.sem
    if not wide:
        return None
    value = first.score.total
    return Around(first.result.taken_on, float(value), float(value - wide), float(value + wide))


def _told(measure: Measure, course: Course, rows: Sequence[Row]) -> Iterator[str]:
    last = course.last
    if last is not None and last.change:
        newest = {"on": day(last.result.taken_on), "change": last.change.words}
        yield _("%(change)s by %(on)s.") % newest
        if last.change.note:
            yield str(last.change.note.label)
    yield course.compared_with
    if last is not None and last.range_words:
        yield f"{last.range_words}."
    if course.trend is not None:
        yield course.trend_words
    if measure.reliable and course.first:
        size = {"size": figure(measure.reliable.threshold)}
        yield _("Shaded: within %(size)s of that score, where a change may be chance.") % size
    if measure.sem:
        yield _("Upright strokes: the error of a single score, 95 times in 100.")
    prorated = sum(row.score.prorated for row in rows)
    if prorated:
        yield ngettext("%(n)d score is prorated.", "%(n)d scores are prorated.", prorated) % {"n": prorated}


# ── the measure ──────────────────────────────────────────────────────────────


def _way(measure: Measure) -> Better:
    return WAYS.get(measure.direction, "")


def _cutoff(measure: Measure) -> Band | None:
    """The cut-off lies between the last score on one side of it and the first on the other."""
    if measure.cut is None or measure.total is None:
        return None
    at = float(_limit(measure.cut, Decimal(1).scaleb(-measure.total.decimals)))
    return Band(at, at, _("Cut-off"), cut_words(measure.cut))


def _limit(cut: Cut, step: Decimal) -> Decimal:
    if cut.at_least is not None:
        return cut.at_least - step / 2
    return cut.at_most + step / 2 if cut.at_most is not None else cut.below or Decimal(0)


def _turns(rows: Rows) -> tuple[Turn, ...]:
    """Where somebody's scores begin to come from another edition of the form, or by another definition."""
    words: dict[date, list[str]] = defaultdict(list)
    for _course, mine in rows.values():
        for row in mine:
            if row.turn:
                words[row.result.taken_on].append(row.turn)
    return tuple(
        Turn(on, _("%(on)s: %(what)s") % {"on": day(on), "what": " ".join(dict.fromkeys(said))})
        for on, said in sorted(words.items())
    )


def _facts(material: Material, measure: Measure, rows: Rows, lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """n, window, gaps, form and rule."""
    every = [row for _course, mine in rows.values() for row in mine]
    days = [row.result.taken_on for row in every]
    yield _("Scores"), ", ".join(f"{material.names[line.position]} {len(line.values)}" for line in lines)
    yield _("Window"), span(min(days), max(days))
    yield _("Gaps"), "; ".join(_gap_words(material, lines)) or _("none")
    yield _("Form"), _forms(every)
    yield _("Scored by"), _rule(measure, every)


def _gap_words(material: Material, lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        if line.gaps:
            spans = ", ".join(span(before, after) for before, after in line.gaps)
            yield f"{material.names[line.position]} {spans}"


def _forms(rows: Sequence[Row]) -> str:
    editions = sorted({row.result.edition for row in rows if row.result.edition is not None})
    parts = []
    if editions:
        numbers = ", ".join(map(str, editions))
        parts.append(ngettext("edition %(n)s", "editions %(n)s", len(editions)) % {"n": numbers})
    entered = sum(row.result.edition is None for row in rows)
    if entered:
        parts.append(ngettext("%(n)d entered by staff", "%(n)d entered by staff", entered) % {"n": entered})
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _rule(measure: Measure, rows: Sequence[Row]) -> str:
    versions = ", ".join(str(version) for version in sorted({row.score.measure.version for row in rows}))
    parts = [_("%(measure)s, definition %(versions)s") % {"measure": measure.name, "versions": versions}]
    if measure.reliable is None:
        parts.append(_("no reliable threshold: only the difference is shown"))
    elif measure.reliable.inclusive:
        parts.append(_("reliable from %(n)s points on") % {"n": figure(measure.reliable.threshold)})
    else:
        parts.append(_("reliable beyond %(n)s points") % {"n": figure(measure.reliable.threshold)})
    return "; ".join(parts)


def _together(one: Beside, rows: Rows) -> Iterator[str]:
    """What everybody's newest scores say, where at least two have scores in the period."""
    if len(rows) < 2:
        return
    if one.state:
        yield f"{one.state.label}."
    if one.compared:
        yield one.lower_words
        yield one.gap_words
    elif one.apart_words:
        yield one.apart_words


def day(on: date) -> str:
    """'2 March 2026', as the reader's language writes it."""
    return format_date(on, get_format("DATE_FORMAT"))


def span(first: date, last: date) -> str:
    """'3 Sep – 19 Nov 2026', the year said once when both ends share it."""
    if first == last:
        return day(last)
    return f"{short(first) if first.year == last.year else day(first)} – {day(last)}"


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
