"""The trail: the practice's for its owners, and a client's own."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients import own_record, trail
from clients.access import for_consenting_clients
from practice.access import PortalRequest, PracticeRequest, for_owners

A_PAGE = 30


@require_safe
@for_owners
def practice_trail(request: PracticeRequest) -> HttpResponse:
    """Who did what in the practice, and up to when that is sealed."""
    wish = trail.Wish.of(request.GET)
    words = {
        "wish": wish,
        "kinds": trail.KINDS,
        "team": trail.team(),
        "page": trail.read(wish),
        "sealed": trail.sealed(),
    }
    return render(request, "clients/trail.html", words)


@require_safe
@for_consenting_clients
def own(request: PortalRequest) -> HttpResponse:
    """Who opened or changed somebody's own record."""
    pages = Paginator(own_record.of(request.person, request.user.pk), A_PAGE)  # type: ignore[arg-type]
    page = pages.get_page(request.GET.get("page"))
    months = own_record.of_couple() if page.number == 1 else []
    return render(request, "clients/portal_record.html", {"page_obj": page, "months": months})
