"""Clearance: a therapist's record that joint work is safe for a couple, asked apart and kept with a date."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from clients.models import Clearance, Couple
from clients.signals import clearance_withdrawn
from practice.models import Membership
from practice.written import Written


def record(couple: Couple, *, note: str, by: Membership) -> Clearance:
    """Write it down; an earlier record ends, so that there is one at a time."""
    Clearance.objects.filter(couple=couple, withdrawn_at=None).update(withdrawn_at=timezone.now())
    return Clearance.objects.create(couple=couple, recorded_by=by, note=note)


def withdraw(couple: Couple, *, by: Membership) -> None:
    """From now on, exercises that need clearance are blocked again, and those already given are taken back."""
    with transaction.atomic():
        Clearance.objects.filter(couple=couple, withdrawn_at=None).update(withdrawn_at=timezone.now())
        clearance_withdrawn.send(sender=Clearance, couple=couple, by=by)


CURRENT: Written[Clearance] = Written(
    lambda couple: (
        Clearance.objects.filter(couple=couple, withdrawn_at=None)
        .select_related("recorded_by")
        .order_by("-recorded_at")[:1]
    ),
    couple=uuid.UUID,
)


def current(couple: Couple) -> Clearance | None:
    """Return the record that counts, or None."""
    return CURRENT.first(couple=couple.pk)
