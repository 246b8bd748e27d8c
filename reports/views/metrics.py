"""Numbers between sessions: each metric by its own formula, for the therapist."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import charts, findings, metrics
from reports.material import Period
from reports.metrics import reading
from reports.metrics.figures import Figure
from reports.paper import Partner
from reports.views.progress import SPANS, chosen_span, first_day

#: Weeks that a line needs to be worth drawing.
LEAST_WEEKS = 3


@require_safe
@for_clinicians
def metrics_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Every metric with something to say, with its formula and what stands behind it. For no partner's eyes."""
    couple = couple_or_404(couple_id)
    now = timezone.now()
    today = timezone.localtime(now, couple.zone).date()
    chosen = chosen_span(request)
    period = Period(first_day(couple, chosen, today), today, couple.zone)
    audit.looked("opened", "clients_couple", couple.pk, lane=audit.STAFF)
    facts = reading.clinical(couple, request.practice, period, now)
    context = {
        "couple": couple,
        "period": period,
        "blocks": [Block(one, _rows(one.figures, facts.partners)) for one in metrics.of(facts)],
        "chosen": chosen,
        "spans": list(SPANS.items()),
    }
    return render(request, "reports/metrics.html", context)


@dataclass(frozen=True)
class Row:
    """One figure with its person and its small line."""

    figure: Figure
    name: str
    picture: SafeString | str

    @property
    def began(self) -> str:
        """Where they began, if there is a beginning to look back on."""
        return "" if self.figure.baseline is None else findings.number(self.figure.baseline)


@dataclass(frozen=True)
class Block:
    """One metric with its rows."""

    result: metrics.Result
    rows: list[Row]


def _rows(figures: Sequence[Figure], partners: Sequence[Partner]) -> list[Row]:
    names = {partner.position: partner.name for partner in partners}
    return [Row(one, _("Together") if one.position is None else names[one.position], _picture(one)) for one in figures]


def _picture(figure: Figure) -> SafeString | str:
    there = [value for value in figure.trend if value is not None]
    if len(there) < LEAST_WEEKS:
        return ""
    words = {"weeks": len(figure.trend), "first": findings.number(there[0]), "last": findings.number(there[-1])}
    title = _("%(weeks)d weeks, from %(first)s to %(last)s.") % words
    return charts.spark(figure.trend, figure.position, 0, max(10.0, *there), title=title, width=112)
