"""The desk: today, and the list of couples."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clients import emergencies, sight
from clients.models import Appointment, Couple, Parting
from exercises import adherence, caseload
from exercises.desk import queue
from practice import held
from practice.access import PracticeRequest, for_staff, for_whole_office, page_or_part
from practice.written import Written
from practice.zones import start_of_day

IN_CARE = (Couple.Status.ACTIVE, Couple.Status.PAUSED)
#: How many sessions are shown when today has none.
NEXT_SESSIONS = 3

SHOWN = {
    "active": (_("Active"), lambda row: row.couple.status == Couple.Status.ACTIVE),
    "paused": (_("Paused"), lambda row: row.couple.status == Couple.Status.PAUSED),
    "unread": (_("New answers"), lambda row: row.unread > 0),
}


_SESSIONS: Written[Appointment] = Written(
    lambda couples, since, until: Appointment.objects.filter(
        couple_id__in=couples, cancelled_at=None, starts_at__gte=since, starts_at__lt=until
    ).order_by("starts_at"),
    couples=[UUID],
    since=datetime,
    until=datetime,
)


@require_safe
@for_staff
def today(request: PracticeRequest) -> HttpResponse:
    """Sessions, what waits, and the caseload. Whoever runs the office sees the couples' list instead."""
    if not request.membership.sees_answers:
        return redirect("couples")
    now = timezone.now()
    to_note = Exists(Parting.objects.filter(couple=OuterRef("pk"), noted_at=None))
    there = Couple.objects.filter(Q(status__in=IN_CARE) | to_note).with_partners()
    couples = [couple for couple in there if couple.status in IN_CARE]
    named = {couple.pk: couple for couple in there}
    waiting = queue(request.membership, named.keys(), with_aside=False)
    rows = caseload.rows(couples, waiting, now)
    by_id = {row.couple.pk: row for row in rows}
    # Of those who parted, the one thing that nobody has noted yet.
    items = [one for one in waiting if one.couple_id in by_id or one.after_care]
    people = {row.couple.pk: row.people for row in rows}
    people |= {pk: named[pk].clients for pk in {item.couple_id for item in items} - people.keys()}
    sessions, is_today = _sessions(by_id, now)
    context = {
        "hold": held.now(),
        **_filtered(request, rows, {item.couple_id for item in items if item.calm}),
        "now": now,
        "sessions": sessions,
        "is_today": is_today,
        "items": [(item, people[item.couple_id]) for item in items],
        "queue_count": len(items) or None,
        "any_couple": bool(rows) or bool(items),
        "emergencies_to_review": emergencies.something_waits(request.membership),
        "sight_gained": sight.told_lately(request.membership),
    }
    return render(request, page_or_part(request, "exercises/desk/today.html", "caseload"), context)


def _filtered(request: HttpRequest, rows: list[caseload.Row], calm: set[UUID]) -> dict[str, Any]:
    show = request.GET.get("show", "active")
    show = show if show in SHOWN else "active"
    return {
        "rows": [(row, row.couple.pk in calm) for row in rows if SHOWN[show][1](row)],
        "show": show,
        "adherence_days": adherence.DAYS,
        "chips": [(name, label, sum(map(fits, rows))) for name, (label, fits) in SHOWN.items()],
        "any_couple": bool(rows),
    }


def _sessions(by_id: dict[Any, caseload.Row], now: Any) -> tuple[list[tuple[Appointment, caseload.Row]], bool]:
    """Return today's sessions; when there are none, the next few."""
    today = timezone.localtime(now).date()
    start = start_of_day(today, timezone.get_current_timezone())
    found = _SESSIONS.all(couples=list(by_id), since=start, until=start + timedelta(days=32))
    of_today = [one for one in found if timezone.localtime(one.starts_at).date() == today]
    shown = of_today or [one for one in found if one.starts_at > now][:NEXT_SESSIONS]
    return [(one, by_id[one.couple_id]) for one in shown], bool(of_today)


@require_safe
@for_whole_office
def couples(request: PracticeRequest) -> HttpResponse:
    """Names, status and the next session: what everybody on the staff may know."""
    rows = list(Couple.objects.with_partners())
    sessions = caseload.next_sessions([couple.pk for couple in rows], timezone.now())
    order = list(Couple.Status.values)
    listed = sorted(
        ((couple, sessions.get(couple.pk)) for couple in rows),
        key=lambda pair: (order.index(pair[0].status), str(pair[0]).casefold()),
    )
    return render(request, "exercises/desk/couples.html", {"listed": listed, "hold": held.now()})
