"""How it has been going: one partner's own page, and their word on who else sees it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Couple
from exercises.lane_words import circles
from exercises.views.portal import own_couples
from practice.access import PortalRequest
from reports import lately, releases


@require_safe
@for_consenting_clients
def portal_lately(request: PortalRequest) -> HttpResponse:
    """One page for each couple that the person is in: nearly always one."""
    now, couples = timezone.now(), own_couples()
    around = circles(request.person, request.practice, couples)
    found = Couple.objects.with_partners().filter(pk__in=couples).order_by("started_on", "pk")
    pages = [(one, lately.page_of(one, request.person, now), around[one.pk]) for one in found]
    return render(request, "reports/portal/lately.html", {"pages": pages})


@require_POST
@for_consenting_clients
def portal_showing(request: PortalRequest) -> HttpResponse:
    """This person's word, from now on. What it is about is in the body, so no address tells."""
    couple_id = _couple_or_404(request.POST.get("couple", ""))
    subject = request.POST.get("series", "")
    if subject != releases.EVERYTHING and subject not in releases.releasable():
        raise Http404
    shows = request.POST.get("shows") == "yes"
    releases.say(request.person, couple_id, subject, shows=shows)
    told = _("Noted. You can change it at any time.") if shows else _("Noted. The others do not see it any more.")
    messages.success(request, told)
    return redirect("portal_lately")


def _couple_or_404(typed: str) -> uuid.UUID:
    for one in own_couples():
        if str(one) == typed:
            return one
    raise Http404
