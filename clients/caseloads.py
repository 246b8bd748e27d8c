"""Whose caseload a couple is on, and that nobody is put on one without its therapists knowing.

Whoever deals couples out reads nothing by that. To be dealt one opens it, to oneself or to a colleague, and so it is as
loud as an emergency: those who look after the couple are told, whoever they were before and whoever they are now.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import transaction

from clients import sight
from clients.models import CaseloadEntry, Couple
from practice.models import Membership


def deal(couple: Couple, to: Collection[uuid.UUID]) -> None:
    """Put a couple on the caseloads of these members and on no other; tell its therapists of each new one."""
    with transaction.atomic():
        entries = CaseloadEntry.objects.filter(couple=couple)
        before = set(entries.values_list("membership_id", flat=True))
        entries.exclude(membership_id__in=to).delete()
        new = [
            CaseloadEntry.objects.create(couple=couple, membership=member)
            for member in Membership.objects.filter(pk__in=set(to) - before).order_by("pk")
        ]
        for entry in new:
            sight.gained(entry.membership, [couple.pk], occasion=f"caseload:{entry.pk}", before=before)
