"""How much each partner sent of what was due, for many couples at once.

Counted as a clinical report counts it: everybody for themselves, once for each time something was due; what was
skipped is left out, what was taken back or rested was never asked for, and what a partner keeps for themselves is
nobody's to count. Days are the couple's own.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, F, Func, Q, Value
from django.db.models.functions import Cast

from exercises.models import Occurrence
from exercises.vocabulary import Lane
from practice.written import Asked, Written

#: The days that count, today among them.
DAYS = 28
#: Wherever a couple lives, its days lie within so much of anybody's.
ROUND_THE_EARTH = timedelta(days=1)

State = Occurrence.State


@dataclass(frozen=True)
class Adherence:
    """One partner: so many sent of so many that were due."""

    sent: int = 0
    due: int = 0

    def __add__(self, other: Adherence) -> Adherence:
        return Adherence(self.sent + other.sent, self.due + other.due)


def _day(moment: Any) -> Cast:
    """The day of a moment where the couple is."""
    return Cast(Func(F("couple__time_zone"), moment, function="timezone"), DateField())


#: Couple, client and audience; how much was sent, and of how much.
Counted = tuple[uuid.UUID, uuid.UUID | None, list[uuid.UUID], int, int]
_SENT: Written[Counted] = Written(
    lambda couples, now, since, until: (
        Occurrence.objects.filter(
            couple_id__in=couples,
            due_at__gte=since,
            due_at__lt=until,
            opens_at__lte=now,
            state__in=[State.OPEN, State.DONE, State.MISSED],
        )
        .exclude(assignment__lane=Lane.OWN)
        .alias(day=_day(F("due_at")), today=_day(Value(now)))
        .filter(day__lte=F("today"), day__gt=F("today") - timedelta(days=DAYS))
        .order_by()
        .values_list("couple_id", "client_id", "audience")
        .annotate(sent=Count("pk", filter=Q(state=State.DONE)), due=Count("pk"))
    ),
    couples=[uuid.UUID],
    now=datetime,
    since=datetime,
    until=datetime,
)


def asked(couples: Collection[uuid.UUID], now: datetime) -> Asked[list[Counted]]:
    """Return what asks how much was sent of what was due in these days, for :func:`practice.written.together`."""
    days = timedelta(days=DAYS) + ROUND_THE_EARTH
    return _SENT.of(couples=couples, now=now, since=now - days, until=now + ROUND_THE_EARTH)


def by_partner(rows: Iterable[Counted]) -> dict[tuple[uuid.UUID, uuid.UUID], Adherence]:
    """Return what came of :func:`asked` by couple and client."""
    found: dict[tuple[uuid.UUID, uuid.UUID], Adherence] = defaultdict(Adherence)
    for couple_id, client_id, audience, sent, due in rows:
        for person in [client_id] if client_id else audience:
            found[couple_id, person] += Adherence(sent, due)
    return found
