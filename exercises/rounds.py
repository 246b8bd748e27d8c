"""The rows of a round: who is asked, in which zone, and how rows come to stand where they belong."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from clients.models import Contact, Couple, Partner
from exercises.models import Assignment, Occurrence
from exercises.schedule import zone as zone_called
from exercises.timing import Times

State = Occurrence.State

#: What names a round: a wall time, a number where no calendar decides, or the round that it follows.
SLOT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}|round-\d{4}|a(?:\d{8}T\d{4}|round\d{4})", re.ASCII)

#: Who is asked separately, who may see it, and the zone it is asked in.
Asked = tuple[uuid.UUID | None, list[uuid.UUID], ZoneInfo]


def numbered(n: int) -> str:
    """The slot of the n-th round, counted from 1."""
    return f"round-{n:04d}"


def number_of(slot: str) -> int:
    return int(slot.removeprefix("round-"))


def zones_of(couple: Couple, clients: Iterable[uuid.UUID]) -> dict[uuid.UUID, ZoneInfo]:
    """Return each client's own zone; the couple's where a client has said none."""
    known = dict(Contact.objects.filter(client_id__in=list(clients)).values_list("client_id", "time_zone"))
    return {client: zone_called(known[client]) if known.get(client) else couple.zone for client in clients}


def asked(assignment: Assignment) -> list[Asked]:
    """Return everybody who is asked, or one entry for all of them when it is joint."""
    partners = list(
        Partner.objects.filter(couple=assignment.couple, client_id__in=assignment.audience, left_at=None).values_list(
            "client_id", flat=True
        )
    )
    if assignment.is_joint:
        return [(None, partners, assignment.couple.zone)] if partners else []
    zones = zones_of(assignment.couple, partners)
    return [(client_id, [client_id], zones[client_id]) for client_id in partners]


def row(assignment: Assignment, client_id: uuid.UUID | None, audience: list[uuid.UUID], when: Times) -> Occurrence:
    """Return the occurrence of one person, not saved yet."""
    return Occurrence(
        practice_id=assignment.practice_id,
        couple_id=assignment.couple_id,
        assignment=assignment,
        client_id=client_id,
        audience=audience,
        slot=when.slot,
        opens_at=max(when.opens_at, min(assignment.given_at, when.due_at)),
        due_at=when.due_at,
        closes_at=when.closes_at,
        grace_until=when.grace_until,
        appointment_id=when.appointment_id,
    )


def add(rows: list[Occurrence]) -> list[Occurrence]:
    """Write rows; return those that were not there yet."""
    Occurrence.objects.bulk_create(rows, ignore_conflicts=True)
    kept = set(Occurrence.objects.filter(pk__in=[one.pk for one in rows]).values_list("pk", flat=True))
    return [one for one in rows if one.pk in kept]


def put(one: Occurrence, when: Times) -> bool:
    """Give a row other moments; tell whether that changed anything. Save with :func:`save_moved`."""
    before = (one.opens_at, one.due_at, one.closes_at, one.grace_until, one.appointment_id)
    one.opens_at, one.due_at, one.closes_at = when.opens_at, when.due_at, when.closes_at
    one.grace_until, one.appointment_id = when.grace_until, when.appointment_id
    return before != (one.opens_at, one.due_at, one.closes_at, one.grace_until, one.appointment_id)


def save_moved(rows: Iterable[Occurrence]) -> None:
    fields = ["opens_at", "due_at", "closes_at", "grace_until", "appointment", "moved_at", "state"]
    Occurrence.objects.bulk_update(list(rows), fields)
