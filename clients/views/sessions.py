"""Sessions and clearance, from the couple's page."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import appointments, clearing
from clients.forms import AppointmentForm, ClearanceForm
from clients.models import Appointment, Couple
from practice.access import PracticeRequest, for_clinicians, for_staff


@for_staff
def appointment_new(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Plan a session; the form offers the day and time of the last one, a week on."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    form = AppointmentForm(request.POST or None, couple=couple, initial=_likely(couple))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        appointments.make(couple, starts_at=said["starts_at"], minutes=said["minutes"], place=said["place"])
        messages.success(request, _("The session is planned."))
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
    return {"day": day, "at": there.time(), "minutes": last.minutes, "place": last.place}


@for_staff
@require_POST
def appointment_cancel(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Call a session off."""
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
