"""Pauses: a time in which things rest, for a couple or for one assignment, and what comes of it.

Whoever asked for a rest, and why, stays between them and the therapists. To partners something rests, no more,
and the same for all who have it. What falls into a pause is never counted as left undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises import reminders, rounds
from exercises.models import Assignment, Occurrence, Pause
from exercises.rounds import State
from exercises.schedule import instant
from exercises.timing import STAYS_OPEN, asks_once
from exercises.vocabulary import Level, Participation
from practice import tenancy
from practice.models import Membership

#: After its last day a pause is looked at a little longer, so that what rested comes back whatever happened.
LOOK_BACK = timedelta(days=30)


class OverAlready(ValueError):
    """A rest cannot end before it begins."""


def pause(
    couple: Couple,
    *,
    by: Membership,
    kind: str,
    starts_on: date,
    ends_on: date | None,
    reason: str = "",
    assignment: Assignment | None = None,
    deep_only: bool = False,
) -> Pause:
    """Let everything of a couple, its deep talks, or one assignment rest. Nobody in the portal learns why."""
    made = Pause.objects.create(
        couple=couple,
        assignment=assignment,
        kind=kind,
        deep_only=deep_only,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        set_by=by,
    )
    _settle(couple)
    return made


def lift(one: Pause) -> None:
    """End a pause now: what still has time comes back. Doing it again changes nothing."""
    with tenancy.elevated():
        Pause.objects.filter(pk=one.pk, lifted_at=None).update(lifted_at=timezone.now())
    _settle(one.couple)


def resume(one: Pause) -> None:
    """Undo :func:`lift`."""
    with tenancy.elevated():
        Pause.objects.filter(pk=one.pk).update(lifted_at=None)
    _settle(one.couple)


def ask_for_rest(person: Client, couple: Couple, until: date) -> Pause:
    """Let deep talks rest because a partner asked. The therapists are told; the others only see that it rests.

    Asked again, the same rest ends on the other day. One that is to begin after that day stays as it is, beside a new
    one from today. Raises :class:`OverAlready` for a day before today.
    """
    today = timezone.localdate(timezone=couple.zone)
    if until < today:
        raise OverAlready
    with tenancy.elevated():
        own = own_rest(person, couple)
        if own is not None and own.starts_on <= until:
            Pause.objects.filter(pk=own.pk).update(ends_on=until)
            own.ends_on = until
        else:
            own = Pause.objects.create(
                couple=couple,
                kind=Pause.Kind.REST,
                deep_only=True,
                starts_on=today,
                ends_on=until,
                asked_by=person,
            )
    _settle(couple)
    return own


def own_rest(person: Client, couple: Couple) -> Pause | None:
    """Return the rest that this person asked for and that still runs; nobody else's."""
    with tenancy.elevated():
        mine = running_for(couple.pk, timezone.now()).filter(asked_by=person, deep_only=True)
        return mine.select_related("couple").order_by("starts_on", "pk").first()


def acknowledge(one: Pause, by: Membership) -> None:
    """A therapist has seen that a partner asked for a rest; it leaves the queue."""
    Pause.objects.filter(pk=one.pk, set_by=None).update(set_by=by)


def running_for(couple: Any, now: datetime) -> QuerySet[Pause]:
    """Return the pauses of a couple that are not lifted nor over, begun or still ahead."""
    today = timezone.localtime(now).date()
    # A couple's own day may lag behind ours by one.
    still = Q(ends_on=None) | Q(ends_on__gte=today - timedelta(days=1))
    return Pause.objects.filter(still, couple=couple, lifted_at=None)


def covers(one: Pause, assignment: Assignment) -> bool:
    """Tell whether a pause is about this assignment.

    A rest from deep talks is about what people do with each other, whoever asked for it, so that no partner
    can tell by what rests of theirs who that was; of what is done alone only the asker's own rests.
    """
    if one.assignment_id is not None:
        return one.assignment_id == assignment.pk
    if not one.deep_only:
        return True
    content = assignment.edition.content
    if content.get("level") != Level.DEEP:
        return False
    with_others = content.get("participation") != Participation.EACH_ALONE or len(assignment.audience) > 1
    return with_others or one.asked_by_id in assignment.audience


