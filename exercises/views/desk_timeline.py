"""Everything with one couple, in order."""

from __future__ import annotations

import uuid

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients import sight
from exercises import timeline as order
from exercises.access import couple_or_404, partner_or_404
from exercises.record import positions
from exercises.views.desk_couple import around
from practice import audit
from practice.access import PracticeRequest, for_clinicians


@require_safe
@for_clinicians
def timeline(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """What is for both, or what one partner has with the therapist alone; the latest first."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    audit.looked("opened", *(("clients_client", client.pk) if client else ("clients_couple", couple.pk)))
    page = Paginator(order.order_of(couple, client), order.A_PAGE).get_page(request.GET.get("page"))
    context = {
        **around(request, couple),
        "client": client,
        "page": page,
        "places": positions(couple),
        "dealt": sight.of_couple(couple) if client is None and page.number == 1 else [],
        "entries": order.entries(list(page.object_list), couple, request.membership, client),
        "now": timezone.now(),
    }
    return render(request, "exercises/desk/timeline.html", context)
