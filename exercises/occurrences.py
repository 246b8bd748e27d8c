"""When each person is asked: occurrences are written a short way ahead, closed, and follow what moves.

Everything here may run twice, at once, late, or in any order, and ends in the same rows: a slot is a wall
time, and the database keeps one occurrence for a slot and a person. All of it runs as Attune itself inside
the bound practice.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils import timezone

from clients.models import Appointment, Client, Contact, Couple, Partner
from clients.signals import appointments_changed, contact_changed
from exercises import lanes, reminders
from exercises.models import Assignment, Occurrence, Response
from exercises.recurrence import Freq
from exercises.schedule import Slot, instant, next_occurrences
from exercises.schedule import zone as zone_called
from exercises.vocabulary import Lane
from practice import tenancy

AHEAD = timedelta(days=30)
#: How long something may still be answered after it was due.
STAYS_OPEN = timedelta(days=7)
STAYS_OPEN_ONCE = timedelta(days=14)


@dataclass(frozen=True)
class Times:
    """One slot of one person: when it opens, is due and closes."""

    slot: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime


def plan(assignment: Assignment, now: datetime) -> list[Occurrence]:
    """Write what falls due in the next 30 days, for each person in their own zone; return what is new.

    What is ahead and not begun follows a person into another time zone. Reminders are planned along.
    """
    with tenancy.elevated():
        locked = Assignment.objects.select_for_update(of=("self",)).select_related("couple").get(pk=assignment.pk)
        if locked.withdrawn_at or locked.ended_at or locked.couple.status != Couple.Status.ACTIVE:
            return []
        made, moved = _write(locked, now)
        locked.planned_until = (timezone.localtime(now, locked.couple.zone) + AHEAD).date()
        if locked.lane == Lane.REVEAL:
            _set_reveals(locked.couple, now, assignments=[locked.pk])
        locked.save(update_fields=["planned_until"])
        reminders.plan_for(*Occurrence.objects.filter(pk__in=[one.pk for one in made + moved]))
    return made


def times(assignment: Assignment, zone: ZoneInfo, now: datetime, *, ahead: timedelta = AHEAD) -> list[Times]:
    """Return the slots of one zone that can still be answered, up to ``ahead`` from now."""
    today = timezone.localtime(now, zone).date()
    recurrence = assignment.recurrence
    slots = next_occurrences(
        recurrence,
        assignment.starts_on,
        assignment.at,
        zone,
        start=today - STAYS_OPEN_ONCE,
        # Looking a little further shows when the last one has to make room for its successor.
        end=today + ahead + STAYS_OPEN_ONCE,
    )
    once = recurrence.freq == Freq.ONCE or recurrence.count == 1
    longest = STAYS_OPEN_ONCE if once else STAYS_OPEN
    found = []
    for slot, following in zip_longest(slots, slots[1:]):
        closes = slot.due + longest
        if following is not None:
            closes = min(closes, _start_of(following, zone))
        if closes > now and slot.day <= today + ahead:
            found.append(Times(slot.key, _start_of(slot, zone), slot.due, closes))
    return found


def _start_of(slot: Slot, zone: ZoneInfo) -> datetime:
    return instant(slot.day, time(), zone) or slot.due


def zones_of(couple: Couple, clients: Iterable[uuid.UUID]) -> dict[uuid.UUID, ZoneInfo]:
    """Return each client's own zone; the couple's where a client has said none."""
    known = dict(Contact.objects.filter(client_id__in=list(clients)).values_list("client_id", "time_zone"))
    return {client: zone_called(known[client]) if known.get(client) else couple.zone for client in clients}


def _write(assignment: Assignment, now: datetime) -> tuple[list[Occurrence], list[Occurrence]]:
    """Write what is missing and move what lies ahead; return both."""
    there = {
        (one.client_id, one.slot): one
        for one in Occurrence.objects.filter(assignment=assignment, closes_at__gt=now).defer("skip_reason")
    }
    missing, moved = [], []
    for client_id, audience, zone in _asked(assignment):
        for when in times(assignment, zone, now):
            known = there.get((client_id, when.slot))
            if known is None:
                missing.append(_occurrence(assignment, client_id, audience, when))
            elif _follows(known, when, now):
                known.opens_at, known.due_at, known.closes_at = when.opens_at, when.due_at, when.closes_at
                moved.append(known)
    Occurrence.objects.bulk_create(missing, ignore_conflicts=True)
    Occurrence.objects.bulk_update(moved, ["opens_at", "due_at", "closes_at"])
    kept = set(Occurrence.objects.filter(pk__in=[one.pk for one in missing]).values_list("pk", flat=True))
    return [one for one in missing if one.pk in kept], moved


def _asked(assignment: Assignment) -> list[tuple[uuid.UUID | None, list[uuid.UUID], ZoneInfo]]:
    """Return who is asked separately, who may see it, and the zone it is asked in."""
    partners = list(
        Partner.objects.filter(couple=assignment.couple, client_id__in=assignment.audience, left_at=None).values_list(
            "client_id", flat=True
        )
    )
    if assignment.is_joint:
        return [(None, partners, assignment.couple.zone)] if partners else []
    zones = zones_of(assignment.couple, partners)
    return [(client_id, [client_id], zones[client_id]) for client_id in partners]


def _occurrence(
    assignment: Assignment, client_id: uuid.UUID | None, audience: list[uuid.UUID], when: Times
) -> Occurrence:
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
    )


def _follows(known: Occurrence, when: Times, now: datetime) -> bool:
    """Only what is still ahead moves with its person: what was opened to them stays where it was."""
    ahead = known.state == Occurrence.State.OPEN and known.started_at is None and known.opens_at > now
    return ahead and (known.due_at, known.closes_at) != (when.due_at, when.closes_at)


def close_due(now: datetime) -> int:
    """Close what can no longer be answered; return how many.

    A joint one that was sent in part counts as done: what is there was given.
    """
    with tenancy.elevated():
        ending = Occurrence.objects.open().filter(closes_at__lte=now)
        sent = Response.objects.filter(occurrence=OuterRef("pk"), practice_id=OuterRef("practice_id"))
        partly = ending.filter(Exists(sent)).update(state=Occurrence.State.DONE, done_at=now)
        return partly + ending.update(state=Occurrence.State.MISSED)


def end_finished(now: datetime) -> int:
    """Mark assignments whose rhythm has come to its end, so that nobody plans or lists them; return how many."""
    with tenancy.elevated():
        open_ones = Occurrence.objects.open().filter(assignment=OuterRef("pk"), practice_id=OuterRef("practice_id"))
        over = [
            one.pk
            for one in Assignment.objects.running()
            .filter(~Exists(open_ones), planned_until__isnull=False)
            .select_related("couple")
            if not times(one, one.couple.zone, now, ahead=timedelta(days=366 * 2))
        ]
        return Assignment.objects.filter(pk__in=over).update(ended_at=now)


# ── reveals ──────────────────────────────────────────────────────────────────


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


#: Moments that the planner keeps up to date; the other two are set when they happen.
KNOWN_AHEAD = (Assignment.OpensBy.APPOINTMENT, Assignment.OpensBy.DATE)


def _set_reveals(couple: Couple, now: datetime, *, assignments: Iterable[uuid.UUID] | None = None) -> None:
    """Write the opening moment of every round that has not opened yet, and of what was sent for it."""
    rounds: dict[tuple[uuid.UUID, str], list[Occurrence]] = defaultdict(list)
    waiting = Occurrence.objects.filter(
        Q(reveals_at=None) | Q(reveals_at__gt=now),
        couple=couple,
        assignment__lane=Lane.REVEAL,
        assignment__opens_by__in=KNOWN_AHEAD,
        assignment__withdrawn_at=None,
    ).select_related("assignment")
    if assignments is not None:
        waiting = waiting.filter(assignment_id__in=list(assignments))
    for one in waiting.defer("skip_reason", "assignment__why"):
        rounds[one.assignment_id, one.slot].append(one)
    kept = Appointment.objects.filter(couple=couple, cancelled_at=None).order_by("starts_at")
    sessions = list(kept.values_list("starts_at", flat=True))
    changed: dict[datetime | None, list[uuid.UUID]] = defaultdict(list)
    for siblings in rounds.values():
        moment = reveal_moment(
            siblings[0].assignment,
            max(one.due_at for one in siblings),
            max(one.closes_at for one in siblings),
            sessions,
        )
        changed[moment] += [one.pk for one in siblings if one.reveals_at != moment]
    for moment, ids in changed.items():
        lanes.set_reveal(ids, moment, now)


# ── following what moves ─────────────────────────────────────────────────────


def follow_appointments(couple: Couple) -> None:
    """Move the openings that wait for the next session, after appointments were made, moved or cancelled."""
    with tenancy.elevated():
        _set_reveals(couple, timezone.now())


def follow_zone(client: Client) -> None:
    """Ask a client at their own new local times, after their time zone changed."""
    with tenancy.elevated():
        running = list(Assignment.objects.running().filter(audience__contains=[client.pk]))
    for assignment in running:
        plan(assignment, timezone.now())


@receiver(appointments_changed)
def _appointments_changed(sender: object, couple: Couple, **kwargs: Any) -> None:
    follow_appointments(couple)


@receiver(contact_changed)
def _contact_changed(sender: object, client: Client, **kwargs: Any) -> None:
    follow_zone(client)
