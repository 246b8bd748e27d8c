"""Invitations of partners: sending and withdrawing at the desk, accepting at the door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from clients import inviting
from clients.models import ClientInvitation, Couple, Partner
from practice import tenancy
from practice.access import PracticeRequest, for_office
from practice.inviting import practice_of
from practice.views import joining


@for_office
@require_POST
def invitation_send(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """Send a partner their link, or a new one in place of an earlier one."""
    couple = get_object_or_404(Couple.objects.in_care(), pk=couple_pk)
    partner = get_object_or_404(Partner.objects.of_the_kept(), couple=couple, client_id=pk)
    if inviting.invite(partner.client, couple, by=request.membership):
        messages.success(request, _("The invitation is on its way. A link sent earlier no longer works."))
    else:
        messages.warning(request, _("There is nobody to invite: an address is missing, or they have joined."))
    return redirect("couple", couple.pk)


@for_office
@require_POST
def invitation_withdraw(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """Close a partner's open invitation."""
    couple = get_object_or_404(Couple, pk=couple_pk)
    for invitation in ClientInvitation.objects.filter(couple=couple, client_id=pk, accepted_at=None, withdrawn_at=None):
        inviting.withdraw(invitation)
    messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return redirect("couple", couple.pk)


def _look(ticket: str) -> tuple[str, dict[str, Any]]:
    with tenancy.acting(tenancy.as_system(practice_of(ticket))):
        return inviting.opened(ticket).email, {}


PORTAL = joining.Door(_look, inviting.accept, "clients/join.html")


@login_not_required
@sensitive_post_parameters("password")
def join(request: HttpRequest, ticket: str) -> HttpResponse:
    """A partner's own door. The page names nobody and nothing."""
    return joining.join(request, ticket, PORTAL)
