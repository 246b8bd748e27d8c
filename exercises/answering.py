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

from clients import consents
from clients.models import Client, Partner
from exercises import attachments, holding, lanes, signals, stops
from exercises.answers import QuestionError, Value, clean_form
from exercises.drafts import Raw
from exercises.giving import private_questions
from exercises.lanes import Reach
from exercises.models import Answer, Assignment, Draft, Occurrence, Response
from exercises.questions import Question
from exercises.timing import WRITING
from exercises.vocabulary import Lane
from practice import outbox, tenancy, trips
from practice.written import Asked, Written, soon, together_elevated
from practice.written.changes import WrittenDelete, WrittenInsert, WrittenUpdate

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


def can_answer(occurrence: Occurrence, now: datetime.datetime, *, written_at: datetime.datetime | None = None) -> bool:
    """Tell whether it may be answered now. Late is fine until it closes, also after 'not this week'.

    ``written_at`` is when this person's draft was last saved: nothing closes under somebody's hands.
    """
    if occurrence.state in (State.WITHDRAWN, State.PAUSED) or now < occurrence.opens_at:
        return False
    if occurrence.state == State.SKIPPED and occurrence.skipped_by_id is not None:
        return False  # the practice left it out
    if now < occurrence.closes_at:
        return occurrence.state != State.MISSED
    return written_at is not None and now - written_at < WRITING


def waits_for_agreement(occurrence: Occurrence) -> bool:
    """Tell whether it asks something in private while not everybody has agreed yet to how secrets are handled.

    Questions about safety never wait: nobody's silence may keep somebody else from saying that they are afraid.
    """
    assignment = occurrence.assignment
    if not private_questions(assignment.edition, assignment.lane):
        return False
    return not consents.all_agreed_about_secrets(occurrence.couple_id)


_SENT: Written[Response] = Written(
    lambda occurrence, author: Response.objects.filter(occurrence_id=occurrence, author_id=author).order_by(
        "-revision"
    )[:1],
    occurrence=uuid.UUID,
    author=uuid.UUID,
)


def sent_by(occurrence: Occurrence, author: Client) -> Response | None:
    """Return the newest response of ``author`` to this occurrence."""
    return _SENT.first(occurrence=occurrence.pk, author=author.pk)


def asking_for_sent(occurrence_id: uuid.UUID, author: Client) -> Asked[list[Response]]:
    """Return what asks for the same, one or none, to go with other questions."""
    return _SENT.of(occurrence=occurrence_id, author=author.pk)


def answers_together(occurrence: Occurrence) -> dict[str, Value]:
    """Return what partners have answered together, as far as the asker may read it: for conditions."""
    rows = Answer.objects.filter(response__occurrence=occurrence, lane=Lane.JOINT)
    return {one.key: one.value for one in rows}


def joint_part_sent(occurrence: Occurrence) -> bool:
    """Tell whether the answers that partners give together have been given."""
    return Response.objects.filter(occurrence=occurrence, lane=Lane.JOINT).exists()


@dataclass
class Slot:
    """Everything that sending needs to know about its slot, read under lock."""

    occurrence: Occurrence
    ids: list[uuid.UUID]
    sent: set[uuid.UUID]
    mine: Response | None
    joint: Response | None
    #: Whether nothing sealed opens for this couple now (see :mod:`exercises.holding`).
    held: bool = False

    @property
    def asked(self) -> list[Question]:
        """The questions that are this person's to answer, whatever conditions say."""
        assignment = self.occurrence.assignment
        return lanes.questions_for(assignment.edition.form, assignment.lane, joint_part_sent=self.joint is not None)


def may_go_without_a_copy(assignment: Assignment) -> bool:
    """Tell whether its answers can be sent so that their author reads them no more: only what one person reads."""
    return assignment.lane == Lane.PRIVATE


