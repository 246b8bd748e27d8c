"""Sessions and clearance, from the couple's page."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clients import appointments, clearing
from clients.appointment_form import AppointmentForm
from clients.appointments import MOST
from clients.forms import ClearanceForm
from clients.models import Appointment, Couple, Partner
from practice.access import PracticeRequest, for_clinicians, for_office

#: Past sessions on one page.
A_PAGE = 20


@for_office
def appointment_new(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Plan a session, or a series of them; the form offers the day and time of the last one, a week on."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    form = AppointmentForm(request.POST or None, couple=couple, initial=_likely(couple))
    if request.method == "POST" and form.is_valid():
        made = appointments.make_on(couple, form.cleaned_data["days"], form.meeting())
        several = ngettext("%(n)s session is planned.", "%(n)s sessions are planned.", len(made)) % {"n": len(made)}
        messages.success(request, several if len(made) > 1 else _("The session is planned."))
        return redirect("couple", couple.pk)
    return render(request, "clients/appointment_new.html", {"form": form, "couple": couple})


def _likely(couple: Couple) -> dict:
    last = Appointment.objects.filter(couple=couple, cancelled_at=None).order_by("-starts_at").first()
    if last is None:
        return {}
    there = timezone.localtime(last.starts_at, couple.zone)
    day = there.date()
    while day <= timezone.localdate(timezone=couple.zone):
        day += datetime.timedelta(days=7)
    return {"day": day, "at": there.time(), "minutes": last.minutes, "place": last.place, "link": last.link}


@require_safe
@for_office
def appointments_of_couple(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """All sessions of a couple: what is ahead, and what was."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    now = timezone.now()
    rows = Appointment.objects.filter(couple=couple)
    past = Paginator(rows.filter(starts_at__lt=now).order_by("-starts_at", "-pk"), A_PAGE)
    page = past.get_page(request.GET.get("page"))
    ahead = rows.filter(starts_at__gte=now).order_by("starts_at", "pk")[:MOST]
    context = {
        "couple": couple,
        "ahead": [(one, _comers(one, couple)) for one in ahead],
        "past": [(one, _comers(one, couple)) for one in page.object_list],
        "page": page,
    }
    return render(request, "clients/appointments.html", context)


def _comers(appointment: Appointment, couple: Couple) -> list[Partner]:
    """Who comes, when it is not everybody."""
    return [one for one in couple.partners.all() if one.client_id in appointment.audience]


def _appointment_or_404(pk: UUID) -> tuple[Appointment, Couple]:
    appointment = get_object_or_404(Appointment, pk=pk)
    couple = get_object_or_404(Couple.objects.with_partners(), pk=appointment.couple_id)
    appointment.couple = couple
    return appointment, couple


@for_office
def appointment_edit(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Move or change a session. When somebody else was faster, both versions stand on the page."""
    appointment, couple = _appointment_or_404(pk)
    initial = AppointmentForm.initial_of(appointment, couple)
    form = AppointmentForm(request.POST or None, couple=couple, appointment=appointment, initial=initial)
    theirs, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            appointments.change(
                appointment,
                seen=form.cleaned_data["seen"],
                day=form.cleaned_data["day"],
                meeting=form.meeting(),
                following=form.cleaned_data.get("scope") == "following",
            )
        except appointments.Changed as changed:
            theirs, status = changed.now, 409
            again = request.POST.copy()
            again["seen"] = appointments.version_of(changed.now)
            form.data = again
        else:
            messages.success(request, _("The session is changed. What waits for it has moved along."))
            return redirect("appointments", couple.pk)
    context = {
        "form": form,
        "couple": couple,
        "appointment": appointment,
        "theirs": theirs,
        "is_over": appointment.starts_at <= timezone.now(),
    }
    return render(request, "clients/appointment_edit.html", context, status=status)


@for_office
@require_POST
def appointment_act(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Call off, take back, miss: one button each, and one to undo it."""
    appointment, couple = _appointment_or_404(pk)
    act = request.POST.get("act", "")
    if act == "off_following":
        n = appointments.cancel(appointment, following=True)
        messages.success(
            request, ngettext("%(n)s session is called off.", "%(n)s sessions are called off.", n) % {"n": n}
        )
    elif act == "off":
        appointments.cancel(appointment)
        messages.success(request, _("The session is called off."))
    elif act == "on":
        on = appointments.take_place(appointment)
        messages.success(request, _("The session takes place.") if on else _("This session is over."))
    elif act in ("missed", "kept"):
        appointments.miss(appointment, act == "missed")
        messages.success(request, _("Noted."))
    return redirect("appointments", couple.pk)


@for_office
@require_POST
def appointment_cancel(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Call a session off, from the couple's page."""
    appointment = get_object_or_404(Appointment.objects.select_related("couple"), pk=pk)
    appointments.cancel(appointment)
    messages.success(request, _("The session is called off."))
    return redirect("couple", appointment.couple_id)


@for_clinicians
def clearance_record(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Record that joint work is safe, and how one knows."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    form = ClearanceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        clearing.record(couple, note=form.cleaned_data["note"], by=request.membership)
        messages.success(request, _("Clearance is recorded."))
        return redirect("couple", couple.pk)
    return render(request, "clients/clearance_record.html", {"form": form, "couple": couple})


@for_clinicians
@require_POST
def clearance_withdraw(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Take clearance back."""
    couple = get_object_or_404(Couple, pk=pk)
    clearing.withdraw(couple, by=request.membership)
    messages.success(request, _("Clearance is withdrawn. Exercises that need it are blocked again."))
    return redirect("couple", couple.pk)
