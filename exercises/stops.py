"""Where reminding somebody ended by itself: two weeks of reminders went by without a sign.

The therapist is told instead, on the desk, and may start them again or make it lighter; so does an answer, or
the first word of one. Their partner learns nothing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Assignment, ReminderStop
from exercises.vocabulary import Lane
from practice import tenancy
from practice.clock import Now
from practice.links import address_of
from practice.models import Membership
from practice.written import Asked, Written, together
from practice.written.changes import WrittenUpdate

#: Couple, assignment and person.
Where = tuple[uuid.UUID, uuid.UUID, uuid.UUID]


def begin(places: Iterable[Where]) -> None:
    """Write down that reminders ended there; doing it again changes nothing. Needs Attune itself."""
    rows = [
        ReminderStop(couple_id=couple, assignment_id=assignment, client_id=person)
        for couple, assignment, person in sorted(set(places))
    ]
    if rows:
        practice_id = tenancy.current_practice_id()
        for one in rows:
            one.practice_id = practice_id
        ReminderStop.objects.bulk_create(rows, ignore_conflicts=True)


def end_by_person(assignment_id: uuid.UUID, client_id: uuid.UUID) -> None:
    """They came back: reminders of what is ahead leave again."""
    with tenancy.elevated():
        together(ending(assignment_id, client_id))


def ending(assignment_id: uuid.UUID, client_id: uuid.UUID) -> Asked[int]:
    """Return what :func:`end_by_person` does, to go with other changes. Needs Attune itself."""
    return _END.of(assignment=assignment_id, client=client_id)


def start_again(assignment: Assignment, *, by: Membership) -> None:
    """Let the reminders of an assignment leave again, for everybody it is for."""
    if assignment.lane != Lane.OWN:
        with tenancy.elevated():
            _in_force().filter(assignment=assignment).update(ended_at=Now(), ended_by=by)


def of_assignment(assignment: Assignment) -> set[uuid.UUID]:
    """Return of whom staff may know that reminders have stopped; nobody is told of what is somebody's own."""
    if assignment.lane == Lane.OWN:
        return set()
    return set(_in_force().filter(assignment=assignment).values_list("client_id", flat=True))


def _in_force() -> QuerySet[ReminderStop]:
    return ReminderStop.objects.filter(ended_at=None)


_END = WrittenUpdate(
    lambda assignment, client: (
        _in_force().filter(assignment_id=assignment, client_id=client),
        {"ended_at": Now()},
    ),
    assignment=uuid.UUID,
    client=uuid.UUID,
)
_STOPPED: Written[ReminderStop] = Written(
    lambda couples: (
        _in_force()
        .filter(couple_id__in=couples, assignment__withdrawn_at=None, assignment__ended_at=None)
        .exclude(assignment__lane=Lane.OWN)
        .select_related("client", "assignment__edition")
        .defer("assignment__why")
    ),
    couples=[uuid.UUID],
)


@register_queue
@asking(lambda membership, couples: _STOPPED.of(couples=couples))
def stopped(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each person and assignment whose reminders have stopped, while it still runs.

    What somebody writes for themselves alone is theirs: nobody is told whether they do.
    """
    return [_item(one) for one in _STOPPED.all(couples=couples)]


def _item(one: ReminderStop) -> QueueItem:
    assignment = one.assignment
    # The title of what one partner has alone is not said where somebody may look over a shoulder.
    title = "" if assignment.lane == Lane.PRIVATE else assignment.edition.title
    return QueueItem(
        kind="ask",
        what=_("No answer for two weeks: reminders have stopped"),
        couple_id=one.couple_id,
        detail=f"{one.client.name}: {title}" if title else one.client.name,
        since=one.stopped_at,
        url=address_of("plan", one.couple_id, one.assignment_id),
        action=_("Start again or lighten"),
    )
