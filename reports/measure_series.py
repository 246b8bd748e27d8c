"""Measures over time: one chart for each, with everybody's line, and what a therapist must know to judge it.

State and trend are words only under the rules of reliable_change.py and trend.py: without a threshold nothing is said
but the difference. Needs material whose scores may be read; these are words for therapists, not for partners.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
from exercises.measures.explaining import cut_words, figure, past_words
from exercises.vocabulary import Direction
from reports.agreement import SAME_OCCASION
from reports.courses import LOOKS
from reports.findings import number
from reports.material import Material, Measured, Taken
from reports.paper import Around, Band, Better, Line, Point, Series, Turn
from reports.partners import Compared, compare, couple_state
from reports.reliable_change import Change, Z, change
from reports.score_scales import WAYS
from reports.sections import short
from reports.trend import GAP, Trend, trend

#: A single answer that comes this much later than usual has been missed.
MISSED = 1.5
SHORTEST_RHYTHM = 7.0
ORDER = [About.RELATIONSHIP, About.SYMPTOMS, About.APPOINTMENT, About.ATTACHMENT]


def charts(material: Material) -> tuple[Series, ...]:
    """One series for each measure that was taken in the period; a measure without a total has one for each part."""
    found = sorted(
        material.measures, key=lambda one: (ORDER.index(one.measure.about), -len(one.taken), one.measure.key)
    )
    return tuple(series for one in found for series in _charts(material, one))


def _charts(material: Material, one: Measured) -> Iterator[Series]:
    if one.measure.total is not None:
        if any(taken.score.total is not None for taken in one.taken):
            yield _whole(material, one)
        return
    for part in one.measure.subscales:
        yield _part(material, one, part)


def _whole(material: Material, one: Measured) -> Series:
    measure = one.measure
    lines = tuple(_line(one, partner.position) for partner in material.partners if _of(one, partner.position))
    return Series(
        label=measure.name,
        low=float(measure.low or 0),
        high=float(measure.high or 0),
        lines=lines,
        better=_way(measure),
        cutoff=_cutoff(measure),
        intro=measure.title,
        note=measure.credit,
        by_day=True,
        drawn_from=1,
        turns=_turns(one),
        facts=tuple(_facts(material, one, lines)),
        together=tuple(_together(material, one)),
    )


def _part(material: Material, one: Measured, part: Subscale) -> Series:
    """A part of a measure that has no total: its line, with nothing to hold a change against."""
    lines = []
    for partner in material.partners:
        rows = _of(one, partner.position)
        if rows:
            points = tuple(Point(row.on, _float(row.score.subscales.get(part.key))) for row in rows)
            lines.append(Line(partner.position, points, gaps=gaps([row.on for row in rows])))
    return Series(
        label=_("%(measure)s, %(part)s") % {"measure": one.measure.name, "part": part.name},
        low=float(part.low),
        high=float(part.high),
        lines=tuple(lines),
        better=_way(one.measure),
        intro=one.measure.title,
        note=one.measure.credit,
        by_day=True,
        drawn_from=1,
        turns=_turns(one),
        facts=tuple(_facts(material, one, lines)),
    )


# ── one partner's line ───────────────────────────────────────────────────────


def _line(one: Measured, position: int) -> Line:
    rows, first, measure = _of(one, position), one.baselines.get(position), one.measure
    changed, found = _changed(rows, first), _trend(rows, measure)
    return Line(
        position,
        tuple(Point(row.on, _float(row.score.total)) for row in rows),
        verdict=str(changed.state.label) if changed and changed.state else "",
        around=_around(measure, first),
        error=float(Z * measure.sem) if measure.sem else 0,
        gaps=gaps([row.on for row in rows]),
        look=LOOKS[changed.state] if changed and changed.state else "",
        told=tuple(_told(measure, rows, first, changed, found)),
    )


def _of(one: Measured, position: int) -> list[Taken]:
    return [taken for taken in one.taken if taken.position == position]


def _changed(rows: Sequence[Taken], first: Taken | None) -> Change | None:
    """From the baseline to the newest score of the period; None where that is the baseline itself."""
    scored = [row for row in rows if row.score.total is not None]
    if first is None or not scored or scored[-1].on <= first.on:
        return None
    return change(first.score, scored[-1].score)


def _trend(rows: Sequence[Taken], measure: Measure) -> Trend | None:
    return trend([(row.on, row.score.total) for row in rows if row.score.total is not None], measure.reliable)


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


def _around(measure: Measure, first: Taken | None) -> Around | None:
    """Where a change from the baseline may be chance; where no threshold is known, the error of the first score."""
    if first is None or first.score.total is None:
        return None
    wide = measure.reliable.threshold if measure.reliable else measure.sem and Z * measure.sem
    if not wide:
        return None
    value = first.score.total
    return Around(first.on, float(value), float(value - wide), float(value + wide))


def _told(
    measure: Measure, rows: Sequence[Taken], first: Taken | None, changed: Change | None, found: Trend | None
) -> Iterator[str]:
    newest = next((row for row in reversed(rows) if row.score.total is not None), None)
    if changed and first and newest and first.score.total is not None and newest.score.total is not None:
        words = {
            "first": figure(first.score.total),
            "on": day(first.on),
            "now": figure(newest.score.total),
            "change": changed.words,
        }
        yield _("From %(first)s on %(on)s to %(now)s: %(change)s.") % words
        if changed.note:
            yield str(changed.note.label)
    elif newest and newest.score.total is not None:
        yield _("%(now)s on %(on)s, nothing to compare it with yet.") % {
            "now": figure(newest.score.total),
            "on": day(newest.on),
        }
    if newest and measure.cut and newest.score.past_cut is not None:
        where = past_words(measure.cut, newest.score.past_cut)
        if where:
            yield f"{where}."
    if found:
        yield from _trend_words(found)
    if measure.reliable and first:
        yield _("Shaded: within %(size)s of the first score, where a change may be chance.") % {
            "size": figure(measure.reliable.threshold)
        }
    prorated = sum(row.score.prorated for row in rows)
    if prorated:
        text = ngettext("%(n)d score is prorated.", "%(n)d scores are prorated.", prorated)
        yield text % {"n": prorated}


def _trend_words(found: Trend) -> Iterator[str]:
    words = {
        "rising": _("Rising over these weeks"),
        "falling": _("Falling over these weeks"),
        "same": _("About the same so far over these weeks"),
    }
    if found.direction not in words:
        return
    said = words[found.direction]
    slope = _("%(slope)s points a week") % {"slope": signed(found.per_week)}
    if found.low is None or found.high is None:
        yield f"{said}: {slope}."
    else:
        ends = {"low": signed(found.low), "high": signed(found.high)}
        yield f"{said}: {slope} ({_('95 %%: %(low)s to %(high)s') % ends})."


def signed(value: float) -> str:
    """'+0.6', '−1.2' or '0', with a real minus sign."""
    text = number(value)
    return f"+{text}" if value > 0 and text != "0" else text


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


def _turns(one: Measured) -> tuple[Turn, ...]:
    """Where somebody's scores begin to come from another edition of the form, or by another definition."""
    words: dict[date, list[str]] = defaultdict(list)
    for position in sorted({taken.position for taken in one.taken}):
        for before, after in pairwise(_of(one, position)):
            words[after.on] += [*_other_edition(before, after), *_other_definition(before, after)]
    return tuple(
        Turn(on, _("From %(on)s on: %(what)s.") % {"on": day(on), "what": ", ".join(dict.fromkeys(said))})
        for on, said in sorted(words.items())
        if said
    )


