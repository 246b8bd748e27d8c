"""Measures over time: one chart for each, with everybody's line, and what a therapist must know to judge it.

State and trend are words only under the rules of reliable_change.py and trend.py: without a threshold nothing is said
but the difference. Partners read words of their own, and only of courses that the editions let in: what is said of
all of them together follows from lines that stand there for every one of them to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.measures import Measure
from exercises.measures.definition import About, Scale, Subscale
from exercises.measures.explaining import figure
from reports.agreement import SAME_OCCASION
from reports.courses import Course, Row
from reports.cutoffs import cutoff, edge_for_partners
from reports.material import Material
from reports.paper import Around, Better, Line, Point, Series, Turn
from reports.partners import compare
from reports.plain_words import range_in_words, way_in_words
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
    if material.shared:
        found = [(measure, _rows(material, mine), None) for measure, mine in _shown(material)]
    else:
        found = [(one.measure, _rows(material, _courses(one)), one) for one in material.measures]
    found.sort(key=lambda one: (ORDER.index(one[0].about), -_count(one[1]), one[0].key))
    return tuple(series for measure, rows, beside in found for series in _charts(material, measure, rows, beside))


def count(material: Material) -> int:
    """How many scores of the period there are."""
    shown = [mine for _measure, mine in _shown(material)]
    return sum(_count(_rows(material, mine)) for mine in [*shown, *map(_courses, material.measures)])


def _courses(one: Beside) -> dict[int, Course]:
    return {line.partner.position: line.course for line in one.lines}


def _shown(material: Material) -> list[tuple[Measure, dict[int, Course]]]:
    """What partners may read of measures: by measure, the courses by position, in the order of the edition."""
    found: dict[str, dict[int, Course]] = defaultdict(dict)
    order = [partner.position for partner in material.partners]
    for position, course in sorted(material.courses, key=lambda one: order.index(one[0])):
        found[course.measure.key][position] = course
    return [(next(iter(mine.values())).measure, mine) for mine in found.values()]


def _rows(material: Material, mine: Mapping[int, Course]) -> Rows:
    found: Rows = {}
    for position, course in mine.items():
        rows = [row for row in reversed(course.rows) if material.period.holds(row.result.taken_on)]
        if rows:
            found[position] = (course, rows)
    return found


def _count(rows: Rows) -> int:
    return sum(len(mine) for _course, mine in rows.values())


def _charts(material: Material, measure: Measure, rows: Rows, beside: Beside | None) -> Iterator[Series]:
    total = measure.total
    if total is None:
        for part in measure.subscales if rows else ():
            yield _part(material, measure, part, rows)
    elif any(row.score.total is not None for _course, mine in rows.values() for row in mine):
        yield _whole(material, measure, total, rows, beside)


def _whole(material: Material, measure: Measure, total: Scale, rows: Rows, beside: Beside | None) -> Series:
    """Its line, cut-off and words: those for therapists, or for partners where nothing is ``beside``."""
    if beside is None:
        lines = tuple(
            _line_for_partners(measure, position, *mine, alone=len(rows) == 1) for position, mine in rows.items()
        )
        whole = _drawn(material, measure, measure.name, total, rows, lines)
        return replace(whole, cutoff=edge_for_partners(measure), together=tuple(_apart(measure, rows)))
    lines = tuple(_line(measure, position, *rows[position]) for position in sorted(rows))
    whole = _drawn(material, measure, measure.name, total, rows, lines)
    return replace(whole, cutoff=cutoff(measure), together=tuple(_together(beside, rows)))


def _part(material: Material, measure: Measure, part: Subscale, rows: Rows) -> Series:
    """A part of a measure that has no total: its line, with nothing to hold a change against."""
    lines = tuple(
        Line(
            position,
            tuple(Point(row.result.taken_on, _float(row.score.subscales.get(part.key))) for row in mine),
            gaps=gaps([row.result.taken_on for row in mine]),
        )
        for position, (_course, mine) in rows.items()
    )
    label = _("%(measure)s, %(part)s") % {"measure": measure.name, "part": part.name}
    return _drawn(material, measure, label, part, rows, lines)


def _drawn(
    material: Material, measure: Measure, label: str, scale: Scale, rows: Rows, lines: tuple[Line, ...]
) -> Series:
    """What is the same for a whole and for a part."""
    each = _("%(title)s. Each on their own.") if len(material.partners) > 1 else _("%(title)s.")
    return Series(
        label=label,
        low=float(scale.low),
        high=float(scale.high),
        lines=lines,
        better=_way(measure),
        intro=each % {"title": measure.title},
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


def _line_for_partners(measure: Measure, position: int, course: Course, rows: list[Row], *, alone: bool) -> Line:
    """One partner's line in the words for partners; its errors are drawn where others stand beside it."""
    return Line(
        position,
        tuple(Point(row.result.taken_on, _float(row.score.total)) for row in rows),
        verdict=" ".join(_said(measure, course, rows)),
        around=None if alone else _around(measure, course),
        error=0 if alone or not measure.sem else float(Z * measure.sem),
        gaps=gaps([row.result.taken_on for row in rows]),
        told=() if alone else tuple(_shades_for_partners(measure, course)),
    )


