"""The ledger: what became of everything that was due, by practice and hour, so that nothing is silently lost.

What was due in an hour is what was planned for it. Each such message is in exactly one place, so the places add up to
what was due; :attr:`Line.balances` says whether they do, and a message in a state that nobody knows breaks it.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from django.db import connection

from practice import dispatch, tenancy
from practice.models import Message

State = Message.State

#: The places a message can be in, and the states that mean it.
PLACES: dict[str, tuple[str, ...]] = {
    "accepted": (State.ACCEPTED,),
    "delivered": (State.DELIVERED,),
    "bounced": (State.BOUNCED,),
    "complained": (State.COMPLAINED,),
    "skipped": (State.SKIPPED,),
    "cancelled": (State.CANCELLED,),
    "unknown": (State.UNKNOWN,),
    "dead": (State.DEAD,),
    "waiting": (State.PLANNED, State.CLAIMED, State.HANDING_OFF),
}
PLACE_OF = {state: place for place, states in PLACES.items() for state in states}
#: What left without being wanted needs no reason; everything else that did not arrive does.
WITH_REASON = ("skipped", "cancelled", "dead", "unknown")

# One statement, so that what was due and where it is are of the same moment. What has no meant time is from before
# there was one.
COUNTS = """
    SELECT hour, state, reason, count(*) FROM (
        SELECT date_trunc('hour', coalesce(planned_for, due_at), 'UTC') AS hour, state, reason
        FROM practice_message
        WHERE practice_id = %(practice)s
          AND (planned_for >= %(since)s AND planned_for < %(until)s
               OR planned_for IS NULL AND due_at >= %(since)s AND due_at < %(until)s)
    ) AS due
    GROUP BY GROUPING SETS ((hour), (hour, state, reason)) ORDER BY hour, state NULLS FIRST
"""


@dataclass(frozen=True)
class Line:
    """What was due in one practice in the hour that begins at ``hour``, and where it is now."""

    practice_id: uuid.UUID
    hour: datetime.datetime
    due: int
    places: Counter[str] = field(default_factory=Counter)
    #: How many of a place for which reason: ('skipped', 'paused').
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def balances(self) -> bool:
        """Whether everything that was due is somewhere, once."""
        return self.due == sum(self.places[one] for one in PLACES)

    @property
    def unexplained(self) -> int:
        """How many did not leave and do not say why."""
        return sum(count for (_place, reason), count in self.reasons.items() if not reason)


def lines(
    since: datetime.datetime, until: datetime.datetime, practice_ids: Iterable[uuid.UUID] | None = None
) -> Iterator[Line]:
    """Return the ledger from ``since`` on and before ``until``, practice after practice, one line for each hour.

    Only one practice's hours are held at a time.
    """
    for practice_id in dispatch.practices() if practice_ids is None else practice_ids:
        yield from of_practice(practice_id, since, until)


def of_practice(practice_id: uuid.UUID, since: datetime.datetime, until: datetime.datetime) -> list[Line]:
    """Return the lines of one practice."""
    with tenancy.acting(tenancy.as_system(practice_id)), connection.cursor() as cursor:
        cursor.execute(COUNTS, {"practice": practice_id, "since": since, "until": until})
        rows = cursor.fetchall()
    return [_line(practice_id, hour, list(of_hour)) for hour, of_hour in groupby(rows, lambda row: row[0])]


def _line(practice_id: uuid.UUID, hour: datetime.datetime, rows: list[tuple]) -> Line:
    line = Line(practice_id, hour, next(count for _hour, state, _reason, count in rows if state is None))
    for _hour, state, reason, count in rows:
        if state is None:
            continue
        place = PLACE_OF.get(state, state)
        line.places[place] += count
        if place in WITH_REASON:
            line.reasons[place, reason] += count
    return line


def oldest_due(practice_ids: Iterable[uuid.UUID] | None = None) -> datetime.datetime | None:
    """Return since when the message waits that is due and has waited longest; None when nothing is due."""
    from practice.clock import Now

    oldest = None
    for practice_id in dispatch.practices_with_due() if practice_ids is None else practice_ids:
        with tenancy.acting(tenancy.as_system(practice_id)):
            due = Message.objects.filter(state=State.PLANNED, due_at__lte=Now()).order_by("due_at")
            first = due.values_list("due_at", flat=True).first()
        oldest = min((one for one in (oldest, first) if one), default=None)
    return oldest
