"""Conflict and coming back together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from django.utils.translation import gettext as now_in
from django.utils.translation import gettext_lazy as _

from reports.metrics.facts import Fact, Facts
from reports.metrics.figures import Figure, baseline_of, medians, share
from reports.metrics.registry import metric

LOG = "rupture-and-repair-log"
FOLLOW_UP = "day-after-follow-up"
#: A log looks back on a week: a repair that was told of in it by itself is the same conflict.
A_WEEK = timedelta(days=7)
SETTLED = 6
FIRST = {"me": _("themselves"), "partner": _("a partner"), "both": _("both at once"), "none": _("nobody yet")}


@metric(
    "repair_speed",
    _("Hours until repair"),
    _(
        "Median of hours from conflict to coming back together. A conflict counts once for each partner: a log of the"
        " week gives way to a repair that was told of within it."
    ),
    _("Self-report; a long pause agreed on beforehand is no failure."),
)
def repair_speed(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        mine = _once(facts.of(position, series="repair_hours", scored=False))
        now = [one.number for one in facts.inside(mine) if one.number is not None]
        if now:
            yield Figure(position, float(median(now)), len(now), unit=_("hours"), baseline=baseline_of(mine))


def _once(told: list[Fact]) -> list[Fact]:
    repairs = [one for one in told if one.exercise != LOG]
    return [
        one
        for one in told
        if one.exercise != LOG or not any(one.on - A_WEEK < repair.on <= one.on for repair in repairs)
    ]


@metric(
    "repair_quality",
    _("How repaired it feels"),
    _("Median of all answers; and how often the day after felt settled, at 6 or more."),
    _("Partners stand side by side, never as one."),
)
def repair_quality(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "repair_quality")
    for position in facts.positions:
        after = facts.inside(facts.of(position, exercises=(FOLLOW_UP,), key="settled"))
        given = [one.number for one in after if one.number is not None]
        if given:
            yield share(
                facts, position, sum(one >= SETTLED for one in given), len(given), label=_("settled the day after")
            )


@metric(
    "repair_cycles",
    _("Repairs followed up"),
    _("Repairs with a follow-up done, of the conflicts that the same partner logged."),
    _("Where no conflict was logged this says nothing: not all of them, and not none."),
)
def repair_cycles(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        logged = facts.inside(facts.of(position, series="conflict_count", scored=False))
        conflicts = int(sum(one.number or 0 for one in logged))
        if not logged:
            continue
        if not conflicts:
            yield Figure(position, None, len(logged), text=now_in("not applicable: no conflict logged"), is_count=True)
            continue
        days = {one.on for one in facts.inside(facts.of(position, exercises=(FOLLOW_UP,)))}
        yield share(facts, position, min(len(days), conflicts), conflicts)


@metric(
    "who_repairs",
    _("Who repairs first"),
    _("How often each answer was given in the log, in each partner's own eyes."),
    _("For you alone: in the couple's hands it becomes a score."),
    clinical=True,
)
def who_repairs(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        told = facts.inside(facts.of(position, exercises=(LOG,), key="first"))
        counts = Counter(choice for one in told for choice in one.choices if choice in FIRST)
        if counts:
            parts = [f"{FIRST[key]} {counts[key]}" for key in FIRST if counts[key]]
            yield Figure(position, None, sum(counts.values()), text=", ".join(parts), is_count=True)


@metric(
    "boundaries",
    _("Limits respected"),
    _("Median of answers about limits; pauses used, and how well they were honoured, as last told."),
    _("Private answers, for you alone."),
    clinical=True,
)
def boundaries(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "boundary_respect")
    pauses = ("pause-and-return-agreement",)
    for position in facts.positions:
        used = facts.inside(facts.of(position, exercises=pauses, key="used"))
        if used:
            yield Figure(position, used[-1].number, len(used), _("pauses used"), text="", is_count=True)
    yield from medians(facts, exercises=pauses, key="respected", label=_("pauses honoured"))


@metric(
    "trust",
    _("Trust after a breach"),
    _("Median of each partner, with weekly medians as a line; and how often a promise was kept."),
    _("Slow and uneven; no forecasts."),
    clinical=True,
)
def trust(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "trust")
    for position in facts.positions:
        kept = facts.inside(facts.of(position, series="promises_kept", scored=False))
        if kept:
            yield share(facts, position, sum(one.number == 1 for one in kept), len(kept), label=_("promises kept"))
