"""What reached a person: their own messages with the reason for each, and the way from a letter to its page."""

from __future__ import annotations

import uuid

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clients import arrived
from clients.access import for_consenting_clients
from practice.access import PortalRequest


@require_safe
@for_consenting_clients
def messages_of(request: PortalRequest) -> HttpResponse:
    """Everything that was sent to this person lately, newest first, and why."""
    pages = Paginator(arrived.lately(request.person), arrived.A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    words = {"page_obj": page, "lines": arrived.explained(request.person, list(page.object_list))}
    return render(request, "clients/portal_messages.html", words)


@require_safe
@for_consenting_clients
def open_message(request: PortalRequest, message_id: uuid.UUID) -> HttpResponse:
    """Lead from a letter to what it was about; to the first page where that is not one thing of this person's."""
    return redirect(arrived.place_of(request.person, message_id) or "portal_today")
