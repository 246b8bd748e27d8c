"""Giving practice to a couple, taking it back, and opening what was sealed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from clients.models import Couple
from clients.signals import clearance_withdrawn
from exercises import following_up, holding, lanes, occurrences, reminders
from exercises.giving import Giving, Refusals, deep_too_early, refusals
from exercises.models import Assignment, Occurrence
from exercises.vocabulary import Lane
from practice import audit, tenancy
from practice.models import Membership, Practice

State = Occurrence.State

#: Nobody learns of the others here, so each partner gets an assignment of their own.
APART = (Lane.OWN, Lane.PRIVATE)


class Refused(ValueError):
    """This cannot be given. ``errors`` says why, in plain words, by the part it belongs to."""

    def __init__(self, errors: Refusals) -> None:
        self.errors = errors
        super().__init__(", ".join(errors))


class ClearanceMissing(Refused):
    """A therapist has to record first that joint work is safe for this couple."""


def give(draft: Giving, *, by: Membership) -> list[Assignment]:
    """Give what the therapist chose, and plan what falls due in the next weeks.

    One assignment for all, or one for each partner where they must not learn of each other. The same choice
    under the same ``key`` gives once: a second call returns what the first one gave. Raises :class:`Refused`.
    """
    now = timezone.now()
    with transaction.atomic():
        couple = Couple.objects.select_for_update().get(pk=draft.couple.pk)
        given = list(Assignment.objects.filter(couple=couple, given_key=_key(draft)).order_by("pk"))
        if given:
            return given
        _refuse_or_pass(draft, by, now)
        bold = deep_too_early(draft)
        given = [_assignment(draft, audience, by) for audience in _audiences(draft)]
        for assignment in given:
            assignment.save(force_insert=True)
            if bold:  # they were told, and chose to: that is worth a line in the trail
                audit.looked_at("gave deep work early", assignment)
        for assignment in given:
            occurrences.plan(assignment, now)
    return given


def _key(draft: Giving) -> uuid.UUID:
    """One act of giving: a page sent twice. Gone back to and changed, the page gives something else."""
    choice = (
        draft.edition.pk,
        sorted(draft.clients),
        str(draft.lane),
        draft.why.strip(),
        draft.starts_on,
        draft.at,
        draft.recurrence.rule,
        draft.recurrence.reviews,
        str(draft.opens_by),
        draft.opens_at,
        draft.remind,
    )
    more = (
        str(draft.due),
        draft.due_hours_before,
        draft.opens_hours_before,
        draft.grace_hours,
        draft.closes_hours_after,
        draft.accept_late,
        draft.whole_page,
        sorted(draft.tailoring.items()),
        draft.follow_up.pk if draft.follow_up else None,
        str(draft.follow_up_when),
        draft.follow_up_hours,
        draft.goal_id,
        draft.run_id,
        draft.run_week,
        draft.reminder_steps,
        draft.continues.pk if draft.continues else None,
    )
    return uuid.uuid5(draft.key, repr(choice + more))


def _refuse_or_pass(draft: Giving, by: Membership, now: datetime) -> None:
    errors = refusals(draft, Practice.objects.get(pk=by.practice_id), now)
    if "clearance" in errors:
        raise ClearanceMissing(errors)
    if errors:
        raise Refused(errors)


def _audiences(draft: Giving) -> list[list[uuid.UUID]]:
    people = [client.pk for client in draft.people]
    return [[one] for one in people] if draft.lane in APART else [people]


def _assignment(draft: Giving, audience: list[uuid.UUID], by: Membership) -> Assignment:
    reveal = draft.lane == Lane.REVEAL
    return Assignment(
        practice_id=by.practice_id,
        couple=draft.couple,
        edition=draft.edition,
        given_by=by,
        audience=audience,
        lane=draft.lane,
        why=draft.why.strip(),
        starts_on=draft.starts_on,
        at=draft.at,
        rule=draft.recurrence.rule,
        reviews=draft.recurrence.reviews,
        opens_by=draft.opens_by if reveal else "",
        opens_at=draft.opens_at if reveal and draft.opens_by == Assignment.OpensBy.DATE else None,
        remind=draft.remind,
        reminder_steps=None if draft.reminder_steps is None else list(draft.reminder_steps),
        given_key=_key(draft),
        due=draft.due,
        due_hours_before=draft.due_hours_before if draft.due == Assignment.Due.APPOINTMENT else None,
        opens_hours_before=draft.opens_hours_before,
        grace_hours=draft.grace_hours,
        closes_hours_after=draft.closes_hours_after,
        accept_late=draft.accept_late,
        whole_page=draft.whole_page,
        tailoring=draft.tailoring,
        follow_up=draft.follow_up,
        follow_up_when=draft.follow_up_when,
        follow_up_hours=draft.follow_up_hours,
        goal_id=draft.goal_id,
        run_id=draft.run_id,
        run_week=draft.run_week,
        continues=draft.continues,
    )


def withdraw(assignment: Assignment, by: Membership) -> None:
    """Take an assignment back: nobody is asked or reminded any more, nor of what follows it. What was sent stays.

    Doing it again changes nothing.
    """
    with transaction.atomic():
        known = Assignment.objects.select_for_update().get(pk=assignment.pk)
        if known.withdrawn_at is not None:
            return
        known.withdrawn_at = timezone.now()
        known.save(update_fields=["withdrawn_at"])
        waiting = Occurrence.objects.filter(assignment=known, state__in=(State.OPEN, State.PAUSED))
        ids = list(waiting.values_list("pk", flat=True))
        Occurrence.objects.filter(pk__in=ids).update(state=State.WITHDRAWN)
        reminders.call_off(ids, reason="withdrawn")
        for child in Assignment.objects.filter(given_key=following_up.key_of(known), withdrawn_at=None):
            withdraw(child, by)


@receiver(clearance_withdrawn)
def take_back_what_needed_clearance(sender: Any, couple: Couple, by: Membership, **kwargs: Any) -> None:
    """End what was given on the strength of a record that no longer holds; nobody in the portal learns why."""
    for assignment in Assignment.objects.running().filter(couple=couple).select_related("edition"):
        if assignment.edition.content.get("needs_clearance"):
            withdraw(assignment, by)


class Held(Exception):
    """An answer about somebody's safety waits for a look: nothing sealed opens before."""


def open_reveal(assignment: Assignment, slot: str, by: Membership) -> int:
    """Open one round of a reveal now, for everybody who sent; return how many answered it.

    Whoever has not sent sees nothing of the others until they do. What is open already stays as it is. Raises
    :class:`Held`.
    """
    now = timezone.now()
    with transaction.atomic(), tenancy.elevated():
        holding.in_turn(assignment.couple_id)
        if holding.is_held(assignment.couple_id):
            raise Held
        siblings = list(
            Occurrence.objects.select_for_update(of=("self",))
            .filter(assignment=assignment, slot=slot, assignment__lane=Lane.REVEAL)
            .defer("skip_reason")
        )
        lanes.set_reveal([one.pk for one in siblings], now, now)
        return sum(one.state == Occurrence.State.DONE for one in siblings)
