"""Sending and skipping: the moment a draft becomes a response.

Sending is safe to repeat. Whoever presses twice, from two tabs or two phones, finds the same response; two
partners in the same instant take turns, because the occurrences of their slot are locked in one order.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from clients.models import Client
from exercises import lanes, signals
from exercises.answers import QuestionError, Value, clean_form
from exercises.drafts import Raw
from exercises.lanes import Reach
from exercises.models import Answer, Draft, Occurrence, Response
from exercises.questions import Question
from exercises.vocabulary import Lane
from practice import outbox, tenancy

State = Occurrence.State


class NotYetRight(Exception):
    """Some answers cannot be kept as they are. Nothing was sent; ``errors`` says by question what helps."""

    def __init__(self, errors: Mapping[str, QuestionError]) -> None:
        super().__init__("some answers need another look")
        self.errors = dict(errors)


class NotOpen(Exception):
    """It cannot be sent: the therapist took it back, or its time has passed. The draft stays."""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence.state)
        self.occurrence = occurrence


def can_answer(occurrence: Occurrence, now: datetime.datetime) -> bool:
    """Tell whether it may be answered now. Late is fine until it closes, also after 'not this week'."""
    if occurrence.state in (State.WITHDRAWN, State.MISSED):
        return False
    return occurrence.opens_at <= now < occurrence.closes_at


def sent_by(occurrence: Occurrence, author: Client) -> Response | None:
    """Return the newest response of ``author`` to this occurrence."""
    return Response.objects.filter(occurrence=occurrence, author=author).order_by("-revision").first()


def joint_part_sent(occurrence: Occurrence) -> bool:
    """Tell whether the answers that partners give together have been given."""
    return Response.objects.filter(occurrence=occurrence, lane=Lane.JOINT).exists()


@dataclass
class _Slot:
    """Everything that sending needs to know about its slot, read under lock."""

    occurrence: Occurrence
    ids: list[uuid.UUID]
    sent: set[uuid.UUID]
    mine: Response | None
    joint: Response | None


def submit(occurrence: Occurrence, *, author: Client, raw: Raw) -> Response:
    """Send ``raw`` as ``author``'s answers, once; return the response, the earlier one when there is one.

    Raises :class:`NotYetRight` with an error for each question, or :class:`NotOpen`. Everything that belongs
    to the same truth happens in the same transaction: readers, state, scores and alerts (by signal), the
    reminder called off, the draft gone.
    """
    now = timezone.now()
    with tenancy.elevated():
        slot = _lock_slot(occurrence, author)
    if slot.mine is not None:
        return slot.mine
    assignment = slot.occurrence.assignment
    asked = lanes.questions_for(assignment.edition.form, assignment.lane, joint_part_sent=slot.joint is not None)
    if slot.joint is not None and not asked:
        return slot.joint  # somebody has sent it for all
    if not can_answer(slot.occurrence, now):
        raise NotOpen(slot.occurrence)
    values, errors = clean_form(assignment.edition.form, raw, keys={one.key for one in asked})
    if errors:
        raise NotYetRight(errors)
    response = _write(slot, author, asked, values, now)
    Draft.objects.filter(occurrence=slot.occurrence, author=author).delete()
    with tenancy.elevated():
        _open_to_those_who_sent(slot, author, now)
        _settle(slot, author, now)
        signals.response_submitted.send(sender=Response, response=response)
    return response


def skip(occurrence: Occurrence, *, author: Client, reason: str = "") -> bool:
    """Leave this one out, with a word about why for the therapist; return False when it was sent or is over.

    Nobody skips for somebody else: a joint occurrence cannot be skipped by one.
    """
    if occurrence.client_id != author.pk:
        return False
    with tenancy.elevated():
        locked = Occurrence.objects.select_for_update(of=("self",)).get(pk=occurrence.pk)
        if locked.state not in (State.OPEN, State.SKIPPED):
            return False
        locked.state, locked.skip_reason = State.SKIPPED, reason
        locked.save(update_fields=["state", "skip_reason"])
        outbox.cancel(locked.pk, reason="skipped")
    return True


def _lock_slot(occurrence: Occurrence, author: Client) -> _Slot:
    """Lock all occurrences of the slot, always in the order of their ids, and read what is true then."""
    rows = (
        Occurrence.objects.filter(assignment_id=occurrence.assignment_id, slot=occurrence.slot)
        .select_related("assignment__edition")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    there = {one.pk: one for one in rows}
    responses = list(Response.objects.filter(occurrence__in=there).order_by("revision"))
    mine = [one for one in responses if one.author_id == author.pk and one.occurrence_id == occurrence.pk]
    return _Slot(
        occurrence=there[occurrence.pk],
        ids=list(there),
        sent={one.author_id for one in responses},
        mine=mine[-1] if mine else None,
        joint=next((one for one in responses if one.lane == Lane.JOINT), None),
    )


def _write(
    slot: _Slot,
    author: Client,
    asked: list[Question],
    values: Mapping[str, Value],
    now: datetime.datetime,
) -> Response:
    """Write response and answers as their author: the database itself holds them to that."""
    occurrence, assignment = slot.occurrence, slot.occurrence.assignment

    def reach(lane: str) -> Reach:
        return lanes.readers_of(
            lane,
            author=author.pk,
            audience=assignment.audience,
            sent=slot.sent,
            reveals_at=occurrence.reveals_at,
            now=now,
        )

    lane_by_key = {one.key: lanes.lane_of(one, assignment.lane) for one in asked}
    lane = lanes.lane_of_response(lane_by_key.values()) if asked else Lane(assignment.lane)
    own = reach(lane)
    response = Response.objects.create(
        couple_id=occurrence.couple_id,
        occurrence=occurrence,
        author=author,
        edition_id=assignment.edition_id,
        lane=lane,
        readers=list(own.readers),
        opens_at=own.opens_at,
        submitted_at=now,
    )
    answers = []
    for question in asked:
        value = values[question.key]
        if not value.blank:
            whom = reach(lane_by_key[question.key])
            answers.append(
                Answer(
                    couple_id=occurrence.couple_id,
                    response=response,
                    author=author,
                    lane=lane_by_key[question.key],
                    readers=list(whom.readers),
                    opens_at=whom.opens_at,
                    key=question.key,
                    number=value.number,
                    choices=list(value.choices),
                    text=value.text,
                    declined=value.declined,
                )
            )
    Answer.objects.bulk_create(answers)
    return response


def _open_to_those_who_sent(slot: _Slot, author: Client, now: datetime.datetime) -> None:
    """Readers grow by the new sender; a reveal that waits for all opens when this was the last one."""
    assignment = slot.occurrence.assignment
    sent = {*slot.sent, author.pk}
    lanes.admit_to_reveal(slot.ids, sent)
    if lanes.opens_by_all(assignment) and sent >= set(assignment.audience):
        lanes.set_reveal(slot.ids, now, now)


def _settle(slot: _Slot, author: Client, now: datetime.datetime) -> None:
    """Close what is done, and call off the reminders for it."""
    occurrence, assignment = slot.occurrence, slot.occurrence.assignment
    each_has_a_part = any(lanes.is_personal(one, assignment.lane) for one in assignment.edition.form)
    if assignment.is_joint and each_has_a_part and not {*slot.sent, author.pk} >= set(assignment.audience):
        outbox.cancel(occurrence.pk, reason="done", person_id=author.pk)
        return
    Occurrence.objects.filter(pk=occurrence.pk).update(state=State.DONE, done_at=now)
    outbox.cancel(occurrence.pk, reason="done")