def submit(occurrence: Occurrence, *, author: Client, raw: Raw, keep: bool = True) -> Response:
    """Send ``raw`` as ``author``'s answers, once; return the response, the earlier one when there is one.

    Raises :class:`NotYetRight` with an error for each question, or :class:`NotOpen`. Everything that belongs
    to the same truth happens in the same transaction: readers, state, scores and alerts (by signal), the
    reminder called off, the draft gone. Without ``keep`` the author's own sign-in never reads them again, where
    :func:`may_go_without_a_copy`.
    """
    now = timezone.now()
    slot = lock_slot(occurrence, author)
    if slot.mine is not None:
        return slot.mine
    if slot.joint is not None and not slot.asked:
        return slot.joint  # somebody has sent it for all
    if not _is_open(slot.occurrence, author, now) or waits_for_agreement(slot.occurrence):
        raise NotOpen(slot.occurrence)
    keep = keep or not may_go_without_a_copy(slot.occurrence.assignment)
    values = values_to_send(slot, raw)
    with trips.gathering():
        response, answers = write(slot, author, values, now, keep=keep)
        with tenancy.elevated():
            attachments.go_along(response)
            signals.response_written.send(sender=Response, response=response, answers=answers)
            open_to_those_who_sent(slot, response, now)
            _settle(slot, author, now)
            signals.response_submitted.send(sender=Response, response=response, answers=answers)
    return response


def _is_open(occurrence: Occurrence, author: Client, now: datetime.datetime) -> bool:
    if can_answer(occurrence, now):
        return True
    draft = Draft.objects.filter(occurrence=occurrence, author=author)
    return can_answer(occurrence, now, written_at=draft.values_list("saved_at", flat=True).first())


def values_to_send(slot: Slot, raw: Raw) -> dict[str, Value]:
    """Return what is sent by answer key: the server decides what is asked, whatever the browser showed."""
    form = slot.occurrence.assignment.edition.form
    keys = {one.key for one in slot.asked}
    known = answers_together(slot.occurrence) if slot.joint is not None else {}
    values, errors = clean_form(form, raw, keys=keys, sending=True, known=known)
    if errors:
        raise NotYetRight(errors)
    return {key: value for key, value in values.items() if not value.blank}


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


_LOCKED: Written[Occurrence] = Written(
    lambda assignment, slot: (
        Occurrence.objects.filter(assignment_id=assignment, slot=slot)
        .select_related("assignment__edition")
        .select_for_update(of=("self",))
        .order_by("pk")
    ),
    assignment=uuid.UUID,
    slot=str,
)
_RESPONSES: Written[Response] = Written(
    lambda assignment, slot: Response.objects.filter(
        occurrence__assignment_id=assignment, occurrence__slot=slot
    ).order_by("revision"),
    assignment=uuid.UUID,
    slot=str,
)


def lock_slot(occurrence: Occurrence, author: Client) -> Slot:
    """Lock all occurrences of the slot, always in the order of their ids, and read what is true then: of everybody."""
    where = {"assignment": occurrence.assignment_id, "slot": occurrence.slot}
    asked = holding.turn(occurrence.couple_id), _LOCKED.of(**where), _RESPONSES.of(**where)
    _mine, rows, responses = together_elevated(*asked)
    there = {one.pk: one for one in rows}
    mine = [one for one in responses if one.author_id == author.pk and one.occurrence_id == occurrence.pk]
    return Slot(
        occurrence=there[occurrence.pk],
        ids=list(there),
        sent={one.author_id for one in responses},
        mine=mine[-1] if mine else None,
        joint=next((one for one in responses if one.lane == Lane.JOINT), None),
        held=_is_held(there[occurrence.pk]),
    )


def _is_held(occurrence: Occurrence) -> bool:
    if not _may_seal(occurrence):
        return False
    with tenancy.elevated():
        return holding.is_held(occurrence.couple_id)


def _may_seal(occurrence: Occurrence) -> bool:
    return occurrence.assignment.lane in (Lane.REVEAL, Lane.JOINT)


_NEW_RESPONSE, _NEW_ANSWERS = WrittenInsert(Response), WrittenInsert(Answer)
_DRAFT_DONE_WITH = WrittenDelete(
    lambda occurrence, author: Draft.objects.filter(occurrence_id=occurrence, author_id=author),
    occurrence=uuid.UUID,
    author=uuid.UUID,
)


