"""The copy that a therapist hands to a client, of their record in one couple: made, taken once, and told to them."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from clients.models import Client, Couple
from exercises.access import couple_or_404, partner_or_404
from practice import archives, audit
from practice.access import PracticeRequest, for_clinicians, page_or_part, read_or_send
from practice.fresh import ask_again, is_fresh
from practice.models import Archive
from reports.copies import asking

PAGE = "reports/record_copy.html"


@read_or_send
@for_clinicians
def record_copy(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """How far it is, and asking for one."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    if not is_fresh(request):  # what is not theirs to see is not there, before anything is asked
        return ask_again(request)
    if request.method == "POST":
        asking.ask_for(client, couple, user_id=request.user.pk)  # type: ignore[arg-type]
        return redirect("record_copy", couple.pk, client.pk)
    words = {
        "couple": couple,
        "client": client,
        "position": next(one.position for one in couple.partners.all() if one.client_id == client.pk),
        "archive": _of(request, client, couple),
        "hours": int(asking.LIVES.total_seconds() // 3600),
    }
    return render(request, page_or_part(request, PAGE, "making"), words)


@require_POST
@for_clinicians
def record_copy_take(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """The file itself, once. The client reads in their record that it was taken, and by whom."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    if not is_fresh(request):  # what is not theirs to see is not there, before anything is asked
        return ask_again(request)
    archive = _of(request, client, couple)
    try:
        body = archives.take(archive) if archive is not None else b""
    except archives.NotThere:
        body = b""
    if not body:
        return redirect("record_copy", couple.pk, client.pk)
    audit.looked("downloaded", "clients_client", client.pk)
    response = HttpResponse(body, content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="copy.zip"'
    return response


def _of(request: PracticeRequest, client: Client, couple: Couple) -> Archive | None:
    return asking.newest_for(client, couple, user_id=request.user.pk)  # type: ignore[arg-type]
