"""The client's own pages: today, and what has opened for everybody."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.access import for_consenting_clients
from clients.models import Appointment, Couple, Partner
from exercises import agreements, attachments, comparing, journal, program_days
from exercises import over_time as over
from exercises import today as first_page
from exercises import together as opening
from exercises.doing import greeting
from exercises.lane_words import circles
from exercises.vocabulary import Lane
from practice import tenancy
from practice.access import PortalRequest

ON_A_PAGE = 20


def own_couples() -> list[uuid.UUID]:
    """Return the couples whose care this request's client is in: what the wall lets through."""
    asker = tenancy.current()
    return list(asker.couples) if asker else []


def own_couples_in_order() -> list[Couple]:
    """Return the couples whose care this request's client is in, with their partners."""
    return list(Couple.objects.with_partners().filter(pk__in=own_couples()).order_by("started_on", "pk"))


@require_safe
@for_consenting_clients
def today(request: PortalRequest) -> HttpResponse:
    """What there is to do now, one thing first."""
    now = timezone.now()
    couples = own_couples()
    page = first_page.today(request.person, request.practice, couples, now)
    return render(
        request,
        "exercises/portal/today.html",
        {"today": page, "greeting": greeting(request.person, now), "now": now, "in_care": bool(couples)},
    )


@require_safe
@for_consenting_clients
def together(request: PortalRequest) -> HttpResponse:
    """What has opened, the newest first, and what of one's own is still sealed."""
    now, couples = timezone.now(), own_couples()
    around = circles(request.person, request.practice, couples)
    groups = opening.opened(request.person, couples, now, limit=400)
    pages = Paginator([one for one in groups if one.unfolded], ON_A_PAGE)
    waiting = [first_page.Waiting(one, around[one.couple_id]) for one in opening.sealed(request.person, couples, now)]
    return render(
        request,
        "exercises/portal/together.html",
        {
            "page_obj": pages.get_page(request.GET.get("page")),
            "ready": [one for one in groups if not one.unfolded],
            "waiting": waiting,
            "now": now,
            "in_care": bool(couples),
            "agreed": agreements.of(agreements.readable(couples)),
            "running": opening.running(request.person, couples),
            "along": program_days.along(couples),
            "wins": opening.wins(request.person, couples, now),
            "pages": list(journal.shared_with(request.person, couples)[:ON_A_PAGE]),
        },
    )


@require_safe
@for_consenting_clients
def over_time(request: PortalRequest, assignment_id: uuid.UUID) -> HttpResponse:
    """Everything that has opened of one assignment, day by day."""
    page = over.of(request.person, own_couples(), assignment_id, timezone.now())
    return render(request, "exercises/portal/over_time.html", {"over_time": page})


@require_safe
@for_consenting_clients
def opened(request: HttpRequest, occurrence_id: uuid.UUID) -> HttpResponse:
    """One slot side by side: first the words, then where people are close, then where they differ."""
    now, couples = timezone.now(), own_couples()
    person, practice = request.person, request.practice  # type: ignore[attr-defined]
    group = opening.one(person, couples, occurrence_id, now)
    if not group.unfolded:
        return _ready_to_open(request, group)
    partners = list(
        Partner.objects.filter(couple=group.assignment.couple_id).select_related("client").order_by("position")
    )
    senders = {one.author_id for one in group.responses}
    files = attachments.of_responses(group.responses)
    return render(
        request,
        "exercises/portal/opened.html",
        {
            "group": group,
            "page": comparing.side_by_side(group, partners),
            "circle": circles(person, practice, [group.assignment.couple_id])[group.assignment.couple_id],
            "alone": len(senders) < 2 and group.lane != Lane.JOINT,
            "only_mine": senders == {person.pk},
            "who_sent": [one for one in partners if one.client_id in senders],
            "added": [
                (partner, files[one.pk])
                for partner in partners
                for one in group.responses
                if one.author_id == partner.client_id and one.pk in files
            ],
            "there_is_more": over.more_than(group.assignment.pk, group.slot, person, couples, now),
        },
    )


def _ready_to_open(request: Any, group: opening.Opened) -> HttpResponse:
    """The page before the answers: it is time, and each looks when they want to. No answer is in it."""
    couple = group.assignment.couple_id
    sessions = Appointment.objects.ahead(timezone.now()).filter(couple=couple)
    context = {
        "group": group,
        "circle": circles(request.person, request.practice, [couple])[couple],
        "session": sessions.attended_by(group.assignment.audience).first(),
    }
    return render(request, "exercises/portal/ready.html", context)
