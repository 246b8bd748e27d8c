"""What is due before a session: one round for each, and it follows the session wherever that goes.

Rounds are numbered, sessions are not: the first round that is not over belongs to the next session, the one
after it to the session after that. So a round moves with its session, waits when that is called off, and takes
the next one that is made, with its answers and drafts. What is over stays where it was.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from clients.models import Appointment
from exercises import rounds
from exercises.models import Assignment, Occurrence
from exercises.rounds import State
from exercises.timing import WRITING, Times, asks_once, before_session, due_before
from practice.zones import start_of_day

#: How far ahead further rounds are written; the next one always is.
AHEAD = timedelta(days=30)


@dataclass
class _Round:
    """One round with its rows, and the session it belongs to from now on."""

    slot: str
    rows: list[Occurrence] = field(default_factory=list)
    session: Appointment | None = None

    @property
    def bound(self) -> Appointment | None:
        return self.rows[0].appointment if self.rows else None


def write(assignment: Assignment, now: datetime.datetime) -> tuple[list[Occurrence], list[Occurrence]]:
    """Bind rounds to sessions and write what is missing; return what is new and what moved."""
    every = _rounds(assignment)
    live = [one for one in every if not _is_over(one, now)]
    over = [one for one in every if one not in live]
    sessions = _sessions(assignment, every, now)
    for place, one in enumerate(live):
        one.session = sessions[place] if place < len(sessions) else None
    fresh = _fresh(assignment, len(every), len(live), sessions, now)
    opens = _first_opening(assignment, over, now)
    made, moved = [], []
    for one in [*live, *fresh]:
        new_rows, moved_rows = _settle(assignment, one, opens, now)
        made += new_rows
        moved += moved_rows
        opens = one.session.ends_at if one.session else now
    rounds.save_moved(moved)
    return rounds.add(made), moved


def _rounds(assignment: Assignment) -> list[_Round]:
    found: dict[str, _Round] = {}
    rows = (
        Occurrence.objects.filter(assignment=assignment)
        .exclude(state=State.WITHDRAWN)
        .select_related("appointment")
        .defer("skip_reason", "appointment__place")
        .order_by("slot", "pk")
    )
    for row in rows:
        found.setdefault(row.slot, _Round(row.slot)).rows.append(row)
    return list(found.values())


def _is_over(one: _Round, now: datetime.datetime) -> bool:
    session = one.bound
    if session is not None and session.cancelled_at is None:
        return session.starts_at <= now
    # Moved by hand, or its session called off in the meantime: over when nobody can answer it any more.
    return all(row.closes_at <= now for row in one.rows)


def _sessions(assignment: Assignment, every: list[_Round], now: datetime.datetime) -> list[Appointment]:
    """Return the sessions ahead that count: to which everybody comes who was given this, and in its time."""
    zone = assignment.couple.zone
    until = assignment.recurrence.until
    bound = {one.bound.pk for one in every if one.bound is not None}
    taken = _taken_before(assignment)
    found = []
    for session in Appointment.objects.filter(couple=assignment.couple).ahead(now).attended_by(assignment.audience):
        day = timezone.localtime(session.starts_at, zone).date()
        if day < assignment.starts_on or (until and day > until) or session.pk in taken:
            continue
        if session.pk in bound or due_before(assignment, session, zone) > now:
            found.append(session)
    return found


def _taken_before(assignment: Assignment) -> set[uuid.UUID]:
    """The sessions that the assignment which this one carries on has asked for already."""
    if assignment.continues_id is None:
        return set()
    kept = Occurrence.objects.filter(assignment=assignment.continues_id, appointment__isnull=False)
    return set(kept.exclude(state=State.WITHDRAWN).values_list("appointment_id", flat=True))


def _fresh(
    assignment: Assignment, there: int, live: int, sessions: list[Appointment], now: datetime.datetime
) -> list[_Round]:
    """Return the rounds to begin: the next one always, further ones when their session is near."""
    recurrence = assignment.recurrence
    room = 1 if asks_once(recurrence) else recurrence.count
    left = sessions[live:]
    made: list[_Round] = []
    today = timezone.localtime(now, assignment.couple.zone).date()
    if not left and not live and not (recurrence.until and today > recurrence.until):
        made.append(_Round(rounds.numbered(there + 1)))
    for session in left:
        if (live or made) and session.starts_at > now + AHEAD:
            break
        made.append(_Round(rounds.numbered(there + len(made) + 1), session=session))
    return made if room is None else made[: max(0, room - there)]


def _first_opening(assignment: Assignment, over: list[_Round], now: datetime.datetime) -> datetime.datetime:
    ends = [one.bound.ends_at for one in over if one.bound is not None and one.bound.cancelled_at is None]
    if ends:
        return max(ends)
    return start_of_day(assignment.starts_on, assignment.couple.zone)


def _settle(
    assignment: Assignment, one: _Round, opens: datetime.datetime, now: datetime.datetime
) -> tuple[list[Occurrence], list[Occurrence]]:
    """Give every row of a round its moments; return what is to be written and what has moved."""
    there = {row.client_id: row for row in one.rows}
    made, moved = [], []
    for client_id, audience, zone in rounds.asked(assignment):
        when = before_session(assignment, one.slot, one.session, zone, opens)
        row = there.get(client_id)
        if row is None:
            if not one.rows:
                made.append(rounds.row(assignment, client_id, audience, when))
        elif _follow(row, when, now):
            moved.append(row)
    return made, moved


def _follow(row: Occurrence, when: Times, now: datetime.datetime) -> bool:
    """Move one row along. What was opened stays open, and what had closed before its session opens again."""
    if row.moved_at is not None:
        when = Times(row.slot, row.opens_at, row.due_at, row.closes_at, row.grace_until, when.appointment_id)
        return rounds.put(row, when)
    opened = row.opens_at <= now
    closes = max(when.closes_at, now + WRITING) if opened and row.state == State.OPEN else when.closes_at
    opens = min(row.opens_at, when.due_at) if opened else when.opens_at
    changed = rounds.put(row, Times(row.slot, opens, when.due_at, closes, when.grace_until, when.appointment_id))
    if row.state == State.MISSED and row.closes_at > now:
        row.state, changed = State.OPEN, True
    return changed
