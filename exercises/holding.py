"""Holding back what is sealed, while an answer about somebody's safety waits for a look.

For everybody in the portal it is as if the other one had not sent yet: what is sealed stays sealed, a stated moment
comes with one's own part alone, and no page, letter or number says why. Nothing that has opened is closed again, and
nothing of it holds up what one person does alone. Who knows of such answers stands above this app and registers here;
it calls :func:`hold` and :func:`lift` in the transaction of the answer, and of the therapist's word.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from clients.models import Couple, Partner
from exercises import lanes, signals
from exercises.models import Answer, Assignment, Attachment, Occurrence, Response
from exercises.vocabulary import Lane
from practice.written import Asked, taking_turns, together

#: Tells whether something of this couple waits. Asked as Attune itself.
Reader = Callable[[uuid.UUID], bool]
_readers: list[Reader] = []


def register(reader: Reader) -> Reader:
    """Let an app say that a couple is held; use it as a decorator."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def is_held(couple_id: uuid.UUID) -> bool:
    """Tell whether nothing sealed opens for this couple now. Needs Attune itself: no partner may ask."""
    return any(reader(couple_id) for reader in _readers)


def in_turn(couple_id: uuid.UUID) -> None:
    """Let sending and holding wait for each other, until the end of the transaction.

    Taken before any row of it: else what is sent at the same moment would be opened past the answer that holds it.
    """
    together(turn(couple_id))


def turn(couple_id: uuid.UUID) -> Asked[None]:
    """Return what :func:`in_turn` asks, to go with what follows."""
    return taking_turns(f"hold {couple_id}")


def hold(couple_id: uuid.UUID) -> None:
    """Take what is sealed out of sight of those who had sent as well. Needs Attune itself."""
    now, slots = timezone.now(), set()
    sealed = Q(opens_at=None) | Q(opens_at__gt=now)
    for model in (Response, Answer, Attachment):
        rows = model._default_manager.filter(sealed, couple=couple_id, lane=Lane.REVEAL).exclude(readers=[])
        if model is not Attachment:
            path = "occurrence_id" if model is Response else "response__occurrence_id"
            slots |= set(rows.values_list(path, flat=True))
        rows.update(readers=[])
    if slots:
        signals.reveal_changed.send(sender=Occurrence, occurrences=sorted(slots))


def take_out_of_sight(response: Response) -> None:
    """Do the same with what was sent this very moment, though its stated moment may be over."""
    everything = (
        Response.objects.filter(pk=response.pk),
        Answer.objects.filter(response=response),
        Attachment.objects.filter(response=response),
    )
    for rows in everything:
        rows.filter(lane=Lane.REVEAL).update(readers=[])


def lift(couple_id: uuid.UUID) -> None:
    """Let go on what was held, as if the last one had sent just now. Nothing where it is still held.

    Needs Attune itself; safe to repeat.
    """
    if is_held(couple_id) or not Couple.objects.in_care().filter(pk=couple_id).exists():
        return
    now = timezone.now()
    for rows in _held_rounds(couple_id).values():
        _carry_on(rows, now)


def _held_rounds(couple_id: uuid.UUID) -> dict[tuple[uuid.UUID, str], list[Occurrence]]:
    """Every round of which something sealed is read by nobody else, with all of its rows, locked in one order."""
    answers = Answer.objects.filter(couple=couple_id, lane=Lane.REVEAL, readers=[])
    responses = Response.objects.filter(couple=couple_id, lane=Lane.REVEAL, readers=[])
    held = {
        *answers.values_list("response__occurrence_id", flat=True),
        *responses.values_list("occurrence_id", flat=True),
    }
    known = Occurrence.objects.filter(pk__in=held).values_list("assignment_id", "slot")
    rounds: dict[tuple[uuid.UUID, str], list[Occurrence]] = defaultdict(list)
    wanted = Q(pk=None)
    for assignment, slot in set(known):
        wanted |= Q(assignment_id=assignment, slot=slot)
    rows = Occurrence.objects.filter(wanted).select_related("assignment").select_for_update(of=("self",))
    for one in rows.order_by("pk"):
        rounds[one.assignment_id, one.slot].append(one)
    return rounds


def _carry_on(rows: list[Occurrence], now: datetime) -> None:
    assignment, ids = rows[0].assignment, [one.pk for one in rows]
    sent = _still_here(assignment, Response.objects.filter(occurrence__in=ids).values_list("author_id", flat=True))
    if len(sent) < 2:
        return
    lanes.admit_to_reveal(ids, sent)
    everybody = sent >= set(assignment.audience)
    if everybody and assignment.is_joint:
        open_ones = Occurrence.objects.filter(pk__in=ids, state__in=[Occurrence.State.OPEN, Occurrence.State.MISSED])
        open_ones.update(state=Occurrence.State.DONE, done_at=now)
    if everybody and (lanes.opens_by_all(assignment) or _all_are_ready(assignment, rows)):
        lanes.set_reveal(ids, now, now)


def _still_here(assignment: Assignment, authors: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    present = Partner.objects.filter(couple=assignment.couple_id, left_at=None).values_list("client_id", flat=True)
    return set(authors) & set(present)


def _all_are_ready(assignment: Assignment, rows: list[Occurrence]) -> bool:
    by_yes = assignment.opens_by == Assignment.OpensBy.TOGETHER
    return by_yes and {one.client_id for one in rows if one.ready_at} >= set(assignment.audience)
