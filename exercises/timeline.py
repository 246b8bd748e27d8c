"""Everything with one couple in order: sessions, what was given, answers, reviews, messages, goals.

Two views that never mix, as everywhere on the desk: what is for all partners, and what one of them has with
the therapist alone. One query finds the order, a few more fetch what a page shows, whatever its length.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from clients.models import Appointment, Client, Couple
from exercises import record
from exercises.caseload import APART, kept_apart
from exercises.models import Assignment, Goal, Occurrence, Response, Review, Thread
from exercises.vocabulary import Lane
from practice.models import Membership

A_PAGE = 40

Kinds = dict[str, QuerySet[Any]]


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``about`` is the row it is about; ``event`` is there for a response."""

    kind: str
    at: datetime
    about: Any
    event: record.Event | None = None

    @property
    def by_day(self) -> bool:
        """Whether only the day is known."""
        return self.kind == "goal"


def order_of(couple: Couple, client: Client | None = None) -> QuerySet[Any]:
    """Return (kind, id, moment) of everything, the latest first: for a Paginator."""
    first, *others = [
        rows.annotate(kind=Value(kind, output_field=CharField())).values_list("kind", "pk", "moment")
        for kind, rows in _rows(couple, client).items()
    ]
    return first.union(*others, all=True).order_by("-moment", "pk")


def entries(
    found: Collection[tuple[str, uuid.UUID, datetime]], couple: Couple, membership: Membership, client: Client | None
) -> list[Entry]:
    """Fetch what a page of :func:`order_of` names. The couple comes ``with_partners``."""
    keys: dict[str, list[uuid.UUID]] = defaultdict(list)
    for kind, pk, _at in found:
        keys[kind].append(pk)
    rows = _rows(couple, client)
    about = {kind: {one.pk: one for one in _with_details(kind, rows[kind]).filter(pk__in=keys[kind])} for kind in rows}
    sent = list(about["response"].values())
    shown = record.events(sent, couple, membership, apart=client is not None)
    event = {one.pk: told for one, told in zip(sent, shown, strict=True)}
    return [Entry(kind, at, about[kind][pk], event.get(pk)) for kind, pk, at in found if pk in about[kind]]


def _rows(couple: Couple, client: Client | None) -> Kinds:
    kinds = _private(couple, client) if client else _open(couple)
    moments: dict[str, Any] = {
        "session": F("starts_at"),
        "given": F("given_at"),
        "response": F("submitted_at"),
        "skip": Coalesce("done_at", "due_at"),
        "review": F("reviewed_at"),
        "thread": F("opened_at"),
        "goal": Cast("started_on", DateTimeField()),
        "ended": Coalesce("reached_at", "dropped_at"),
    }
    return {kind: rows.order_by().annotate(moment=moments[kind]) for kind, rows in kinds.items()}


def _open(couple: Couple) -> Kinds:
    goals = Goal.objects.filter(couple=couple, lane=Lane.SHARED)
    return {
        "session": Appointment.objects.filter(couple=couple, audience=[]),
        "given": Assignment.objects.filter(couple=couple).exclude(lane__in=APART),
        "response": Response.objects.newest().filter(couple=couple).exclude(lane__in=APART),
        "skip": Occurrence.objects.filter(couple=couple, state=Occurrence.State.SKIPPED).exclude(
            assignment__lane__in=APART
        ),
        "review": Review.objects.filter(couple=couple, apart=False),
        "thread": Thread.objects.filter(couple=couple, audience__len__gt=1),
        "goal": goals,
        "ended": goals.filter(Q(reached_at__isnull=False) | Q(dropped_at__isnull=False)),
    }


def _private(couple: Couple, client: Client) -> Kinds:
    goals = Goal.objects.filter(couple=couple, lane=Lane.PRIVATE, audience=[client.pk])
    return {
        "session": Appointment.objects.filter(couple=couple, audience=[client.pk]),
        "given": Assignment.objects.filter(couple=couple, lane__in=APART, audience=[client.pk]),
        "response": Response.objects.newest().filter(kept_apart(), couple=couple, author=client),
        "skip": Occurrence.objects.filter(
            couple=couple, state=Occurrence.State.SKIPPED, assignment__lane__in=APART, client=client
        ),
        "review": Review.objects.filter(couple=couple, apart=True, author=client),
        "thread": Thread.objects.filter(couple=couple, audience=[client.pk]),
        "goal": goals,
        "ended": goals.filter(Q(reached_at__isnull=False) | Q(dropped_at__isnull=False)),
    }


def _with_details(kind: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    details = {
        "given": ("edition",),
        "response": ("edition", "author"),
        "skip": ("assignment__edition", "client"),
        "review": ("response__edition", "author", "membership"),
        "thread": ("assignment__edition",),
    }
    return rows.select_related(*details[kind]) if kind in details else rows