def rests_today(assignment: Assignment, pauses: Iterable[Pause], today: date) -> bool:
    """Tell whether something that is begun by hand rests now."""
    return any(
        covers(one, assignment) and one.starts_on <= today and (one.ends_on is None or today <= one.ends_on)
        for one in pauses
    )


# ── what follows ─────────────────────────────────────────────────────────────


def _settle(couple: Couple) -> None:
    with tenancy.elevated():
        settle(couple, timezone.now())


def settle(couple: Couple, now: datetime) -> None:
    """Let rest what a pause covers, and bring back what none covers any more. Needs Attune itself (elevated).

    What has no time left falls away, except what was begun or is asked once: that is due again when the pause
    is over. Safe to repeat.
    """
    today = timezone.localtime(now, couple.zone).date()
    pauses = [one for one in running_for(couple.pk, now).defer("reason") if one.ends_on is None or one.ends_on >= today]
    resting = Occurrence.objects.filter(couple=couple, state=State.PAUSED, closes_at__gt=now - timedelta(days=400))
    if not pauses and not resting.exists():
        return
    rows = (
        Occurrence.objects.select_for_update(of=("self",))
        .filter(Q(state=State.OPEN) | Q(pk__in=resting.values("pk")), couple=couple)
        .select_related("assignment__edition")
        .defer("skip_reason", "assignment__why")
        .order_by("pk")
    )
    changed = []
    for row in rows:
        rests = any(covers(one, row.assignment) and _falls_into(row, one, couple, today, now) for one in pauses)
        if rests and row.state == State.OPEN:
            row.state = State.PAUSED
            changed.append(row)
        elif not rests and row.state == State.PAUSED and _come_back(row, couple, now):
            changed.append(row)
    rounds.save_moved(changed)
    _tell_reminders(changed)


def _falls_into(row: Occurrence, one: Pause, couple: Couple, today: date, now: datetime) -> bool:
    if one.starts_on <= today and row.opens_at <= now and (one.ends_on is None or today <= one.ends_on):
        return True  # nothing asks while a pause runs, whenever it was due
    due = timezone.localtime(row.due_at, couple.zone).date()
    return one.starts_on <= due and (one.ends_on is None or due <= one.ends_on)


def _come_back(row: Occurrence, couple: Couple, now: datetime) -> bool:
    if row.closes_at > now:
        row.state = State.OPEN
        return True
    if row.started_at is None and not asks_once(row.assignment.recurrence):
        return False
    day = timezone.localtime(now, couple.zone).date() + timedelta(days=1)
    due = instant(day, row.assignment.at or time(18), couple.zone) or now + timedelta(days=1)
    row.due_at, row.closes_at, row.grace_until = due, due + STAYS_OPEN, None
    row.moved_at, row.state = now, State.OPEN
    return True


def _tell_reminders(changed: Collection[Occurrence]) -> None:
    reminders.call_off([row.pk for row in changed if row.state == State.PAUSED], reason="paused")
    reminders.plan_for(*[row for row in changed if row.state == State.OPEN])


def settle_all(now: datetime) -> None:
    """Settle every couple of the bound practice with something that rests or is about to."""
    with tenancy.elevated():
        today = timezone.localtime(now).date()
        recent = Q(ends_on=None) | Q(ends_on__gte=today - LOOK_BACK)
        couples = set(Pause.objects.filter(recent, lifted_at=None).values_list("couple_id", flat=True))
        still = Occurrence.objects.filter(state=State.PAUSED, closes_at__gt=now)
        couples |= set(still.values_list("couple_id", flat=True))
        for couple in Couple.objects.filter(pk__in=couples).order_by("pk"):
            settle(couple, now)


def of_couple(couple: Couple, now: datetime) -> list[Pause]:
    """Return what the desk shows: what runs or lies ahead, what was ended today, what was asked for and not seen."""
    today = timezone.localtime(now, couple.zone).date()
    runs = Q(lifted_at=None) & (Q(ends_on=None) | Q(ends_on__gte=today))
    unseen = Q(asked_by__isnull=False, set_by=None)
    undoable = Q(lifted_at__gt=now - timedelta(hours=24), asked_by=None)
    found = Pause.objects.filter(runs | unseen | undoable, couple=couple).select_related(
        "assignment__edition", "asked_by"
    )
    return list(found.order_by("starts_on", "pk"))
