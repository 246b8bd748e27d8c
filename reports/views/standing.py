"""Reports that are made by themselves before each session: beginning and ending them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exercises.access import couple_or_404
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports import standing
from reports.forms import StandingForm
from reports.models import StandingOrder
from reports.views.asked import kind_or_404


@read_or_send
@for_clinicians
def standing_new(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Order a report before each session."""
    couple = couple_or_404(couple_id)
    kind = kind_or_404(request, standing.KINDS)
    form = StandingForm(request.POST or None, kind=kind, couple=couple, practice=request.practice)
    if request.method == "POST" and form.is_valid():
        try:
            standing.place(couple, by=request.membership, **form.contents())
        except standing.NotPlaced as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("From now on it is made before each session."))
            return redirect("reports_of_couple", couple.pk)
    context = {"couple": couple, "form": form}
    return render(request, "reports/standing.html", context, status=422 if form.errors else 200)


@require_POST
@for_clinicians
def standing_end(request: PracticeRequest, couple_id: uuid.UUID, order_id: uuid.UUID) -> HttpResponse:
    """Make no more of them."""
    couple = couple_or_404(couple_id)
    order = StandingOrder.objects.filter(couple=couple, pk=order_id).first()
    if order is None:
        raise Http404
    standing.end(order)
    messages.success(request, _("No more are made. Those that are there stay."))
    return redirect("reports_of_couple", couple.pk)
