"""A couple's progress on the therapist's own screen: the same drawings as on paper."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clients.models import Appointment, Couple
from exercises import reviewing
from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import focus, progress
from reports.marks import letter
from reports.models import Alert
from reports.screen import Screen
from reports.signs import signs_of

SPANS = {"12": _("Twelve weeks"), "26": _("Half a year"), "52": _("One year"), "all": _("Since the start")}
USUAL = "12"


@require_safe
@for_clinicians
def progress_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Everything a therapist may see, so it belongs on no screen that the couple looks at.

    ``?weeks=`` is one of SPANS; ``?only=`` a partner's letter, for their lines alone.
    """
    couple = couple_or_404(couple_id)
    now = timezone.now()
    today = timezone.localtime(now, couple.zone).date()
    chosen = chosen_span(request)
    only = _position(couple, request)
    audit.looked("opened", "clients_couple", couple.pk)
    paper = progress.of_page(couple, request.practice, first_day(couple, chosen, today), today, now)
    shown = paper if only is None else focus.on(paper, only)
    context = {
        "couple": couple,
        "screen": Screen(shown),
        "paper": shown,
        "chosen": chosen,
        "spans": list(SPANS.items()),
        "only": "" if only is None else letter(only),
        "people": [(letter(one.position), one) for one in paper.partners],
        "session": Appointment.objects.filter(couple=couple).ahead(now).first(),
        "to_look_at": Alert.objects.filter(couple=couple).to_look_at().count(),
        "signs": len(signs_of([couple.pk], now).get(couple.pk, ())),
        "to_review": reviewing.counts([couple.pk]).get(couple.pk, 0),
    }
    return render(request, "reports/progress.html", context)


def chosen_span(request: HttpRequest) -> str:
    """Which of SPANS is asked for; the usual one where nothing known is."""
    chosen = request.GET.get("weeks", USUAL)
    return chosen if chosen in SPANS else USUAL


def first_day(couple: Couple, chosen: str, today: date) -> date:
    """The first day of a span that ends today."""
    if chosen == "all":
        return progress.beginning(couple, today)
    return today - timedelta(weeks=int(chosen)) + timedelta(days=1)


def _position(couple: Couple, request: HttpRequest) -> int | None:
    """Whose lines are asked for; an unknown letter is an unknown page."""
    asked = request.GET.get("only", "")
    if not asked:
        return None
    for partner in couple.partners.all():
        if letter(partner.position) == asked:
            return partner.position
    raise Http404
