"""When each person is asked: occurrences are written a short way ahead, closed, and follow what moves.

Everything here may run twice, at once, late, or in any order, and ends in the same rows: a slot is a wall
time or the number of a round, and the database keeps one occurrence for a slot and a person. All of it runs
as Attune itself inside the bound practice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef
from django.dispatch import receiver
from django.utils import timezone

from clients.models import Client, Couple
from clients.signals import appointments_changed, contact_changed
from exercises import before_sessions, following_up, pausing, reminders, rounds, timing
from exercises.models import Assignment, Occurrence, Response
from exercises.reveals import reveal_moment, set_reveals
from exercises.rounds import State, zones_of
from exercises.timing import Times, asks_once
from exercises.vocabulary import Lane
from practice import tenancy

__all__ = ["Times", "close_due", "end_finished", "plan", "reveal_moment", "times", "zones_of"]

AHEAD = timedelta(days=30)
Due = Assignment.Due


def plan(assignment: Assignment, now: datetime) -> list[Occurrence]:
    """Write what falls due in the next 30 days, for each person in their own zone; return what is new.

    What is ahead and not begun follows a person into another time zone, and a session wherever it goes.
    What a pause covers rests. Reminders are planned along.
    """
    with tenancy.elevated():
        locked = Assignment.objects.select_for_update(of=("self",)).select_related("couple").get(pk=assignment.pk)
        if locked.withdrawn_at or locked.ended_at or locked.couple.status != Couple.Status.ACTIVE:
            return []
        made, moved = _write(locked, now)
        moved += following_up.after_the_last(locked, now)
        locked.planned_until = (timezone.localtime(now, locked.couple.zone) + AHEAD).date()
        if locked.lane == Lane.REVEAL:
            set_reveals(locked.couple, now, assignments=[locked.pk])
        locked.save(update_fields=["planned_until"])
        pausing.settle(locked.couple, now)
        reminders.plan_for(*Occurrence.objects.filter(pk__in=[one.pk for one in made + moved]))
    return made


def times(assignment: Assignment, zone: ZoneInfo, now: datetime, *, ahead: timedelta = AHEAD) -> list[Times]:
    """Return the slots of a rhythm in one zone that can still be answered, up to ``ahead`` from now."""
    return timing.times(assignment, zone, now, ahead=ahead)


def _write(assignment: Assignment, now: datetime) -> tuple[list[Occurrence], list[Occurrence]]:
    """Write what is missing and move what lies ahead; return both."""
    match assignment.due:
        case Due.RHYTHM:
            return _write_dates(assignment, now)
        case Due.APPOINTMENT:
            return before_sessions.write(assignment, now)
    return [], []  # begun by hand, or by what it follows


def _write_dates(assignment: Assignment, now: datetime) -> tuple[list[Occurrence], list[Occurrence]]:
    there = {
        (one.client_id, one.slot): one
        for one in Occurrence.objects.filter(assignment=assignment, closes_at__gt=now).defer("skip_reason")
    }
    missing, moved = [], []
    for client_id, audience, zone in rounds.asked(assignment):
        for when in times(assignment, zone, now):
            known = there.get((client_id, when.slot))
            if known is None:
                missing.append(rounds.row(assignment, client_id, audience, when))
            elif _follows(known, now) and rounds.put(known, when):
                moved.append(known)
    rounds.save_moved(moved)
    return rounds.add(missing), moved


def _follows(known: Occurrence, now: datetime) -> bool:
    """Only what is still ahead moves with its person: what was opened to them stays where it was."""
    waits = known.state in (State.OPEN, State.PAUSED) and known.started_at is None
    return waits and known.moved_at is None and known.opens_at > now


def close_due(now: datetime) -> int:
    """Close what can no longer be answered; return how many.

    A joint one that was sent in part counts as done: what is there was given.
    """
    with tenancy.elevated():
        ending = Occurrence.objects.open().filter(closes_at__lte=now)
        sent = Response.objects.filter(occurrence=OuterRef("pk"), practice_id=OuterRef("practice_id"))
        partly = ending.filter(Exists(sent)).update(state=State.DONE, done_at=now)
        return partly + ending.update(state=State.MISSED)


def end_finished(now: datetime) -> int:
    """Mark assignments whose rhythm has come to its end, so that nobody plans or lists them; return how many."""
    with tenancy.elevated():
        rows = Occurrence.objects.filter(assignment=OuterRef("pk"), practice_id=OuterRef("practice_id"))
        resting = rows.filter(state=State.PAUSED)
        waiting = (
            Assignment.objects.running()
            .filter(~Exists(rows.open()), planned_until__isnull=False, due__in=[Due.RHYTHM, Due.APPOINTMENT])
            .exclude(Exists(resting) & Exists(pausing.running_for(OuterRef("couple_id"), now)))
            .select_related("couple")
        )
        over = [one.pk for one in waiting if _is_finished(one, now)]
        return Assignment.objects.filter(pk__in=over).update(ended_at=now)


def _is_finished(assignment: Assignment, now: datetime) -> bool:
    if assignment.due == Due.RHYTHM:
        return not times(assignment, assignment.couple.zone, now, ahead=timedelta(days=366 * 2))
    recurrence = assignment.recurrence
    if recurrence.until and timezone.localtime(now, assignment.couple.zone).date() > recurrence.until:
        return True
    room = 1 if asks_once(recurrence) else recurrence.count
    slots = Occurrence.objects.filter(assignment=assignment).values_list("slot", flat=True)
    return room is not None and len(set(slots)) >= room


# ── following what moves ─────────────────────────────────────────────────────


def follow_appointments(couple: Couple) -> None:
    """Move what waits for a session, after appointments were made, moved or cancelled."""
    now = timezone.now()
    with tenancy.elevated():
        waiting = list(Assignment.objects.running().filter(couple=couple, due=Due.APPOINTMENT).order_by("pk"))
        for assignment in waiting:
            plan(assignment, now)
        set_reveals(couple, now)


def follow_zone(client: Client) -> None:
    """Ask a client at their own new local times, after their time zone changed."""
    with tenancy.elevated():
        running = list(Assignment.objects.running().filter(audience__contains=[client.pk]).order_by("pk"))
    for assignment in running:
        plan(assignment, timezone.now())


@receiver(appointments_changed)
def _appointments_changed(sender: object, couple: Couple, **kwargs: Any) -> None:
    follow_appointments(couple)


@receiver(contact_changed)
def _contact_changed(sender: object, client: Client, **kwargs: Any) -> None:
    follow_zone(client)
