"""What lies between partners: differences, and who carries what. Never a ranking."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from statistics import median

from django.utils.translation import gettext as now_in
from django.utils.translation import gettext_lazy as _

from reports.findings import number
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure, first_and_last, medians
from reports.metrics.registry import metric

COMPARED = (("closeness", _("closeness")), ("felt_heard", _("felt heard")))


@metric(
    "felt_difference",
    _("How far apart they feel"),
    _(
        "Median of the difference between partners, over the weeks in which both answered; where there are more than"
        " two, of the widest pair."
    ),
    _("For your eyes first."),
    clinical=True,
)
def felt_difference(facts: Facts) -> Iterator[Figure]:
    for series, label in COMPARED:
        gaps = list(_gaps(facts, series))
        if gaps:
            trend = tuple(gaps)
            yield Figure(None, float(median(gaps)), len(gaps), label, _("apart"), trend=trend)


def _gaps(facts: Facts, series: str) -> Iterator[float]:
    """The widest difference between any two partners, for each week in which two answered."""
    weeks: dict[int, dict[int, list[float]]] = {}
    for partner in facts.partners:
        for one in facts.inside(facts.of(partner.position, series=series, scored=False)):
            if one.number is not None:
                week = (one.on - facts.period.starts).days // 7
                weeks.setdefault(week, {}).setdefault(partner.position, []).append(one.number)
    for week in sorted(weeks):
        pairs = combinations((median(values) for values in weeks[week].values()), 2)
        if (widest := max((abs(a - b) for a, b in pairs), default=None)) is not None:
            yield float(widest)


@metric(
    "fairness",
    _("Fairness of unseen work"),
    _(
        "Median of felt fairness; each one's own estimate of their share, first and last, and the sum of the latest;"
        " tasks carried out without a reminder."
    ),
    _("The sum of estimates is usually above the whole: everybody sees their own work better."),
)
def fairness(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "fairness")
    shares = []
    for partner in facts.partners:
        mine = facts.of(partner.position, series="labour_share", scored=True)
        now = facts.inside(mine)
        if now and now[-1].number is not None:
            began = mine[0].number if len(mine) > 1 else None
            shares.append(now[-1].number)
            label, unit = _("own share, as felt"), _("of 10")
            yield Figure(partner.position, now[-1].number, len(mine), label, unit, baseline=began, is_count=True)
    if len(shares) == len(facts.partners) > 1:
        words = now_in("%(sum)s of %(whole)d") % {"sum": number(sum(shares)), "whole": 10}
        label = _("all shares together")
        yield Figure(None, sum(shares), len(shares), label, text=words, is_count=True, adds_people_up=True)
    yield from first_and_last(facts, "labour_tasks", label=_("without a reminder"), unit=_("tasks"))
