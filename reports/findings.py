"""What a drawing shows, as one sentence: its title on the page and its alternative text on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.paper import Course, DayMap, Difference, Doing, Goal, Headline, Line, Mood, Series

Names = Mapping[int, str]
"""Partner position to name."""


def number(value: float) -> str:
    """A value as a reader writes it: whole numbers without decimals, others with one, with a real minus sign."""
    rounded = round(float(value), 1)
    text = number_format(int(rounded) if rounded == int(rounded) else rounded, use_l10n=True)
    return text.replace("-", "−")


def change(first: float, last: float) -> str:
    """'+4', '−2' or '±0', with a real minus sign."""
    difference = round(float(last) - float(first), 1)
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return sign + number(abs(difference))


def names_joined(names: list[str]) -> str:
    """'Mara', 'Mara & Theo', 'Mara, Theo & Ada'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} & {names[-1]}"


def _course(line: Line, names: Names) -> str:
    values, name = line.values, names[line.position]
    if not values:
        return _("%(name)s has no answer in this period.") % {"name": name}
    if len(values) == 1:
        return _("%(name)s answered once: %(value)s.") % {"name": name, "value": number(values[0])}
    words = {"name": name, "first": number(values[0]), "last": number(values[-1])}
    if values[0] == values[-1]:
        return _("%(name)s starts and ends at %(last)s.") % words
    return _("%(name)s goes from %(first)s to %(last)s.") % words


def of_series(series: Series, names: Names) -> str:
    """The course of every partner, the scale, and who ends beyond the cut-off."""
    parts = [
        _("%(label)s, from %(low)s to %(high)s.")
        % {"label": series.label, "low": number(series.low), "high": number(series.high)}
    ]
    parts += [_course(line, names) for line in series.lines]
    if series.cutoff and series.cutoff.words:
        parts.append(f"{series.cutoff.words}.")
    elif series.cutoff:
        above = [names[row.position] for row in series.lines if row.values and row.values[-1] > series.cutoff.high]
        if above:
            parts.append(
                _("Above the cut-off of %(cutoff)s at the end: %(names)s.")
                % {"cutoff": cutoff_range(series), "names": names_joined(above)}
            )
        else:
            parts.append(_("The cut-off is %(cutoff)s.") % {"cutoff": cutoff_range(series)})
    return " ".join(parts)


def cutoff_range(series: Series) -> str:
    """'13.5' or '17–20'."""
    if not series.cutoff:
        return ""
    low, high = number(series.cutoff.low), number(series.cutoff.high)
    return low if low == high else f"{low}–{high}"


def of_line(label: str, line: Line, names: Names) -> str:
    return f"{label}. {_course(line, names)}"


def of_headline(headline: Headline) -> str:
    values = [value for value in headline.trend if value is not None]
    return of_trend(headline.label, values)


def of_trend(label: str, values: Sequence[float]) -> str:
    """Where a small line begins and ends."""
    words = {"label": label, "first": number(values[0]), "last": number(values[-1])}
    return _("%(label)s: from %(first)s to %(last)s over the period.") % words


def of_doing(doing: Doing) -> str:
    totals = segment_totals(doing)
    parts = ", ".join(f"{label}: {total}" for label, total in totals)
    weeks = ngettext("%(count)d week.", "%(count)d weeks.", len(doing.weeks)) % {"count": len(doing.weeks)}
    return _("Bars by week, %(weeks)s In all %(parts)s.") % {"weeks": weeks, "parts": parts}


def segment_totals(doing: Doing) -> list[tuple[str, int]]:
    """Each segment's label with its sum over all weeks."""
    return [(s.label, sum(week.counts[at] for week in doing.weeks)) for at, s in enumerate(doing.segments)]


def of_days(mood: Mood, day_map: DayMap, names: Names) -> str:
    entries = [value for value in day_map.days if value is not None]
    words = {
        "name": names[day_map.position],
        "count": len(entries),
        "days": len(day_map.days),
        "low": mood.low,
        "high": mood.high,
    }
    text = _("Calendar for %(name)s: %(count)d of %(days)d days have an entry, on a scale from %(low)d to %(high)d.")
    return f"{text % words} {halves(day_map)}".strip()


