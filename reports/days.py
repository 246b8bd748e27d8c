"""Which days a report looks back on, for many couples in a fixed number of queries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Max, Min, Value
from django.utils import timezone

from clients.models import Appointment, Couple
from exercises.models import Assignment
from reports.editions import OPEN
from reports.models.report import Kind

#: What a new report is about unless somebody says otherwise.
USUAL = timedelta(weeks=12)
LONGEST_PERIOD = timedelta(days=366 * 2)
#: Kinds whose days nobody chooses: they follow from the couple.
OF_THEIR_OWN = (Kind.SHEET, Kind.CLOSING)
_LENGTH = ExpressionWrapper(F("minutes") * Value(timedelta(minutes=1)), output_field=DurationField())


@dataclass(frozen=True)
class Before:
    """The newest session of one make-up: an empty ``audience`` is everybody."""

    starts_at: datetime
    audience: frozenset[uuid.UUID]


def sessions_before(couples: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, list[Before]]:
    """For each couple, the newest kept session that is over, once for each make-up of those who came."""
    kept = Appointment.objects.filter(couple__in=list(couples), cancelled_at=None, starts_at__lte=now - _LENGTH)
    found: dict[uuid.UUID, list[Before]] = {}
    for couple_id, audience, last in kept.values_list("couple_id", "audience").annotate(last=Max("starts_at")):
        found.setdefault(couple_id, []).append(Before(last, frozenset(audience)))
    return found


def last_with(sessions: Iterable[Before], readers: set[uuid.UUID]) -> datetime | None:
    """The newest of ``sessions`` to which all ``readers`` came."""
    return max((one.starts_at for one in sessions if not one.audience or readers <= one.audience), default=None)


def last_of_all(sessions: Iterable[Before]) -> datetime | None:
    """The newest of ``sessions`` that everybody was asked to."""
    return max((one.starts_at for one in sessions if not one.audience), default=None)


def beginnings(couples: Iterable[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The day of the first thing that each couple was given openly.

    Only this counts: the dates of a shared report tell nothing of anything private.
    """
    rows = Assignment.objects.filter(couple__in=list(couples), lane__in=OPEN).order_by()
    return dict(rows.values_list("couple_id").annotate(first=Min("starts_on")))


def usual_period(couple: Couple, today: date) -> tuple[date, date]:
    """The last twelve weeks, or less if the first thing was given later. Never empty."""
    return usual_first(today, beginnings([couple.pk]).get(couple.pk)), today


def usual_first(today: date, beginning: date | None) -> date:
    """The first day of a report that nobody chose the days of: twelve weeks back, or where their work began."""
    latest = today - USUAL + timedelta(days=1)
    return min(max(beginning or latest, latest), today)


def of_their_own(kind: str, couples: Iterable[Couple], now: datetime) -> dict[uuid.UUID, tuple[date, date]]:
    """The first and last day of a session sheet, or of a summary at the end, of each couple."""
    every = list(couples)
    before = sessions_before([one.pk for one in every], now) if kind == Kind.SHEET else {}
    found = {}
    for couple in every:
        today = timezone.localtime(now, couple.zone).date()
        last = last_of_all(before.get(couple.pk, ()))
        first = timezone.localtime(last, couple.zone).date() if last else couple.started_on
        found[couple.pk] = (min(first, today), today)
    return found