def _said(measure: Measure, course: Course, rows: Sequence[Row]) -> Iterator[str]:
    first, last = course.first, course.last
    if first is None or last is None:
        return
    if last is not first:
        yield way_in_words(measure, last)
    if first is not rows[0]:
        began = {"value": first.value, "on": day(first.result.taken_on)}
        yield _("At the start: %(value)s, on %(on)s.") % began
    yield range_in_words(measure, last)


def _shades_for_partners(measure: Measure, course: Course) -> Iterator[str]:
    if measure.reliable and course.first:
        yield _("Shaded: so near to the start a change may be chance.")
    if measure.sem:
        yield _("A thin bar shows how far one score may be off by chance.")


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
    yield from _shades(measure, course)
    prorated = sum(row.score.prorated for row in rows)
    if prorated:
        yield ngettext("%(n)d score is prorated.", "%(n)d scores are prorated.", prorated) % {"n": prorated}


def _shades(measure: Measure, course: Course) -> Iterator[str]:
    """What is drawn behind a line alone."""
    if measure.reliable and course.first:
        size = {"size": figure(measure.reliable.threshold)}
        yield _("Shaded: within %(size)s of that score, where a change may be chance.") % size
    if measure.sem:
        yield _("Upright strokes: the error of a single score, 95 times in 100.")


# ── the measure ──────────────────────────────────────────────────────────────


def _way(measure: Measure) -> Better:
    return WAYS.get(measure.direction, "")


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
    """n, window and gaps; for therapists, form and rule as well."""
    every = [row for _course, mine in rows.values() for row in mine]
    days = [row.result.taken_on for row in every]
    yield _("Scores"), ", ".join(f"{material.names[line.position]} {len(line.values)}" for line in lines)
    yield _("Window"), span(min(days), max(days))
    yield _("Gaps"), "; ".join(_gap_words(material, lines)) or _("none")
    if not material.shared:
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


def _apart(measure: Measure, rows: Rows) -> Iterator[str]:
    """How far apart the newest scores are, for partners who see each other's: no mean, and nobody is the lower one."""
    newest = {position: course.last for position, (course, _mine) in rows.items() if course.last is not None}
    days = [row.result.taken_on for row in newest.values()]
    if len(newest) < 2 or max(days) - min(days) > SAME_OCCASION:
        return
    compared = compare({position: row.score for position, row in newest.items()}, measure)
    if compared is None:
        return
    yield _("Your newest scores are %(gap)s points apart.") % {"gap": figure(compared.gap)}
    if compared.is_different:
        yield _("That is more than chance: you live through different things just now. A place to be curious.")
    elif compared.is_different is not None:
        yield _("A difference of that size may be chance.")


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
