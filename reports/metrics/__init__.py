"""Metrics of closeness and of the work itself, each from portal data by its own stated formula.

    metrics.of(facts)          every metric with something to say, for one edition's facts
    reading.clinical(couple, …), reading.shared(couple, …)   the facts themselves

There is no composite score, nobody is ranked, and nothing is averaged across partners.
"""

from __future__ import annotations

from reports.metrics import between, closeness, repair, rituals, work
from reports.metrics.facts import Facts
from reports.metrics.registry import METRICS, Metric, Result

__all__ = ["METRICS", "Facts", "Metric", "Result", "of"]


#: How people are comes before what they did, and the work itself last.
ORDER = [one.__name__ for one in (closeness, between, repair, rituals, work)]


def of(facts: Facts) -> list[Result]:
    """Return each metric that has a figure; in the couple's own hands none of the clinical ones."""
    whole = sorted(METRICS.values(), key=lambda one: ORDER.index(one.figures.__module__))
    chosen = [one for one in whole if not (one.clinical and facts.shared)]
    found = [Result(one, tuple(one.figures(facts))) for one in chosen]
    return [one for one in found if one.figures]
