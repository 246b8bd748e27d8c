"""Meetings of therapist and couple: made and called off; what hangs on the next one follows."""

from __future__ import annotations

import datetime

from django.utils import timezone

from clients.models import Appointment, Couple
from clients.signals import appointments_changed


def make(couple: Couple, *, starts_at: datetime.datetime, minutes: int, place: str) -> Appointment:
    appointment = Appointment.objects.create(couple=couple, starts_at=starts_at, minutes=minutes, place=place)
    appointments_changed.send(sender=Appointment, couple=couple)
    return appointment


def cancel(appointment: Appointment) -> None:
    """Call one off; doing it again changes nothing."""
    if appointment.cancelled_at is None:
        appointment.cancelled_at = timezone.now()
        appointment.save(update_fields=["cancelled_at"])
        appointments_changed.send(sender=Appointment, couple=appointment.couple)
