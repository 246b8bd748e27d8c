"""A client's own page about how long things are kept, and asking for them to be erased."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from clients import retaining
from clients.models import Erasure, ErasureRequest
from practice import tenancy
from practice.access import PortalRequest, for_clients, read_or_send
from practice.fresh import after_fresh_sign_in


@read_or_send
@for_clients
@after_fresh_sign_in
def erasure(request: PortalRequest) -> HttpResponse:
    """Say what is kept until when, and take a request for erasure or its being taken back."""
    if request.method == "POST":
        _only_their_own_word()
    if request.method == "POST" and request.POST.get("do") == "take_back":
        if retaining.take_back(request.person):
            messages.success(request, _("Taken back. Nothing was erased."))
        return redirect("portal_erasure")
    if request.method == "POST" and "sure" in request.POST:
        retaining.ask(request.person)
        messages.success(request, _("Your request is with the practice."))
        return redirect("portal_erasure")
    with tenancy.elevated():
        standing = retaining.standing_of(request.person, request.practice)
    answers = ErasureRequest.objects.filter(client=request.person).exclude(answer="").order_by("-answered_at")
    answered = answers.exclude(answer=ErasureRequest.Answer.WITHDRAWN).first()
    words = {
        "one": standing,
        "answered": answered,
        "own_is_gone": answered is not None and _own_is_gone(answered),
        "unanswered": request.method == "POST",
    }
    return render(request, "clients/portal_erasure.html", words, status=422 if words["unanswered"] else 200)


def _only_their_own_word() -> None:
    """It erases what only they can read: not for a sign-in that only shows who reads the mailbox."""
    asker = tenancy.current()
    if asker is not None and asker.closed:
        raise tenancy.Closed


def _own_is_gone(answered: ErasureRequest) -> bool:
    """Whether what only they could read was erased with this answer."""
    with tenancy.elevated():
        proofs = Erasure.objects.filter(client=answered.client_id, extent=Erasure.Extent.OWN)
        return proofs.filter(at__range=(answered.asked_at, answered.answered_at)).exists()
