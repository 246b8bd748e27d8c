"""Opening a couple in an emergency, closing it, and looking at it afterwards."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients import emergencies, sight
from clients.emergency_form import EmergencyForm, FindingForm
from clients.models import EmergencyAccess
from practice import audit
from practice.access import PracticeRequest, for_clinicians


@for_clinicians
def emergency(request: PracticeRequest) -> HttpResponse:
    """Show what one has open and what waits for a look, and open another couple."""
    form = EmergencyForm(request.POST or None, by=request.membership)
    if request.method == "POST" and form.is_valid():
        access = form.save()
        audit.looked("opened in an emergency", "clients_couple", access.couple_id)
        messages.warning(request, _("It is open. The couple’s therapist and the owner have been told."))
        return redirect("couple", access.couple_id)
    if form.found_nobody:
        audit.looked("looked in vain in an emergency", "clients_couple", None)
    return _page(request, form)


@require_safe
@for_clinicians
def gained(request: PracticeRequest) -> HttpResponse:
    """Show who came to see the couples of one's caseload, or for owners any couple."""
    return render(request, "clients/sight.html", {"changes": sight.of_member(request.membership)})


@require_POST
@for_clinicians
def emergency_end(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """Close it before its time."""
    try:
        emergencies.end(_known(pk), by=request.membership)
    except emergencies.NotAllowed:
        raise Http404 from None
    messages.success(request, _("It is closed again."))
    return redirect("emergency")


@require_POST
@for_clinicians
def emergency_review(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """Write down what one found."""
    access = next((one for one in emergencies.to_review(request.membership) if one.pk == pk), None)
    if access is None:
        raise Http404
    form = FindingForm(request.POST)
    if not form.is_valid():
        return _page(request, EmergencyForm(by=request.membership), about=access, finding=form)
    emergencies.review(access, by=request.membership, finding=form.cleaned_data["finding"])
    messages.success(request, _("Noted."))
    return redirect("emergency")


def _known(pk: uuid.UUID) -> EmergencyAccess:
    access = EmergencyAccess.objects.filter(pk=pk).first()
    if access is None:
        raise Http404
    return access


def _page(
    request: PracticeRequest,
    form: EmergencyForm,
    about: EmergencyAccess | None = None,
    finding: FindingForm | None = None,
) -> HttpResponse:
    waiting = [
        (one, finding if about and finding and one.pk == about.pk else FindingForm(auto_id=f"id_{one.pk}_%s"))
        for one in emergencies.to_review(request.membership)
    ]
    words = {
        "form": form,
        "running": emergencies.running(request.membership),
        "waiting": waiting,
        "reviewed": emergencies.reviewed(request.membership),
    }
    wrong = bool(form.errors or (finding and finding.errors))
    return render(request, "clients/emergency.html", words, status=422 if wrong else 200)
