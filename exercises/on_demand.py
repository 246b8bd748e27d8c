"""What a partner may begin whenever it is needed: a repair, a pause, settling down."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from clients.models import Clearance, Client, Couple
from exercises import following_up, pausing, reminders, rounds, timing
from exercises.giving import clearance_missing
from exercises.models import Assignment, Edition, Occurrence, Pause
from exercises.reveals import set_reveals
from exercises.vocabulary import Lane
from practice import tenancy
from practice.written import Written

Due = Assignment.Due


class NotNow(Exception):
    """It cannot be begun at the moment: it rests, was taken back, or waits for the therapist."""


@dataclass(frozen=True)
class Offered:
    """One thing under 'Whenever you need it'."""

    assignment: Assignment
    rests: bool

    @property
    def edition(self) -> Edition:
        return self.assignment.edition


ON_DEMAND: Written[Assignment] = Written(
    lambda couples: (
        Assignment.objects.running()
        .filter(couple__in=couples, due=Due.ON_DEMAND)
        .select_related("edition", "couple")
        .order_by("given_at", "pk")
    ),
    couples=[uuid.UUID],
)


def offered(person: Client, couples: Collection[uuid.UUID], now: datetime.datetime) -> list[Offered]:
    """Return what this person may begin, as their own wall shows it, without what they have open already."""
    rows = ON_DEMAND.all(couples=couples)
    if not rows:
        return []
    open_now = Occurrence.objects.available(now).filter(assignment__in=rows).defer("skip_reason")
    begun = {one.assignment_id for one in open_now if one.client_id in (None, person.pk)}
    with tenancy.elevated():
        cleared = set(Clearance.objects.filter(couple__in=couples, withdrawn_at=None).values_list("couple", flat=True))
        pauses = list(Pause.objects.filter(couple__in=couples, lifted_at=None).defer("reason"))
    return [
        Offered(one, pausing.rests_today(one, _of(one, pauses), timezone.localtime(now, one.couple.zone).date()))
        for one in rows
        if one.pk not in begun
        and one.couple.status == Couple.Status.ACTIVE
        and (one.couple_id in cleared or not one.edition.content.get("needs_clearance"))
    ]


def _of(assignment: Assignment, pauses: list[Pause]) -> list[Pause]:
    return [one for one in pauses if one.couple_id == assignment.couple_id]


def begin(assignment: Assignment, person: Client) -> Occurrence:
    """Begin a round now, for everybody it is for; return this person's part of it.

    Begun twice, from two taps or two phones, it is one round while that is open. What follows it is written
    at once. Raises :class:`NotNow`.
    """
    with tenancy.elevated():
        locked = (
            Assignment.objects.select_for_update(of=("self",))
            .select_related("couple", "edition", "follow_up")
            .get(pk=assignment.pk)
        )
        # Looked at under the lock: whoever waited for it must not be earlier than the round that was begun meanwhile.
        now = timezone.now()
        _refuse_or_pass(locked, person, now)
        rows = list(Occurrence.objects.filter(assignment=locked).defer("skip_reason").order_by("slot", "pk"))
        mine = [one for one in rows if one.client_id in (None, person.pk)]
        running = [one for one in mine if one.state == rounds.State.OPEN and now < one.closes_at]
        if running:
            return running[-1]
        slot = rounds.numbered(1 + max((rounds.number_of(one.slot) for one in rows), default=0))
        made = _write(locked, person, slot, now)
    return next(one for one in made if one.client_id in (None, person.pk))


def _refuse_or_pass(assignment: Assignment, person: Client, now: datetime.datetime) -> None:
    couple = assignment.couple
    if assignment.due != Due.ON_DEMAND or assignment.withdrawn_at or assignment.ended_at:
        raise NotNow
    if person.pk not in assignment.audience or couple.status != Couple.Status.ACTIVE:
        raise NotNow
    if clearance_missing(couple, assignment.edition):
        raise NotNow
    today = timezone.localtime(now, couple.zone).date()
    if pausing.rests_today(assignment, pausing.running_for(couple.pk, now), today):
        raise NotNow


def _write(assignment: Assignment, person: Client, slot: str, now: datetime.datetime) -> list[Occurrence]:
    when = timing.begun(assignment, slot, now)
    made = []
    for client_id, audience, _zone in rounds.asked(assignment):
        one = rounds.row(assignment, client_id, audience, when)
        one.opens_at = now
        # On the beginner's own row: what one partner does tells the other nothing.
        one.begun_by_id = person.pk if client_id in (None, person.pk) else None
        made.append(one)
    new = rounds.add(made)
    if assignment.lane == Lane.REVEAL:
        set_reveals(assignment.couple, now, assignments=[assignment.pk])
    reminders.plan_for(*new)
    if assignment.follow_up_when == Assignment.FollowUp.EACH:
        for one in new:
            following_up.after(one, now, now)
    return new
