"""Metrics as one partner reads them on their own page: their own figures and what was done together, nobody else's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import findings
from reports.metrics import printing
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure


@dataclass(frozen=True)
class Told:
    """One figure in words: what it is of, what it comes to, and what stands behind it."""

    name: str
    value: str
    behind: str


def told(facts: Facts, position: int, without: Collection[str] = ()) -> Iterator[Told]:
    """Tell one partner's figures that have enough answers behind them, those of what was done together among them.

    ``facts`` are of what every partner may read. ``without`` names the metrics that stand on the page already, as
    drawings. What is added up over several people is not told: it is nobody's own, and was not done together.
    """
    for result in printing.results(facts):
        if result.metric.key in without:
            continue
        for one in result.figures:
            if one.position in (position, None) and not one.adds_people_up:
                yield Told(_name(str(result.metric.label), str(one.label)), one.words, _behind(one))


def _name(metric: str, label: str) -> str:
    return f"{metric}: {label}" if label else metric


def _behind(one: Figure) -> str:
    parts = [_("together")] if one.position is None else []
    if not one.text:
        parts.append(ngettext("%(n)d answer", "%(n)d answers", one.n) % {"n": one.n})
    if one.baseline is not None:
        parts.append(_("%(value)s at first") % {"value": findings.number(one.baseline)})
    if one.note:
        parts.append(str(one.note))
    if one.gaps:
        parts.append(ngettext("%(n)d week without", "%(n)d weeks without", one.gaps) % {"n": one.gaps})
    return " · ".join(parts)
