"""The desk's page for a couple that has parted, or in which somebody leaves the others."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients import individual, parting
from clients.models import Client, Couple
from clients.status import ENDED
from practice.access import PracticeRequest, for_clinicians


@require_safe
@for_clinicians
def apart(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Who parted and who decided it, what follows, and what may begin now."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    there = [one for one in couple.partners.all() if one.left_at is None]
    context = {
        "couple": couple,
        "partings": parting.to_note(couple),
        "ended": couple.status in ENDED,
        "can_leave": there if len(there) > 2 and couple.status not in ENDED else [],
        "can_begin": individual.can_begin(couple, request.membership),
    }
    return render(request, "clients/couple_apart.html", context)


@require_POST
@for_clinicians
def noted(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Take the parting off the queue."""
    couple = get_object_or_404(Couple, pk=pk)
    parting.note(couple, request.membership)
    messages.success(request, _("Noted."))
    return redirect("couple_apart", couple.pk)


@require_POST
@for_clinicians
def leaves(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """One of three or more leaves; the others go on."""
    couple, person = _partner_or_404(couple_pk, pk)
    if len(parting.present(couple.pk)) > 2 and parting.leave(person, couple.pk, by=request.membership):
        messages.success(request, _("%(name)s has left the couple.") % {"name": person.name})
    return redirect("couple_apart", couple.pk)


@require_POST
@for_clinicians
def alone(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """Begin individual work with one of them, in a record of its own: for whoever looks after the couple."""
    couple, person = _partner_or_404(couple_pk, pk)
    try:
        new = individual.begin(person, before=couple, by=request.membership)
    except individual.NotTheirs:
        raise Http404 from None
    except individual.StillInCare:
        messages.info(request, _("%(name)s is in care here already.") % {"name": person.name})
        return redirect("couple_apart", couple.pk)
    messages.success(request, _("A new record has begun. Nothing of the earlier one is in it."))
    return redirect("couple", new.pk)


def _partner_or_404(couple_pk: UUID, pk: UUID) -> tuple[Couple, Client]:
    couple = get_object_or_404(Couple, pk=couple_pk)
    return couple, get_object_or_404(Client, pk=pk, partnerships__couple=couple, erased_at=None)
