"""When a sealed round opens: at a stated date, at the next session; kept up to date as sessions move."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from clients.models import Appointment, Couple
from exercises import lanes
from exercises.models import Assignment, Occurrence
from exercises.vocabulary import Lane

#: Moments that the planner keeps up to date; the other two are set when they happen.
KNOWN_AHEAD = (Assignment.OpensBy.APPOINTMENT, Assignment.OpensBy.DATE)


def reveal_moment(
    assignment: Assignment, due_at: datetime, closes_at: datetime, sessions: Sequence[datetime]
) -> datetime | None:
    """Return when one round of a reveal opens for all who sent, or None while nobody can know.

    ``sessions`` are the starts of kept appointments in order. A date that is over before the round is due
    cannot be its moment; then it opens when the round closes.
    """
    match assignment.opens_by:
        case Assignment.OpensBy.APPOINTMENT:
            return next((start for start in sessions if start >= due_at), None)
        case Assignment.OpensBy.DATE:
            stated = assignment.opens_at
            return stated if stated is not None and stated >= due_at else closes_at
    return None


def set_reveals(couple: Couple, now: datetime, *, assignments: Iterable[uuid.UUID] | None = None) -> None:
    """Write the opening moment of every round that has not opened yet, and of what was sent for it."""
    waiting = Occurrence.objects.filter(
        Q(reveals_at=None) | Q(reveals_at__gt=now),
        couple=couple,
        assignment__lane=Lane.REVEAL,
        assignment__opens_by__in=KNOWN_AHEAD,
        assignment__withdrawn_at=None,
    ).select_related("assignment")
    if assignments is not None:
        waiting = waiting.filter(assignment_id__in=list(assignments))
    rounds: dict[tuple[uuid.UUID, str], list[Occurrence]] = defaultdict(list)
    for one in waiting.defer("skip_reason", "assignment__why"):
        rounds[one.assignment_id, one.slot].append(one)
    kept = list(Appointment.objects.filter(couple=couple, cancelled_at=None).order_by("starts_at").defer("place"))
    changed: dict[datetime | None, list[uuid.UUID]] = defaultdict(list)
    for siblings in rounds.values():
        given = siblings[0].assignment
        moment = reveal_moment(
            given,
            max(one.due_at for one in siblings),
            max(one.closes_at for one in siblings),
            # A session to which not all of them come is none that anything of theirs opens at.
            [one.starts_at for one in kept if not one.audience or set(given.audience) <= set(one.audience)],
        )
        changed[moment] += [one.pk for one in siblings if one.reveals_at != moment]
    for moment, ids in changed.items():
        lanes.set_reveal(ids, moment, now)
