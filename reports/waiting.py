"""What reports puts into the therapist's queue: answers to look at, before everything else."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from clients.models import Couple
from exercises.desk import QueueItem, register_queue
from exercises.safety import register_flags
from practice.models import Membership
from reports.models import Alert


@register_queue
def alerts(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each alert that nobody has acknowledged. It names no partner and no answer."""
    if not membership.sees_answers:
        return []
    rows = Alert.objects.filter(couple_id__in=couples, acknowledged_at=None).defer("note").order_by("raised_at", "pk")
    return [
        QueueItem(
            kind="risk",
            what=_("An answer to look at"),
            couple_id=row.couple_id,
            detail=_("Please look before anything else"),
            since=row.raised_at,
            url=reverse("alert", args=[row.couple_id, row.pk]),
            action=_("Look"),
            urgent=True,
        )
        for row in rows
    ]


@register_flags
def flag_is_open(couple: Couple) -> bool:
    """While an alert of the couple waits, nothing risky is given to both (see :mod:`exercises.safety`)."""
    return Alert.objects.filter(couple=couple, acknowledged_at=None).exists()
