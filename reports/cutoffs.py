"""A measure's cut-off as a drawing shows it, in a therapist's words or in a partner's."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from exercises.measures import Measure
from exercises.measures.definition import About
from exercises.measures.explaining import cut_words, limit_words
from reports.paper import Band


def cutoff(measure: Measure) -> Band | None:
    """Return where the cut-off is drawn, named as a therapist reads it."""
    at = _at(measure)
    return None if at is None or measure.cut is None else Band(at, at, _("Cut-off"), cut_words(measure.cut))


def edge_for_partners(measure: Measure) -> Band | None:
    """Return the same for partners, who read it as a range in which many seek help; other cut-offs are not theirs."""
    at, cut = _at(measure), measure.cut
    if at is None or cut is None or cut.kind != "clinical":
        return None
    said = help_range(measure)
    label = said[:1].upper() + said[1:]
    return Band(at, at, label, _("%(range)s: %(limit)s") % {"range": label, "limit": limit_words(cut)}, plain=True)


def help_range(measure: Measure) -> str:
    """What the clinical range of a measure is called to partners."""
    if measure.about is About.RELATIONSHIP:
        return _("range where many couples seek help")
    return _("range where many people seek help")


def _at(measure: Measure) -> float | None:
    """Between the last score on one side of it and the first on the other."""
    cut, total = measure.cut, measure.total
    if cut is None or total is None:
        return None
    half = Decimal(1).scaleb(-total.decimals) / 2
    if cut.at_least is not None:
        return float(cut.at_least - half)
    return float(cut.at_most + half if cut.at_most is not None else cut.below or Decimal(0))
