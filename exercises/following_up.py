"""What follows by itself: the day after a repair, care after opening up, a review when a trial is over.

What follows belongs to an assignment of its own, made when it is first needed: the same people, never a wider
lane. Each person finds theirs after their own part, so it tells nobody about anybody else.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from exercises import pausing, reminders, rounds, timing
from exercises.models import Assignment, Occurrence, Response
from exercises.reveals import set_reveals
from exercises.rounds import State
from exercises.schedule import dates
from exercises.signals import response_submitted
from exercises.vocabulary import Lane

Due, FollowUp = Assignment.Due, Assignment.FollowUp

#: From closed to open, as in exercises.giving; a joint answer is read by all, so what follows may be anything.
_CLOSED_FIRST = (Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.SHARED, Lane.JOINT)
_APART = (Lane.OWN, Lane.PRIVATE)


def key_of(parent: Assignment) -> uuid.UUID:
    """The act of giving under which what follows ``parent`` is kept, so that it is made once."""
    return uuid.uuid5(parent.pk, "follow-up")


def lane_after(parent: Assignment) -> Lane:
    """Return the lane of what follows: as it proposes, and never wider than what it follows."""
    proposed, before = Lane(parent.follow_up.content["lane"]), Lane(parent.lane)  # type: ignore[union-attr]
    if len(parent.audience) == 1:
        return before if before in (*_APART, Lane.SHARED) else Lane.PRIVATE
    return min(proposed, before, key=_CLOSED_FIRST.index)


def slot_after(slot: str) -> str:
    """Name the round that follows another: unlike its wall time, which is not when this is due."""
    return "a" + slot.replace("-", "").replace(":", "")


def children(parent: Assignment) -> list[Assignment]:
    """Return what follows ``parent``, made when it is not there yet: one for all, or one for each apart."""
    lane = lane_after(parent)
    audiences = [[one] for one in parent.audience] if lane in _APART else [list(parent.audience)]
    return [_child(parent, lane, audience) for audience in audiences]


def _child(parent: Assignment, lane: Lane, audience: list[uuid.UUID]) -> Assignment:
    made, _new = Assignment.objects.get_or_create(
        practice_id=parent.practice_id,
        couple=parent.couple,
        given_key=key_of(parent),
        audience=audience,
        defaults={
            "edition": parent.follow_up,
            "given_by_id": parent.given_by_id,
            "lane": lane,
            "why": "",
            "starts_on": parent.starts_on,
            "at": parent.at,
            "rule": "once",
            "due": Due.FOLLOW_UP,
            "opens_by": (parent.opens_by or Assignment.OpensBy.APPOINTMENT) if lane == Lane.REVEAL else "",
            "opens_at": parent.opens_at if lane == Lane.REVEAL else None,
            "remind": parent.remind,
            "reminder_steps": parent.reminder_steps,
            "goal_id": parent.goal_id,
            "run_id": parent.run_id,
            "run_week": parent.run_week,
        },
    )
    return made


def after(occurrence: Occurrence, base: datetime, now: datetime) -> list[Occurrence]:
    """Write what follows one occurrence, for whoever did it. Needs Attune itself (elevated); safe to repeat."""
    parent = occurrence.assignment
    if parent.follow_up_id is None or parent.withdrawn_at is not None:
        return []
    made = []
    for child in children(parent):
        when = timing.afterwards(child, slot_after(occurrence.slot), base, parent.follow_up_hours)
        for client_id, audience, _zone in rounds.asked(child):
            if occurrence.client_id is None or client_id in (None, occurrence.client_id):
                one = rounds.row(child, client_id, audience, when)
                one.follows = occurrence
                made.append(one)
    return _add(parent, made, now)


def after_the_last(parent: Assignment, now: datetime) -> list[Occurrence]:
    """Write the review that ends a trial, as soon as its last time is known; it follows when that moves."""
    if parent.follow_up_id is None or parent.follow_up_when != FollowUp.LAST:
        return []
    last = _last_rows(parent)
    if not last:
        return []
    base, slot = max(one.due_at for one in last), last[0].slot
    if base >= timing.SOMEDAY:
        return []
    made = []
    for child in children(parent):
        when = timing.afterwards(child, slot_after(slot), base, parent.follow_up_hours)
        there = {one.client_id: one for one in Occurrence.objects.filter(assignment=child).defer("skip_reason")}
        moved = [one for one in there.values() if one.state == State.OPEN and one.started_at is None]
        rounds.save_moved(one for one in moved if one.moved_at is None and rounds.put(one, when))
        missing = rounds.asked(child) if not there else []
        made += [rounds.row(child, client_id, audience, when) for client_id, audience, _zone in missing]
    return _add(parent, made, now)


def _last_rows(parent: Assignment) -> list[Occurrence]:
    """Return the rows of the last round, or none while it is not written yet or has no end."""
    rows = list(
        Occurrence.objects.filter(assignment=parent)
        .exclude(state=State.WITHDRAWN)
        .defer("skip_reason")
        .order_by("slot")
    )
    if not rows:
        return []
    newest = [one for one in rows if one.slot == rows[-1].slot]
    recurrence = parent.recurrence
    if parent.due == Due.APPOINTMENT:
        room = 1 if timing.asks_once(recurrence) else recurrence.count
        return newest if room is not None and rounds.number_of(newest[0].slot) >= room else []
    if recurrence.freq != "once" and not recurrence.count and not recurrence.until:
        return []
    every = dates(recurrence, parent.starts_on)
    return newest if every and newest[0].slot.startswith(every[-1].isoformat()) else []


def _add(parent: Assignment, made: list[Occurrence], now: datetime) -> list[Occurrence]:
    new = rounds.add(made)
    if new:
        if any(one.assignment.lane == Lane.REVEAL for one in new):
            set_reveals(parent.couple, now, assignments={one.assignment_id for one in new})
        pausing.settle(parent.couple, now)
        reminders.plan_for(*Occurrence.objects.filter(pk__in=[one.pk for one in new]).defer("skip_reason"))
    return new


@receiver(response_submitted)
def _response_submitted(sender: object, response: Response, **kwargs: Any) -> None:
    """After one's own part is sent, what follows it is there for the next day."""
    parent = response.occurrence.assignment
    begun_by_hand = parent.due == Due.ON_DEMAND  # then it was written when that began
    if parent.follow_up_id is None or parent.follow_up_when != FollowUp.EACH or begun_by_hand:
        return
    occurrence = Occurrence.objects.select_related("assignment__couple", "assignment__follow_up").get(
        pk=response.occurrence_id
    )
    if occurrence.state == State.DONE:
        after(occurrence, response.submitted_at, response.submitted_at)
