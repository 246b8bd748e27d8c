"""The session sheet, in its three views."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.models import Appointment, Client, Couple
from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import sheet

TABLE = "table"


@require_safe
@for_clinicians
def session_sheet(
    request: PracticeRequest, couple_id: uuid.UUID, appointment_id: uuid.UUID | None = None
) -> HttpResponse:
    """One session on one page: the next one, or any by its id. ``?show=`` is the table's view or one partner's id."""
    couple = couple_or_404(couple_id)
    now = timezone.now()
    span = sheet.span_of(couple, _appointment_or_404(couple, appointment_id), now)
    show = request.GET.get("show", "")
    client = _partner(couple, show)
    audit.looked("opened", *(("clients_client", client.pk) if client else ("clients_couple", couple.pk)))
    if show == TABLE:
        shown = sheet.for_the_table(couple, span, now)
    else:
        shown = sheet.yours(couple, span, request.membership, now)
    if client is not None:
        sheet.with_private(shown, client)
    partners = [partner for partner in couple.partners.all() if partner.left_at is None]
    context = {"couple": couple, "sheet": shown, "span": span, "client": client, "partners": partners, "now": now}
    return render(request, "reports/sheet.html", context)


def _appointment_or_404(couple: Couple, appointment_id: uuid.UUID | None) -> Appointment | None:
    if appointment_id is None:
        return None
    one = Appointment.objects.filter(couple=couple, pk=appointment_id, cancelled_at=None).first()
    if one is None:
        raise Http404
    return one


def _partner(couple: Couple, show: str) -> Client | None:
    if show in ("", TABLE):
        return None
    for client in couple.clients:
        if str(client.pk) == show:
            return client
    raise Http404