def write(
    slot: Slot,
    author: Client,
    values: Mapping[str, Value],
    now: datetime.datetime,
    *,
    revision: int = 1,
    keep: bool = True,
) -> tuple[Response, list[Answer]]:
    """Write response and answers as their author, in place of the draft: the database itself holds them to that.

    The lane of a response follows from all that could be asked, so that it tells nothing about what was.
    """
    occurrence, assignment = slot.occurrence, slot.occurrence.assignment
    possible = [lanes.lane_of(one, assignment.lane) for one in slot.asked]
    lane = lanes.lane_of_response(possible) if possible else Lane(assignment.lane)
    own = _reach(slot, author, lane, now)
    response = Response(
        couple_id=occurrence.couple_id,
        occurrence=occurrence,
        author=author,
        edition=assignment.edition,
        lane=lane,
        readers=list(own.readers),
        opens_at=own.opens_at,
        revision=revision,
        submitted_at=now,
        author_keeps=keep,
    )
    answers = [_answer(slot, response, key, value, now) for key, value in values.items()]
    soon(
        _NEW_RESPONSE.of([response]),
        _NEW_ANSWERS.of(answers),
        _DRAFT_DONE_WITH.of(occurrence=occurrence.pk, author=author.pk),
    )
    return response, answers


def _answer(slot: Slot, response: Response, key: str, value: Value, now: datetime.datetime) -> Answer:
    """Return one answer with its own readers, not saved yet."""
    assignment = slot.occurrence.assignment
    lane = lanes.lane_of(assignment.edition.form[key], assignment.lane)
    whom = _reach(slot, response.author, lane, now)
    return Answer(
        couple_id=response.couple_id,
        response=response,
        author=response.author,
        lane=lane,
        readers=list(whom.readers),
        opens_at=whom.opens_at,
        key=key,
        number=value.number,
        choices=list(value.choices),
        text=value.text,
        declined=value.declined,
        author_keeps=response.author_keeps,
    )


def _reach(slot: Slot, author: Client, lane: str, now: datetime.datetime) -> Reach:
    return lanes.readers_of(
        lane,
        author=author.pk,
        audience=slot.occurrence.assignment.audience,
        sent=() if slot.held else slot.sent,
        reveals_at=slot.occurrence.reveals_at,
        now=now,
    )


def open_to_those_who_sent(slot: Slot, response: Response, now: datetime.datetime) -> None:
    """Readers grow by the new sender; a reveal that waits for all opens when this was the last one.

    While the couple is held nothing grows and nothing opens: for the others it is as if this one had not sent.
    """
    assignment = slot.occurrence.assignment
    if not _may_seal(slot.occurrence):
        return
    slot.held = holding.is_held(slot.occurrence.couple_id)
    if slot.held:
        holding.take_out_of_sight(response)
        return
    sent = {*slot.sent, response.author_id}
    lanes.admit_to_reveal(slot.ids, sent)
    if lanes.opens_by_all(assignment) and sent >= set(assignment.audience) - gone(assignment):
        lanes.set_reveal(slot.ids, now, now)


def gone(assignment: Assignment) -> set[uuid.UUID]:
    """Return those whom an assignment was for and who have left the couple since: nobody waits for them."""
    left = Partner.objects.filter(couple_id=assignment.couple_id, left_at__isnull=False)
    return set(left.values_list("client_id", flat=True))


def _settle(slot: Slot, author: Client, now: datetime.datetime) -> None:
    """Close what is done, and call off the reminders for it; where they had stopped, they may leave again."""
    occurrence, assignment = slot.occurrence, slot.occurrence.assignment
    each_has_a_part = any(lanes.is_personal(one, assignment.lane) for one in assignment.edition.form)
    everybody = set(assignment.audience) - gone(assignment) if each_has_a_part and assignment.is_joint else set()
    came_back = stops.ending(assignment.pk, author.pk)
    if everybody and (slot.held or not {*slot.sent, author.pk} >= everybody):
        soon(outbox.calling_off(occurrence.pk, reason="done", person_id=author.pk), came_back)
        return
    done = _DONE.of(occurrence=occurrence.pk, now=now)
    soon(done, outbox.calling_off(occurrence.pk, reason="done"), came_back)


_DONE = WrittenUpdate(
    lambda occurrence, now: (Occurrence.objects.filter(pk=occurrence), {"state": State.DONE, "done_at": now}),
    occurrence=uuid.UUID,
    now=datetime.datetime,
)
