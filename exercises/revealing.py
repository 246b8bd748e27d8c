"""Opening what was sealed, as a small ceremony: sealed, ready to open, opened, side by side.

Where the therapist leaves the moment to the partners, each says for themselves that they are ready. Nobody
sees whether another has said so, or has sent anything at all: the seal breaks for all when the last of them has
done both, and for nobody before. Once it is broken, each looks when they want to, alone or in the session.
Whoever has not sent, has nothing to say yes to, and opens nothing.
"""

from __future__ import annotations

import datetime

from django.utils import timezone

from clients.models import Client
from exercises import holding, lanes
from exercises.models import Assignment, Occurrence, Response
from exercises.together import Opened
from exercises.vocabulary import Lane
from practice import tenancy


def by_their_own_yes(assignment: Assignment) -> bool:
    """Tell whether the partners themselves decide when it opens."""
    return assignment.lane == Lane.REVEAL and assignment.opens_by == Assignment.OpensBy.TOGETHER


def is_open(occurrence: Occurrence, now: datetime.datetime) -> bool:
    return occurrence.reveals_at is not None and occurrence.reveals_at <= now


def say_ready(occurrence: Occurrence, author: Client, *, ready: bool = True) -> bool:
    """Say, or take back, that ``author`` is ready; return whether it is open now. Safe to repeat.

    Without anything sent of their own it changes nothing. Saying so raises :class:`tenancy.Closed` where the sign-in
    only shows that somebody reads the mailbox: it may open what everybody has sealed.
    """
    if ready:
        tenancy.only_if_open()
    now = timezone.now()
    with tenancy.elevated():
        holding.in_turn(occurrence.couple_id)
        rows = {one.pk: one for one in _round(occurrence)}
        mine = rows[occurrence.pk]
        if is_open(mine, now):
            return True
        if mine.client_id != author.pk or not by_their_own_yes(mine.assignment):
            return False
        responses = Response.objects.filter(occurrence__in=rows, lane=Lane.REVEAL)
        sent = set(responses.values_list("author_id", flat=True))
        if author.pk not in sent:
            return False
        mine.ready_at = (mine.ready_at or now) if ready else None
        mine.save(update_fields=["ready_at"])
        willing = {one.client_id for one in rows.values() if one.ready_at is not None}
        if not sent & willing >= set(mine.assignment.audience) or holding.is_held(mine.couple_id):
            return False
        lanes.set_reveal(rows, now, now)
    return True


def _round(occurrence: Occurrence) -> list[Occurrence]:
    """The whole round, locked in the same order as sending locks it, so that two last ones take turns."""
    rows = Occurrence.objects.filter(assignment_id=occurrence.assignment_id, slot=occurrence.slot)
    return list(rows.select_related("assignment").select_for_update(of=("self",)).order_by("pk"))


def unfold(group: Opened, person: Client) -> None:
    """Note that this person looks at it now. Nobody else is told; doing it twice changes nothing."""
    with tenancy.elevated():
        Occurrence.objects.filter(pk=group.at, client=person, unfolded_at=None).update(unfolded_at=timezone.now())
