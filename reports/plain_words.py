"""Scores in the words for partners: higher, lower or about the same, and never a verdict."""

from __future__ import annotations

from django.utils.translation import gettext as _

from exercises.measures import Measure
from reports.courses import Row
from reports.cutoffs import help_range


def way_in_words(measure: Measure, last: Row) -> str:
    """'higher', 'lower' or 'about the same' as at the start, by the measure's own threshold; '' without one."""
    change, reliable = last.change, measure.reliable
    if change is None or reliable is None:
        return ""
    if change.state == "unchanged":
        return _("About the same as at the start.")
    return _("Higher than at the start.") if change.difference > 0 else _("Lower than at the start.")


def range_in_words(measure: Measure, last: Row) -> str:
    """That the newest score lies where many seek help, if it does; '' for a cut-off that is no clinical range."""
    if not last.score.past_cut or measure.cut is None or measure.cut.kind != "clinical":
        return ""
    return _("The newest score lies in the %(range)s.") % {"range": help_range(measure)}
