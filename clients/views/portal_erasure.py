"""A client's own page about how long things are kept, and asking for them to be erased."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clients import retaining
from clients.models import ErasureRequest
from practice.access import PortalRequest, for_clients
from practice.fresh import after_fresh_sign_in
from practice.tenancy import elevated


@require_http_methods(["GET", "HEAD", "POST"])
@for_clients
@after_fresh_sign_in
def erasure(request: PortalRequest) -> HttpResponse:
    """Say what is kept until when, and take a request for erasure or its being taken back."""
    if request.method == "POST" and request.POST.get("do") == "take_back":
        if retaining.take_back(request.person):
            messages.success(request, _("Taken back. Nothing was erased."))
        return redirect("portal_erasure")
    if request.method == "POST" and "sure" in request.POST:
        retaining.ask(request.person)
        messages.success(request, _("Your request is with the practice."))
        return redirect("portal_erasure")
    with elevated():
        standing = retaining.standing_of(request.person, request.practice)
    answered = ErasureRequest.objects.filter(client=request.person).exclude(answer="").order_by("-answered_at")
    words = {
        "one": standing,
        "answered": answered.exclude(answer=ErasureRequest.Answer.WITHDRAWN).first(),
        "unanswered": request.method == "POST",
    }
    return render(request, "clients/portal_erasure.html", words, status=422 if words["unanswered"] else 200)
