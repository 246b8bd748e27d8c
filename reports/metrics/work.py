"""The work itself: how much it is, whether it presses, whether it goes on. The product's own side effects."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean, median

from django.utils.formats import date_format
from django.utils.translation import gettext as now_in
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from reports.findings import number
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure, medians, share
from reports.metrics.registry import metric

DONE = "done"
#: What was left out, taken back or rested was not asked for in the end.
NOT_ASKED = ("skipped", "withdrawn", "paused")
SIGNS = "signs"


@metric(
    "burnout",
    _("Exhaustion and load"),
    _("Median of felt exhaustion; minutes a week that are asked of each partner in the fullest week ahead."),
    _("When both rise, give less."),
    clinical=True,
)
def burnout(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "burnout")
    for partner in facts.partners:
        if partner.position in facts.minutes:
            minutes = facts.minutes[partner.position]
            yield Figure(partner.position, minutes, 1, _("asked of them"), _("minutes a week"), is_count=True)


@metric(
    "warning_signs",
    _("Warning signs"),
    _("How many signs were ticked in the latest list of each kind, beside the list before; new ones are named."),
    _("For you alone; a list with nothing ticked is no all-clear."),
    clinical=True,
)
def warning_signs(facts: Facts) -> Iterator[Figure]:
    lists = sorted({one.exercise for one in facts.facts if one.key == SIGNS})
    for position in facts.positions:
        for exercise in lists:
            told = facts.of(position, exercises=(exercise,), key=SIGNS)
            if not facts.inside(told):
                continue
            last, before = told[-1], told[-2] if len(told) > 1 else None
            new = len(set(last.choices) - set(before.choices)) if before else 0
            note = ngettext("%(n)d new", "%(n)d new", new) % {"n": new} if new else ""
            began = float(len(before.choices)) if before else None
            label = exercise.replace("-", " ")
            yield Figure(
                position, len(last.choices), len(told), label, _("ticked"), baseline=began, note=note, is_count=True
            )


@metric(
    "pressure",
    _("Pressure of the work itself"),
    _("Median of how much of a burden it is; mean of effort or pressure; how often somebody said it was too much."),
    _("What this software itself does to them."),
    clinical=True,
)
def pressure(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "pressure", label=_("burden"))
    for position in facts.positions:
        mine = facts.of(position, series="pressure", scored=True)
        now = [one.number for one in facts.inside(mine) if one.number is not None]
        if now:
            yield Figure(position, mean(now), len(now), _("effort or pressure"), _("of 10"))
        told = [one for one in facts.said if one.position == position and facts.period.holds(one.on)]
        much = sum(one.too_much for one in told)
        if told:
            yield share(facts, position, much, len(told), label=_("said it was too much"))


@metric(
    "engagement",
    _("Taking part"),
    _("Answered, of what fell due; median of days late; the day of the latest answer."),
    _("Taking part less and less is the earliest honest sign of distance that there is. It says nothing of why."),
    clinical=True,
)
def engagement(facts: Facts) -> Iterator[Figure]:
    for partner in facts.partners:
        due = [one for one in facts.dues if one.position == partner.position and one.state not in NOT_ASKED]
        if not due:
            continue
        done = [one for one in due if one.state == DONE]
        late = [max(one.days_late, 0.0) for one in done if one.days_late is not None]
        parts = []
        if late:
            parts.append(now_in("days late, median %(days)s") % {"days": number(median(late))})
        latest = max((one.on for one in facts.facts if one.position == partner.position), default=None)
        if latest:
            parts.append(now_in("latest answer %(day)s") % {"day": date_format(latest, "DATE_FORMAT")})
        text = now_in("%(done)d of %(due)d answered") % {"done": len(done), "due": len(due)}
        yield share(facts, partner.position, len(done), len(due), text=text, note=", ".join(parts))


@metric(
    "usefulness",
    _("Usefulness"),
    _("Median of how useful practice was, from 0 to 10, asked in reviews and after exercises."),
    _("The library shows the practice's own averages once more than five couples have answered."),
)
def usefulness(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "usefulness", label=_("in reviews"))
    for position in facts.positions:
        told = [one for one in facts.said if one.position == position and facts.period.holds(one.on)]
        given = [one.usefulness for one in told if one.usefulness is not None]
        if given:
            yield Figure(position, float(median(given)), len(given), _("after exercises"), _("of 10"))
