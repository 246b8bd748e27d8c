"""What has opened for everybody in a couple: side by side, one slot of an assignment at a time.

A person's own sign-in decides what is readable; only *which rows belong to the same slot* is looked up as
Attune itself, for answers that may be read anyway.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import Http404

from clients.models import Client
from exercises.lanes import OPEN_LANES
from exercises.models import Assignment, Edition, Occurrence, Response
from exercises.vocabulary import Lane
from practice import tenancy


@dataclass
class Opened:
    """One slot of which this person may read something. ``at`` is the occurrence that stands for it."""

    assignment: Assignment
    slot: str
    at: uuid.UUID
    moment: datetime.datetime
    responses: list[Response] = field(default_factory=list)

    @property
    def edition(self) -> Edition:
        return self.assignment.edition

    @property
    def lane(self) -> str:
        return self.assignment.lane


def readable(person: Client, couples: list[uuid.UUID], now: datetime.datetime):
    """Responses that are open for this person: their own, and those of others that a lane lets through."""
    return Response.objects.filter(
        Q(author=person) | Q(readers__contains=[person.pk]),
        couple__in=couples,
        lane__in=OPEN_LANES,
        opens_at__lte=now,
    )


def opened(person: Client, couples: list[uuid.UUID], now: datetime.datetime, limit: int = 60) -> list[Opened]:
    """Return the slots with something open, what opened last first."""
    responses = list(readable(person, couples, now).order_by("-opens_at", "-pk")[:limit])
    return _by_slot(person, responses)


def _by_slot(person: Client, responses: list[Response]) -> list[Opened]:
    with tenancy.elevated():
        rows = {
            one.pk: one
            for one in Occurrence.objects.filter(pk__in={one.occurrence_id for one in responses}).select_related(
                "assignment__edition"
            )
        }
    found: dict[tuple[uuid.UUID, str], Opened] = {}
    for response in responses:
        row = rows[response.occurrence_id]
        group = found.get((row.assignment_id, row.slot))
        if group is None:
            group = Opened(row.assignment, row.slot, row.pk, response.opens_at or response.submitted_at)
            found[row.assignment_id, row.slot] = group
        group.responses.append(response)
        if response.author_id == person.pk:
            group.at = row.pk
    return list(found.values())


def sealed(person: Client, couples: list[uuid.UUID], now: datetime.datetime, limit: int = 6) -> list[Response]:
    """Return what this person has sent that waits for its moment. Nothing here tells of anybody else."""
    return list(
        Response.objects.filter(
            Q(opens_at=None) | Q(opens_at__gt=now),
            author=person,
            couple__in=couples,
            lane=Lane.REVEAL,
        )
        .select_related("occurrence__assignment__edition")
        .order_by("-submitted_at")[:limit]
    )


def one(person: Client, couples: list[uuid.UUID], occurrence_id: uuid.UUID, now: datetime.datetime) -> Opened:
    """Return the slot that an occurrence stands for. With nothing to read in it: the same 404 as unknown."""
    with tenancy.elevated():
        row = Occurrence.objects.filter(pk=occurrence_id, couple__in=couples).first()
        slot = (
            list(Occurrence.objects.filter(assignment_id=row.assignment_id, slot=row.slot).values_list("pk", flat=True))
            if row is not None and row.assignment_id is not None
            else []
        )
    groups = _by_slot(person, list(readable(person, couples, now).filter(occurrence__in=slot).order_by("pk")))
    if not groups:
        raise Http404
    return groups[0]
