"""Whom a supervisor supervises: granted by an owner, until a day or until it is ended."""

from __future__ import annotations

import datetime

from django.db.models import QuerySet
from django.utils import timezone

from clients import sight
from clients.models import CaseloadEntry, Supervision
from practice import tenancy
from practice.models import Membership


class NotToBeGranted(Exception):
    """Only an owner grants, to a supervisor, the couples of somebody else who reads answers; and once."""


def grant(
    supervisor: Membership, therapist: Membership, *, by: Membership, until: datetime.datetime | None = None
) -> Supervision:
    """Let a supervisor read what the couples of ``therapist`` write, from their next request on.

    It follows the caseload: a couple that is handed over goes out of it. The therapist is told, and who looks after
    these couples with them. Raises :class:`NotToBeGranted`.
    """
    fits = supervisor.role == Membership.Role.SUPERVISOR and therapist.is_clinician and supervisor.pk != therapist.pk
    if not by.runs_practice or not fits or supervisor.ended_at or therapist.ended_at:
        raise NotToBeGranted
    if until is not None and until <= timezone.now():
        raise NotToBeGranted
    with tenancy.elevated():
        Supervision.objects.filter(
            supervisor=supervisor, therapist=therapist, ended_at=None, until__lte=timezone.now()
        ).update(ended_at=timezone.now())
        there, is_new = Supervision.objects.get_or_create(
            supervisor=supervisor, therapist=therapist, ended_at=None, defaults={"granted_by": by, "until": until}
        )
        if is_new:
            couples = CaseloadEntry.objects.filter(membership=therapist).values_list("couple_id", flat=True)
            sight.gained(supervisor, list(couples), occasion=f"supervision:{there.pk}", before=[therapist.pk])
    return there


def end(grant: Supervision, *, by: Membership) -> None:
    """End it: from the supervisor's next request on. Doing it again changes nothing."""
    if not by.runs_practice:
        raise NotToBeGranted
    with tenancy.elevated():
        Supervision.objects.filter(pk=grant.pk, ended_at=None).update(ended_at=timezone.now())


def in_force() -> QuerySet[Supervision]:
    """All that hold in the bound practice."""
    rows = Supervision.objects.filter(ended_at=None).exclude(until__lte=timezone.now())
    return rows.select_related("supervisor", "therapist").order_by("since", "pk")
