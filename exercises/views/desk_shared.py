"""The screen that a therapist turns round, so that the couple sees it too."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exercises import shared_screen
from exercises.access import couple_or_404
from practice import shared_screen as sharing
from practice.access import PracticeRequest, for_clinicians, read_or_send


@read_or_send
@for_clinicians
def begin(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Say what it does, then share the screen. It takes at least two who look along."""
    one = couple_or_404(couple_id)
    present = [partner for partner in one.partners.all() if partner.left_at is None]
    if request.method == "POST" and len(present) > 1:
        sharing.begin(request.membership, one.pk)
        return redirect(sharing.SCREEN)
    context = {"couple": one, "partners": present, "enough": len(present) > 1}
    status = 409 if request.method == "POST" else 200
    return render(request, "exercises/desk/shared_screen_begin.html", context, status=status)


@require_safe
@for_clinicians
def screen(request: PracticeRequest) -> HttpResponse:
    """What all of them may see. Who shares nothing is led to the desk."""
    shown = request.membership.shares_with
    if shown is None:
        return redirect("desk")
    one = couple_or_404(shown)
    context = {"couple": one, "screen": shared_screen.of(one, request.membership)}
    return render(request, "exercises/desk/shared_screen.html", context)


@read_or_send
@for_clinicians
def end(request: PracticeRequest) -> HttpResponse:
    """Stop sharing, after a sign-in that is younger than the sharing."""
    if request.membership.shares_with is None:
        return redirect("desk")
    here = reverse("shared_screen_end")
    if not sharing.signed_in_since(request, request.membership):
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': here})}")
    if request.method == "POST":
        couple_id = request.membership.shares_with
        sharing.end(request.membership)
        messages.success(request, _("You are no longer sharing your screen."))
        return redirect("couple", couple_id)
    return render(request, "exercises/desk/shared_screen_end.html")
