"""A draft of the therapist's own words, from rules: plain sentences about what changed, to start from.

It is made of one edition's material and of nothing else, and it judges nothing. A number is said beside the
one it began with; that something is higher or lower is said of a measure alone, and only where the difference
is more than that measure's own published threshold. Where nothing can be said it is empty.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.measures.explaining import figure
from reports import series
from reports.courses import Course
from reports.findings import number
from reports.material import Material
from reports.reliable_change import Change, State, change

#: Enough to begin with; the rest stands in the report itself.
MOST_SERIES, MOST_MEASURES, MOST_GOALS = 2, 3, 3


def draft(material: Material) -> str:
    """Return the draft as paragraphs with a blank line between them, in the language that is active."""
    paragraphs = (_done(material), _numbers(material), _measured(material), _aims(material))
    return "\n\n".join(" ".join(one) for one in paragraphs if one)


def _done(material: Material) -> list[str]:
    if material.shared:
        rounds = {one.round for one in material.sent}
        if not rounds:
            return []
        return [_done_in_words(material, len(rounds))]
    states = [state for one in material.asked for _position, state in one.states if state != "skipped"]
    if not states:
        return []
    words = _("Of %(due)d answers that were due in this time, %(done)d were sent.")
    return [words % {"due": len(states), "done": states.count("done")}]


def _done_in_words(material: Material, count: int) -> str:
    if material.reader is None:
        words = ngettext(
            "In this time there was %(count)d thing that you did together or shared.",
            "In this time there were %(count)d things that you did together or shared.",
            count,
        )
    else:
        words = ngettext(
            "In this time there was %(count)d thing that you answered, did together, or could read.",
            "In this time there were %(count)d things that you answered, did together, or could read.",
            count,
        )
    return words % {"count": count}


def _numbers(material: Material) -> list[str]:
    """Where each began and is now, for the questions that were answered most."""
    found = []
    for key in series.most_answered(material)[:MOST_SERIES]:
        label, parts = series.label_of(key), []
        for partner in material.partners:
            mine = [one for one in series.of_partners(material, key) if one.position == partner.position]
            first = series.baseline(mine)
            if first is not None:
                words = {"name": partner.name, "first": number(first), "last": number(mine[-1].value)}
                parts.append(_("%(name)s said %(first)s in the first two weeks and %(last)s most recently") % words)
        if parts:
            found.append(_("%(what)s, from 0 to 10: %(parts)s.") % {"what": label, "parts": "; ".join(parts)})
    return found


def _measured(material: Material) -> list[str]:
    found = [(one.measure.name, line) for one in material.measures for line in one.lines]
    said = [_change(name, line.partner.client.name, line.course) for name, line in found]
    return [one for one in said if one][: MOST_MEASURES * max(len(material.partners), 1)]


def _change(what: str, name: str, course: Course) -> str:
    """What somebody scored at the start and last; '' where there is no start to compare with."""
    first, last = course.first, course.last
    if first is None or last is None or first is last or first.score.total is None or last.score.total is None:
        return ""
    words = {"name": name, "what": what, "first": figure(first.score.total), "last": figure(last.score.total)}
    said = _("%(what)s, %(name)s: %(first)s at the start, %(last)s now.") % words
    return f"{said} {_compared(change(first.score, last.score))}".strip()


def _compared(found: Change | None) -> str:
    """Higher, lower or the same by the measure's own threshold; nothing for a measure that has none."""
    if found is None or found.state is None:
        return ""
    if found.state is State.UNCHANGED:
        return _("That is about the same as at the start.")
    return _("That is higher than at the start.") if found.difference > 0 else _("That is lower than at the start.")


def _aims(material: Material) -> list[str]:
    found = []
    for aim in material.aims[:MOST_GOALS]:
        parts = []
        for partner in material.partners:
            values = [value for position, value in aim.ratings if position == partner.position]
            if len(values) > 1:
                words = {"name": partner.name, "first": number(values[0]), "last": number(values[-1])}
                parts.append(_("%(name)s from %(first)s to %(last)s of 10") % words)
        if parts:
            words = {"aim": aim.words.strip().rstrip("."), "parts": "; ".join(parts)}
            found.append(_("How near “%(aim)s” feels: %(parts)s.") % words)
    return found
