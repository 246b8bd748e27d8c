"""A couple's progress on the therapist's own screen: the same drawings as on paper."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import progress
from reports.screen import Screen

SPANS = {"12": (12, _("Twelve weeks")), "26": (26, _("Half a year")), "52": (52, _("One year"))}


@require_safe
@for_clinicians
def progress_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Everything a therapist may see, so it belongs on no screen that the couple looks at."""
    couple = couple_or_404(couple_id)
    now = timezone.now()
    today = timezone.localtime(now, couple.zone).date()
    chosen = request.GET.get("weeks", "12")
    chosen = chosen if chosen in SPANS else "12"
    starts = today - timedelta(weeks=SPANS[chosen][0]) + timedelta(days=1)
    audit.looked("opened", "clients_couple", couple.pk)
    paper = progress.of_page(couple, request.practice, starts, today, now)
    context = {
        "couple": couple,
        "screen": Screen(paper),
        "paper": paper,
        "chosen": chosen,
        "spans": [(key, label) for key, (_weeks, label) in SPANS.items()],
    }
    return render(request, "reports/progress.html", context)
