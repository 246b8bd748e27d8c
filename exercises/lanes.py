"""The one place where a lane becomes readers.

A lane is told before anybody answers and fixed when they send. From then on it may open, at the moment that
was stated, and never widens: no function here takes an answer to another lane, and the database refuses a
private answer with a reader besides its author. Therapists are no readers in this sense: staff read by
their own walls (all lanes but ``own``).
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from exercises import signals
from exercises.models import Answer, Assignment, Attachment, Occurrence, Response
from exercises.questions import Form, Question
from exercises.vocabulary import NARROWEST_FIRST, Lane
from practice.written import Written, together
from practice.written.changes import WrittenUpdate

#: Lanes whose answers a partner may come to read.
OPEN_LANES = (Lane.REVEAL, Lane.SHARED, Lane.JOINT)


@dataclass(frozen=True)
class Reach:
    """Who besides the author and the therapists may read, and from when. Without a moment, nobody yet."""

    readers: tuple[uuid.UUID, ...] = ()
    opens_at: datetime.datetime | None = None


NOBODY_ELSE = Reach()


def readers_of(
    lane: str,
    *,
    author: uuid.UUID,
    audience: Iterable[uuid.UUID],
    sent: Collection[uuid.UUID] = (),
    reveals_at: datetime.datetime | None = None,
    now: datetime.datetime,
) -> Reach:
    """Return who may read what ``author`` sends in ``lane``.

    ``audience`` are the clients it was given to; ``sent`` are those who have sent their own part of the same
    slot. A reveal is readable by those alone, once ``reveals_at`` has come.
    """
    others = tuple(sorted({one for one in audience if one != author}))
    match Lane(lane):
        case Lane.OWN | Lane.PRIVATE:
            return NOBODY_ELSE
        case Lane.SHARED | Lane.JOINT:
            return Reach(others, now)
        case Lane.REVEAL:
            return Reach(tuple(one for one in others if one in sent), reveals_at)


def lane_of(question: Question, lane: str) -> Lane:
    """Return the lane of one question in a form given under ``lane``: the same, or narrower."""
    lanes = [Lane(lane)]
    if lane == Lane.JOINT and question.for_each:
        # In a joint answer, what each says for themselves opens once all have sent: a reveal.
        lanes.append(Lane.REVEAL)
    if question.narrowest:
        lanes.append(question.narrowest)
    return min(lanes, key=NARROWEST_FIRST.index)


def is_personal(question: Question, lane: str) -> bool:
    """Tell whether everybody answers this one; the others of a joint form are answered once, together."""
    return lane_of(question, lane) is not Lane.JOINT


def lane_of_response(lanes: Iterable[str]) -> Lane:
    """Return the lane of a response that holds answers in ``lanes``: the widest of them.

    So a response with nothing but private answers is itself private, and its row tells a partner nothing.
    """
    there = {Lane(one) for one in lanes}
    for lane in (Lane.JOINT, Lane.SHARED, Lane.REVEAL, Lane.PRIVATE):
        if lane in there:
            return lane
    return Lane.OWN


def opens_by_all(assignment: Assignment) -> bool:
    """Tell whether the moment of the reveal is 'when all have sent'."""
    return assignment.is_joint or assignment.opens_by == Assignment.OpensBy.ALL


def siblings(occurrence: Occurrence) -> list[uuid.UUID]:
    """Return the ids of all occurrences of the slot, everybody's. Needs Attune itself (elevated)."""
    return list(
        Occurrence.objects.filter(assignment_id=occurrence.assignment_id, slot=occurrence.slot)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def admit_to_reveal(slot: Iterable[uuid.UUID], sent: Collection[uuid.UUID]) -> None:
    """Let those who have sent read each other's sealed answers of a slot; nothing private is touched.

    Of an answer that was amended, only what stands now. However many have sent, it takes the same: how long it takes
    tells nobody whether somebody was here before.
    """
    # Ids first, not a join: so each statement goes straight to its index, whatever the planner knows.
    slot = list(slot)
    responses = _NEWEST.all(occurrences=slot)
    if any(together(*(one.of(responses=responses, sent=sorted(sent)) for one in _ADMIT))):
        signals.reveal_changed.send(sender=Occurrence, occurrences=slot)


_NEWEST: Written[uuid.UUID] = Written(
    lambda occurrences: Response.objects.filter(occurrence__in=occurrences).newest().values_list("pk", flat=True),
    occurrences=[uuid.UUID],
)


def _admitting(part: int) -> WrittenUpdate:
    """Return what lets those who have sent read one of the parts that a response consists of."""
    return WrittenUpdate(
        lambda responses, sent: (
            _rows_of(responses)[part].filter(author_id__in=sent, lane=Lane.REVEAL),
            {"readers": Func(Value(sent, ArrayField(models.UUIDField())), F("author_id"), function="array_remove")},
        ),
        responses=[uuid.UUID],
        sent=[uuid.UUID],
    )


def replace(old: Response, new: Response) -> None:
    """Let an amended response stand for the one before it: nobody comes to read that, and its files go along.

    Only before it opened: nobody can be made to un-read anything.
    """
    Attachment.objects.filter(response=old).update(response=new)
    for rows in _rows_of([old.pk]):
        rows.filter(lane=Lane.REVEAL).update(readers=[])


def set_reveal(slot: Iterable[uuid.UUID], moment: datetime.datetime | None, now: datetime.datetime) -> None:
    """State the moment a slot's sealed answers open, for occurrences and for all that was sent already.

    What has opened stays as it is: nobody can be made to un-read it.
    """
    slot = list(slot)
    still_sealed = Q(opens_at=None) | Q(opens_at__gt=now)
    Occurrence.objects.filter(Q(reveals_at=None) | Q(reveals_at__gt=now), pk__in=slot).update(reveals_at=moment)
    responses = list(Response.objects.filter(occurrence__in=slot).values_list("pk", flat=True))
    changed = 0
    for rows in _rows_of(responses):
        changed += rows.filter(still_sealed, lane=Lane.REVEAL).update(opens_at=moment)
    if changed:
        signals.reveal_changed.send(sender=Occurrence, occurrences=slot)


def never_open(responses: list[uuid.UUID], who: Collection[uuid.UUID]) -> None:
    """Keep sealed for good, among some responses, what ``who`` wrote for others and others for them.

    What has opened stays as it is: nobody can be made to un-read it.
    """
    still_sealed = Q(opens_at=None) | Q(opens_at__gt=timezone.now())
    for rows in _rows_of(responses):
        sealed = rows.filter(still_sealed, lane=Lane.REVEAL)
        sealed.filter(author_id__in=who).update(readers=[], opens_at=None)
        for one in who:
            rest = Func(F("readers"), Value(one, output_field=models.UUIDField()), function="array_remove")
            sealed.filter(readers__contains=[one]).update(readers=rest)


def _rows_of(responses: list[uuid.UUID]) -> tuple[models.QuerySet, ...]:
    """Everything that a response consists of: each row carries its own readers."""
    return (
        Response.objects.filter(pk__in=responses),
        Answer.objects.filter(response_id__in=responses),
        Attachment.objects.filter(response_id__in=responses),
    )


_ADMIT = tuple(map(_admitting, range(3)))


@dataclass(frozen=True)
class LaneGroup:
    """The questions of a form that share a lane, with their numbers on the pages (from 1)."""

    lane: Lane
    each: bool
    numbers: tuple[int, ...]


def groups(questions: Iterable[Question], lane: str) -> list[LaneGroup]:
    """Return the questions by lane, widest first as the form begins, those for fewest people last."""
    found: dict[tuple[Lane, bool], list[int]] = {}
    for number, question in enumerate(questions, start=1):
        of = lane_of(question, lane)
        found.setdefault((of, lane == Lane.JOINT and of is Lane.REVEAL), []).append(number)
    made = [LaneGroup(of, each, tuple(numbers)) for (of, each), numbers in found.items()]
    return sorted(made, key=lambda group: group.lane in (Lane.PRIVATE, Lane.OWN))


def questions_for(form: Form, lane: str, *, joint_part_sent: bool) -> list[Question]:
    """Return what one person is still asked: all, or in a joint form their own part once the rest is sent."""
    if lane == Lane.JOINT and joint_part_sent:
        return [question for question in form if is_personal(question, lane)]
    return list(form)
