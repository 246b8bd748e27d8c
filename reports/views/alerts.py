"""What an answer asked a therapist to look at, on a page of its own."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import alerts
from reports.forms import AcknowledgeForm
from reports.models import Alert


@require_http_methods(["GET", "HEAD", "POST"])
@for_clinicians
def alert(request: PracticeRequest, couple_id: uuid.UUID, alert_id: uuid.UUID) -> HttpResponse:
    """The question, the answer and the rule in words; the asker writes down what they did."""
    couple = couple_or_404(couple_id)
    one = _alert_or_404(couple_id, alert_id)
    form = AcknowledgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        alerts.acknowledge(one, by=request.membership, note=form.cleaned_data["note"])
        messages.success(request, _("Noted, with your name and the time."))
        return redirect("alert", couple.pk, one.pk)
    audit.looked("opened", "reports_alert", one.pk)
    context: dict[str, Any] = {
        "couple": couple,
        "alert": one,
        "told": alerts.told(one),
        "position": next(partner.position for partner in couple.partners.all() if partner.client_id == one.client_id),
        "form": form,
    }
    return render(request, "reports/alert.html", context, status=422 if form.errors else 200)


def _alert_or_404(couple_id: uuid.UUID, alert_id: uuid.UUID) -> Alert:
    rows = Alert.objects.select_related("response__edition", "client", "acknowledged_by")
    one = rows.filter(couple_id=couple_id, pk=alert_id).first()
    if one is None:
        raise Http404
    return one
