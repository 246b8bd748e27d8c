"""Who may do what, for owners: the table of roles, and whom supervisors supervise."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import supervision
from clients.models import Supervision
from clients.supervision_form import SupervisionForm
from practice import capabilities
from practice.access import PracticeRequest, for_owners


@for_owners
def roles(request: PracticeRequest) -> HttpResponse:
    """Show the table of roles, and grant supervision."""
    form = SupervisionForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Granted. It holds from their next click on."))
        return redirect("capabilities")
    words = {
        "form": form,
        "grants": supervision.in_force(),
        "standings": capabilities.STANDINGS.values(),
        "table": capabilities.TABLE,
    }
    return render(request, "clients/roles.html", words, status=422 if form.errors else 200)


@require_POST
@for_owners
def supervision_end(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """End a grant."""
    supervision.end(get_object_or_404(Supervision, pk=pk), by=request.membership)
    messages.success(request, _("Ended. It holds from their next click on."))
    return redirect("capabilities")
