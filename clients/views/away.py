"""Who is away, and who covers."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import duty
from clients.away_form import AwayForm
from clients.models import Absence
from practice import clock
from practice.access import PracticeRequest, for_clinicians


@for_clinicians
def away(request: PracticeRequest) -> HttpResponse:
    """Show who is away, and write down one's own absence; owners anybody's."""
    now = clock.now()
    today = now.astimezone(request.practice.zone).date()
    form = AwayForm(request.POST or None, by=request.membership, today=today)
    if request.method == "POST" and form.is_valid() and form.save() is not None:
        messages.success(request, _("Noted. Whoever covers is told instead from then on."))
        return redirect("away")
    context = {"form": form, "absences": duty.absences_ahead(today), "today": today}
    return render(request, "clients/away.html", context, status=422 if form.errors else 200)


@require_POST
@for_clinicians
def away_end(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """They are here after all: one's own absence, for owners anybody's."""
    mine = {} if request.membership.runs_practice else {"membership": request.membership}
    absence = get_object_or_404(Absence, pk=pk, **mine)
    duty.call_off(absence, clock.now())
    messages.success(request, _("Taken off the list."))
    return redirect("away")