def halves(day_map: DayMap) -> str:
    """The mean at the start and at the end, when both ends hold a week of entries or more."""
    weeks = len(day_map.days) // 7
    part = min(4, weeks // 2)
    early = [value for value in day_map.days[: part * 7] if value is not None]
    late = [value for value in day_map.days[(weeks - part) * 7 : weeks * 7] if value is not None]
    if min(len(early), len(late)) < 7:
        return ""
    words = {
        "early": number_format(sum(early) / len(early), 1),
        "late": number_format(sum(late) / len(late), 1),
        "part": part,
        "from": weeks - part + 1,
        "to": weeks,
    }
    if part == 1:
        return _("Mean %(early)s in week 1, %(late)s in week %(to)d.") % words
    return _("Mean %(early)s in weeks 1–%(part)d, %(late)s in weeks %(from)d–%(to)d.") % words


def of_difference(row: Difference, names: Names) -> str:
    answers = ", ".join(f"{names[position]} {number(value)}" for position, value in row.answers)
    words = {"statement": row.statement, "answers": answers, "gap": number(gap(row))}
    return _("%(statement)s: %(answers)s; gap %(gap)s.") % words


def gap(row: Difference) -> float:
    """From the lowest to the highest answer."""
    values = [value for _position, value in row.answers]
    return max(values) - min(values) if values else 0.0


def of_goal(goal: Goal, course: Course, names: Names) -> str:
    words = {
        "text": goal.text,
        "name": names[course.position],
        "start": number(course.start),
        "now": number(course.now),
        "high": number(goal.high),
    }
    if course.ratings < 2:
        return _("%(text)s: %(name)s rated it once, %(now)s of %(high)s.") % words
    return _("%(text)s: %(name)s started at %(start)s and is at %(now)s of %(high)s.") % words


# ── how a drawing is to be read: its description ─────────────────────────────


def how_line(series: Series, *, alone: bool = False) -> str:
    """What stands across and upright, what the marks are, and what is behind the lines."""
    ends = {"low": number(series.low), "high": number(series.high)}
    parts = [_("Weeks of the period from left to right, the whole scale from %(low)s to %(high)s upright.") % ends]
    if not alone and len(series.lines) > 1:
        parts.append(_("Each partner has a mark and a pattern of line of their own."))
    parts.append(_("The newest mark is filled. A line is not drawn through a gap."))
    around = next((line.around for line in series.lines if line.around), None) if alone else None
    if around:
        words = {"low": number(around.low), "high": number(around.high), "value": number(around.value)}
        text = _("The shaded range from %(low)s to %(high)s is where a change from %(value)s may be chance.")
        parts.append(text % words)
    if alone and any(line.error for line in series.lines):
        parts.append(_("An upright stroke through a mark is the error of a single score."))
    if series.cutoff:
        one_value = series.cutoff.low == series.cutoff.high
        text = (
            _("A band across is the cut-off: %(cutoff)s.")
            if not one_value
            else _("A dashed line across is the edge of a range. %(cutoff)s.")
            if series.cutoff.plain
            else _("A dashed line across is the cut-off: %(cutoff)s.")
        )
        parts.append(text % {"cutoff": cutoff_words(series)})
    parts += [_("A dotted upright line: %(what)s") % {"what": turn.words} for turn in series.turns]
    return " ".join(parts)


def cutoff_words(series: Series) -> str:
    """'Clinical range: 13 and less', or the number where nothing else is said."""
    return series.cutoff.words if series.cutoff and series.cutoff.words else cutoff_range(series)


def how_days(mood: Mood) -> str:
    words = {"low": mood.low, "high": mood.high}
    text = _("A column a week, a row a weekday; the darker, the higher, from %(low)d to %(high)d. A dot has no entry.")
    return text % words


def how_bars(doing: Doing) -> str:
    layers = ", ".join(segment.label for segment in doing.segments)
    return _("A bar a week, from the foot up: %(layers)s.") % {"layers": layers}


def how_difference(low: float, high: float) -> str:
    words = {"low": number(low), "high": number(high)}
    return _("One line from %(low)s to %(high)s with the mark of each partner at their answer.") % words


def how_spark(low: float, high: float) -> str:
    words = {"low": number(low), "high": number(high)}
    return _("A small line over the weeks, from %(low)s at the foot to %(high)s; the newest answer is marked.") % words


def how_goal(low: float, high: float) -> str:
    words = {"low": number(low), "high": number(high)}
    return _("A bar from %(low)s to %(high)s that ends at the newest rating; a stroke marks the first.") % words
