"""The small ceremony of opening: saying that one is ready, and looking when one wants to."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients.access import for_consenting_clients
from exercises import doing as doings
from exercises import revealing
from exercises import together as opening
from exercises.views.portal import own_couples


@require_POST
@for_consenting_clients
def unfold(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Look at it now. That changes nothing for the others."""
    group = opening.one(request.person, own_couples(), occurrence_id, timezone.now())
    revealing.unfold(group, request.person)
    return redirect("portal_opened", group.at)


@require_POST
@for_consenting_clients
def ready(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Say that one is ready to open it together, or not any more."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is None or not revealing.by_their_own_yes(doing.assignment):
        raise Http404
    if revealing.say_ready(doing.occurrence, request.person, ready=request.POST.get("ready") != "no"):
        return redirect("portal_opened", occurrence_id)
    if request.POST.get("ready") == "no":
        messages.info(request, _("All right. It stays sealed."))
    return redirect("do_sent", occurrence_id)
