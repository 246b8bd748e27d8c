"""Changing what was sent, while nobody else may have read it.

An amendment is a new revision beside the old one. From the moment somebody else may read it, the author asks
the therapist instead: what was read cannot be un-read, and a record does not change under its readers.
"""

from __future__ import annotations

import datetime

from django.utils import timezone

from clients.models import Client
from exercises import answering, attachments, drafts, lanes, signals, stops
from exercises.models import Draft, Occurrence, Reading, Response, Review
from exercises.refill import raw_of
from exercises.vocabulary import Lane
from practice import tenancy

State = Occurrence.State


def may_amend(response: Response, now: datetime.datetime) -> bool:
    """Tell whether its author may still change it: before a seal opens, or before the therapist has read it."""
    if response.occurrence.state == State.WITHDRAWN or response.imported_at is not None:
        return False
    if not response.author_keeps:
        return False
    match Lane(response.lane):
        case Lane.OWN:
            return True
        case Lane.REVEAL:
            return response.opens_at is None or response.opens_at > now
        case Lane.PRIVATE:
            return not _was_read(response)
    return False


def _was_read(response: Response) -> bool:
    """Who has read what is for staff to know; here it only decides, and is asked as Attune itself."""
    with tenancy.elevated():
        mine = {
            "response__occurrence": response.occurrence_id,
            "response__author": response.author_id,
        }
        return Reading.objects.filter(**mine).exists() or Review.objects.filter(**mine).exists()


def begin(response: Response) -> bool:
    """Lay what was sent into a draft, to be changed there; False when it may not be changed any more.

    Begun twice, it goes on where it was.
    """
    occurrence, author = response.occurrence, response.author
    if not may_amend(response, timezone.now()):
        return False
    if not Draft.objects.filter(occurrence=occurrence, author=author).exists():
        form = response.edition.form
        raw = {one.key: raw_of(form[one.key], one.value) for one in response.answers.all() if one.key in form}
        drafts.save_draft(occurrence, author=author, raw=raw, base_version=0)
    return True


def give_up(response: Response) -> None:
    """Let what was sent stand as it is."""
    Draft.objects.filter(occurrence=response.occurrence_id, author=response.author_id).delete()


def amend(occurrence: Occurrence, *, author: Client, raw: drafts.Raw) -> Response:
    """Send ``raw`` as the next revision; return the revision that stands now.

    What stood before stays in the record, and no partner can come to read it any more. Raises
    :class:`~exercises.answering.NotYetRight`, or :class:`~exercises.answering.NotOpen` when it was opened or
    read meanwhile. Pressed twice, it is sent once.
    """
    now = timezone.now()
    slot = answering.lock_slot(occurrence, author)
    if slot.mine is None:
        raise answering.NotOpen(slot.occurrence)
    draft = Draft.objects.filter(occurrence=slot.occurrence, author=author)
    if not draft.exists():
        return slot.mine
    if not may_amend(slot.mine, now):
        raise answering.NotOpen(slot.occurrence)
    values = answering.values_to_send(slot, raw)
    response, answers = answering.write(slot, author, values, now, revision=slot.mine.revision + 1)
    with tenancy.elevated():
        lanes.replace(slot.mine, response)
        attachments.go_along(response)
        signals.response_written.send(sender=Response, response=response, answers=answers)
        answering.open_to_those_who_sent(slot, response, now)
        stops.end_by_person(slot.occurrence.assignment_id, author.pk)
        signals.response_submitted.send(sender=Response, response=response, answers=answers)
    return response
