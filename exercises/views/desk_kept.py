"""What partners keep besides their answers, on the desk."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exercises import attachments, feedback, journal
from exercises import kept as keeping
from exercises.access import couple_or_404, partner_or_404
from exercises.models import JournalEntry
from exercises.views.desk_couple import around
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians


@require_safe
@for_clinicians
def kept(request: Any, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """How it went, small wins, pages handed over, agreements: open ones, or one partner's private ones."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    audit.looked("opened", "clients_client" if client else "clients_couple", client.pk if client else couple.pk)
    page = keeping.page(couple, private_of=client)
    files = attachments.of_journal_entries(page.journal)
    places = {partner.client_id: partner.position for partner in couple.partners.all()}
    return render(
        request,
        "exercises/desk/kept.html",
        {
            **around(request, couple),
            "client": client,
            "position": places.get(client.pk, 0) if client else 0,
            "page": page,
            "pages": [(one, places.get(one.author_id, 0), files.get(one.pk, [])) for one in page.journal],
            "wins": [(one, places.get(one.author_id, 0)) for one in page.wins],
            "agreed": page.agreements,
            "to_note": client is not None and any(one.feedback.noted_at is None and one.weighs for one in page.went),
        },
    )


@require_POST
@for_clinicians
def open_page(request: Any, couple_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Open a page that was handed over; from then on its author can't take it back."""
    couple = couple_or_404(couple_id)
    page = JournalEntry.objects.filter(couple=couple, pk=entry_id).first()
    if page is None:
        raise Http404
    journal.mark_read(page)
    audit.looked_at("opened", page)
    return (
        redirect("kept", couple.pk) if page.lane == Lane.SHARED else redirect("kept_private", couple.pk, page.author_id)
    )


@require_POST
@for_clinicians
def note(request: Any, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """Take note of what one partner said about how it went."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    feedback.note(couple, client)
    messages.success(request, _("Noted. It is off your list."))
    return redirect("kept_private", couple.pk, client.pk)
