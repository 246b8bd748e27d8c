"""A client's own pages about their care here: what they agreed to, what is theirs, and stopping.

They stay open to whoever has not agreed, or not any more: nobody has to agree to leave, or to what is theirs.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients import consents, parting
from clients.models import Couple
from practice import tenancy
from practice.access import PortalRequest, for_clients, read_or_send
from practice.fresh import after_fresh_sign_in


@require_safe
@for_clients
def care(request: PortalRequest) -> HttpResponse:
    """What this person agreed to and can take back, what is theirs, and the way out."""
    rows = consents.of(request.person)
    missing = consents.missing(request.person)
    context = {
        "base": "components/plain.html" if missing else "components/portal.html",
        "missing": missing,
        "in_force": [one for one in rows if one.withdrawn_at is None],
        "earlier": [one for one in rows if one.withdrawn_at is not None],
        "together": _together(),
    }
    return render(request, "clients/portal_care.html", context)


@read_or_send
@for_clients
def take_back(request: PortalRequest, about: str) -> HttpResponse:
    """Take one agreement back, after a page that says what stops."""
    if about not in consents.REQUIRED:
        raise Http404
    rows = consents.of(request.person)
    given = next((one for one in rows if one.about == about and one.withdrawn_at is None), None)
    if given is None:
        return redirect("portal_care")
    if request.method == "POST":
        consents.take_back(request.person, about)
        messages.success(request, _("Taken back. It counts from now on."))
        return redirect("portal_care")
    return render(request, "clients/portal_take_back.html", {"given": given})


@read_or_send
@for_clients
@after_fresh_sign_in
def end(request: PortalRequest) -> HttpResponse:
    """Stop being in a couple: one page, a fresh sign-in before it, and it is done at once."""
    couples = _together()
    if not couples:
        return redirect("portal_care")
    if request.method == "POST":
        if "sure" not in request.POST:
            words: dict[str, Any] = {"couples": couples, "unanswered": True}
            return render(request, "clients/portal_end.html", words, status=422)
        for couple in couples:
            if len(couples) == 1 or str(couple.pk) == request.POST.get("couple"):
                parting.leave(request.person, couple.pk)
        messages.success(request, _("Done. From now on nothing is shared here."))
        return redirect("portal_care")
    return render(request, "clients/portal_end.html", {"couples": couples})


def _together() -> list[Couple]:
    """The couples in which this request's client is in care with somebody else."""
    asker = tenancy.current()
    rows = Couple.objects.with_partners().filter(pk__in=asker.couples if asker else []).order_by("pk")
    return [one for one in rows if len([p for p in one.partners.all() if p.left_at is None]) > 1]
