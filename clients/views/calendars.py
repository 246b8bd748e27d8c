"""Calendars that follow along: the pages where they are switched on, and the file that a program fetches."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients import calendar_entries, calendar_files, calendar_links
from clients.access import for_consenting_clients
from clients.calendar_forms import CalendarForm, StaffCalendarForm
from clients.models import PersonCalendar
from practice import tenancy
from practice.access import PortalRequest, PracticeRequest, for_clinicians, read_or_send
from practice.fresh import ask_again, is_fresh
from practice.limits import ANYBODY, HOUR, MINUTE, PageLimit, Rate, by_place, limit


def _by_link(request: HttpRequest) -> str:
    return f"link {request.path[:200]}"


# Programs of one provider come from few places for many people; one link is asked for now and then.
limit(
    "calendar",
    PageLimit(by_place, (Rate(600, MINUTE),), reads=True),
    PageLimit(_by_link, (Rate(20, MINUTE), Rate(240, HOUR)), reads=True),
)
limit("portal_calendar", ANYBODY)
limit("staff_calendar", ANYBODY)


@login_not_required
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """Give a program the calendar that its link is for, as it stands now. Any other link is an unknown page."""
    try:
        row, who = calendar_links.proved(secret)
    except calendar_links.Refused:
        raise Http404 from None
    now = timezone.now()
    with tenancy.acting(calendar_links.asker_of(who)):
        if isinstance(row, PersonCalendar):
            entries = calendar_entries.of_person(who.person, now)
        else:
            entries = calendar_entries.of_member(row, now)
    body = calendar_files.written(entries, alarm=row.alarm)
    headers = {"Content-Disposition": 'inline; filename="calendar.ics"'}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)


@read_or_send
@for_consenting_clients
def portal_calendar(request: PortalRequest) -> HttpResponse:
    """Show, switch on, change, renew and end a person's own calendar."""
    row = calendar_links.of_person(request.person)
    form = CalendarForm(request.POST or None, initial={"alarm": _said(row.alarm)})
    return _answer(request, row, form, "portal_calendar", "clients/portal_calendar.html")


@read_or_send
@for_clinicians
def staff_calendar(request: PracticeRequest) -> HttpResponse:
    """The same for a therapist's own."""
    row = calendar_links.of_member(request.membership)
    form = StaffCalendarForm(request.POST or None, initial={"alarm": _said(row.alarm), "names": row.names})
    return _answer(request, row, form, "staff_calendar", "clients/staff_calendar.html")


def _said(minutes: int | None) -> str:
    return "" if minutes is None else str(minutes)


def _answer(request: Any, row: Any, form: CalendarForm, page: str, template: str) -> HttpResponse:
    """Do what was asked. A link stands on the page that answers, and never again.

    Making one asks for a fresh sign-in: it goes on working on its own. Ending it never does.
    """
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act == "end":
        calendar_links.end(row)
        messages.success(request, _("Switched off. The link opens nothing any more."))
        return redirect(page)
    link = ""
    if request.method == "POST" and form.is_valid():
        form.put_into(row)
        if act == "renew":
            if not is_fresh(request):
                return ask_again(request)
            link = request.build_absolute_uri(reverse("calendar", args=[calendar_links.renew(row)]))
        elif row.is_on:
            row.save()
            messages.success(request, _("Saved."))
            return redirect(page)
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, template, {"form": form, "calendar": row, "link": link}, status=status)
