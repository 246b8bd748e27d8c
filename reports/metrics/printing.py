"""Metrics as a section of a report: one row for each figure's label, one cell for each person."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import findings, metrics, paper
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure

#: What a report and a partner's page have a section of their own for.
TOLD_ELSEWHERE = frozenset({"goals"})


def section(facts: Facts) -> paper.Metrics | None:
    """Return every metric with something to say; for partners, only figures with enough answers behind them."""
    rows = tuple(row for one in results(facts) for row in _rows(one))
    if not rows:
        return None
    if facts.shared:
        intro = _(
            "Counted only from what every one of you may read, for each on their own: none is a mean of several people."
        )
    else:
        intro = _(
            "n is the number of answers of this period; “at first” is the median of somebody's first two weeks, or "
            "their first answer. Private answers count too, and nothing is averaged across partners."
        )
    return paper.Metrics(rows, intro)


def results(facts: Facts) -> Iterator[metrics.Result]:
    """Give the metrics that are told on paper and to partners, without what would be told twice or too early."""
    for one in metrics.of(facts):
        figures = tuple(figure for figure in one.figures if not facts.shared or _is_enough(figure))
        if figures and one.metric.key not in TOLD_ELSEWHERE:
            yield metrics.Result(one.metric, figures)


def _is_enough(figure: Figure) -> bool:
    """A count of how many of how many is true from the first on; anything else needs some answers."""
    return bool(figure.text) or figure.n >= paper.ENOUGH


def _rows(result: metrics.Result) -> Iterator[paper.Metric]:
    found: dict[str, list[paper.Figure]] = {}
    for one in result.figures:
        found.setdefault(str(one.label), []).append(_figure(one))
    name = str(result.metric.label)
    for at, (label, figures) in enumerate(found.items()):
        yield paper.Metric(name if at == 0 else "", label, tuple(figures))


def _figure(one: Figure) -> paper.Figure:
    return paper.Figure(
        position=one.position,
        value=_("too early to say") if one.is_early else one.words,
        began="" if one.baseline is None or one.is_early else findings.number(one.baseline),
        note=str(one.note),
        n=one.n,
        gaps=ngettext("%(n)d week without", "%(n)d weeks without", one.gaps) % {"n": one.gaps} if one.gaps else "",
        trend=() if one.is_early else one.trend,
    )