def _other_edition(before: Taken, after: Taken) -> list[str]:
    if before.edition is None or after.edition is None or before.edition == after.edition:
        return []
    return [_("edition %(number)d of the form") % {"number": after.edition}]


def _other_definition(before: Taken, after: Taken) -> list[str]:
    version = after.score.measure.version
    return [] if version == before.score.measure.version else [_("definition %(number)d") % {"number": version}]


def _facts(material: Material, one: Measured, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """n, window, gaps, form and rule."""
    lines = list(lines)
    counts = ", ".join(f"{material.names[line.position]} {len(line.values)}" for line in lines)
    yield _("Scores"), counts
    days = [taken.on for taken in one.taken]
    yield _("Window"), span(min(days), max(days))
    yield _("Gaps"), "; ".join(_gap_words(material, lines)) or _("none")
    yield _("Form"), _forms(one)
    yield _("Scored by"), _rule(one)


def _gap_words(material: Material, lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        if line.gaps:
            spans = ", ".join(span(before, after) for before, after in line.gaps)
            yield f"{material.names[line.position]} {spans}"


def _forms(one: Measured) -> str:
    editions = sorted({taken.edition for taken in one.taken if taken.edition is not None})
    parts = []
    if editions:
        numbers = ", ".join(map(str, editions))
        parts.append(ngettext("edition %(n)s", "editions %(n)s", len(editions)) % {"n": numbers})
    entered = sum(taken.edition is None for taken in one.taken)
    if entered:
        parts.append(ngettext("%(n)d entered by staff", "%(n)d entered by staff", entered) % {"n": entered})
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _rule(one: Measured) -> str:
    measure = one.measure
    versions = ", ".join(str(v) for v in sorted({taken.score.measure.version for taken in one.taken}))
    parts = [_("%(measure)s, definition %(versions)s") % {"measure": measure.name, "versions": versions}]
    if measure.reliable is None:
        parts.append(_("no reliable threshold: only the difference is shown"))
    elif measure.reliable.inclusive:
        parts.append(_("reliable from %(n)s points on") % {"n": figure(measure.reliable.threshold)})
    else:
        parts.append(_("reliable beyond %(n)s points") % {"n": figure(measure.reliable.threshold)})
    return "; ".join(parts)


# ── all partners at once: for therapists ─────────────────────────────────────


def _together(material: Material, one: Measured) -> Iterator[str]:
    newest = {}
    for partner in material.partners:
        scored = [row for row in _of(one, partner.position) if row.score.total is not None]
        if scored:
            newest[partner.position] = scored[-1]
    if len(newest) < 2:
        return
    states = [_changed(_of(one, position), one.baselines.get(position)) for position in newest]
    couple = couple_state([found.state if found else None for found in states])
    if couple:
        yield f"{couple.label}."
    days = [row.on for row in newest.values()]
    if max(days) - min(days) <= SAME_OCCASION:
        compared = compare({position: row.score for position, row in newest.items()}, one.measure)
        if compared:
            yield _apart(compared)


def _apart(compared: Compared) -> str:
    """Who is worse off and how far they are apart. Their mean is not said: it is about nobody."""
    better = compared.measure.direction is Direction.HIGHER_BETTER
    ends = (
        _("The lower of the newest scores: %(score)s.") if better else _("The more burdened of the newest: %(score)s.")
    )
    parts = [ends % {"score": figure(compared.lower)}]
    words = {"gap": figure(compared.gap)}
    reliable = compared.measure.reliable
    if reliable is None:
        parts.append(_("%(gap)s apart.") % words)
    elif compared.is_different:
        words["size"] = figure(reliable.threshold)
        parts.append(_("%(gap)s apart, more than %(size)s: different experiences.") % words)
    else:
        parts.append(_("%(gap)s apart, which may be chance.") % words)
    return " ".join(parts)


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
