"""Which scores partners see in their portal: released, taken back, and looked at as they will read it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.models import Client, Couple
from exercises.access import couple_or_404
from exercises.lane_words import circles
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import lately, releases, releasing


@require_safe
@for_clinicians
def shown(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Every series with who sees it, and one press for each change."""
    couple = couple_or_404(couple_id)
    audit.looked("opened", "clients_couple", couple.pk)
    rows = releasing.rows_of(couple)
    context = {
        "couple": couple,
        "partners": [one for one in couple.partners.all() if one.left_at is None],
        "measures": [one for one in rows if one.measure],
        "questions": [one for one in rows if not one.measure],
        "by_agreement": request.practice.scores_by_agreement,
        "as_they_come": releases.EVERYTHING in releases.released_in(couple),
    }
    return render(request, "reports/shown.html", context)


@require_safe
@for_clinicians
def shown_preview(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """The page of one partner as they read it now, but for what they keep to themselves alone."""
    couple = couple_or_404(couple_id)
    client = _present_or_404(couple, str(client_id))
    audit.looked("opened", "clients_client", client.pk)
    context = {
        "couple": couple,
        "client": client,
        "page": lately.page_of(couple, client, timezone.now()),
        "circle": circles(client, request.practice, [couple.pk])[couple.pk],
    }
    return render(request, "reports/shown_preview.html", context)


@require_POST
@for_clinicians
def shown_act(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """``to``: "all", "nobody", or one partner's id. ``series`` empty: every measure, as its scores come."""
    couple = couple_or_404(couple_id)
    series, to = request.POST.get("series", ""), request.POST.get("to", "")
    if to != "nobody" and not series and not (request.practice.scores_by_agreement and to == "all"):
        raise Http404
    if to == "nobody":
        changed = releases.withdraw(couple, series, by=request.membership)
        _tell(request, changed, _("Taken back. Nobody of them sees it any more."))
        return redirect("shown", couple.pk)
    client = _present_or_404(couple, to) if to != "all" else None
    try:
        changed = releases.release(couple, series, by=request.membership, client=client)
    except releases.NotReleasable:
        raise Http404 from None
    _tell(request, changed, _("Released. Others see it only once everybody has said yes."))
    return redirect("shown", couple.pk)


def _tell(request: PracticeRequest, changed: bool, done: str) -> None:
    """Pressed twice, or by two at once, it holds already and nothing was done."""
    if changed:
        messages.success(request, done)
    else:
        messages.info(request, _("It was so already. Nothing has changed."))


def _present_or_404(couple: Couple, client_id: str) -> Client:
    """Whoever has left has no page of this couple any more."""
    for one in couple.partners.all():
        if one.left_at is None and str(one.client_id) == client_id:
            return one.client
    raise Http404
