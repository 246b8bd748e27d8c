"""What ends in exercises when people are not in care together any more, and what their therapists are told.

What was sealed for each other and has not opened stays sealed for ever, and what would have been one answer of
several is asked no more. What somebody typed and never sent stays theirs, where only they can read it.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Consent, Parting, Partner
from clients.signals import parted
from exercises import lanes, reminders
from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Occurrence, Response, Sitting
from exercises.vocabulary import Lane
from practice.links import address_of
from practice.models import Membership
from practice.written import Written

State = Occurrence.State
WAITING = (State.OPEN, State.PAUSED)
REASON = "not in care together"


@receiver(parted)
def end_what_was_together(sender: Any, couple_id: uuid.UUID, who: Collection[uuid.UUID], **kwargs: Any) -> None:
    """Seal for good what had not opened, ask for nothing joint any more, end what runs. As Attune itself."""
    here = Partner.objects.filter(couple_id=couple_id).exclude(client_id__in=who)
    goes_on = here.filter(left_at=None).exists()
    waiting = Occurrence.objects.filter(couple_id=couple_id, state__in=WAITING)
    if goes_on:
        waiting = waiting.filter(client_id__in=who)
    else:
        waiting = waiting.filter(assignment__lane__in=(Lane.REVEAL, Lane.JOINT))
    ids = list(waiting.values_list("pk", flat=True))
    Occurrence.objects.filter(pk__in=ids).update(state=State.WITHDRAWN)
    reminders.call_off(ids, reason=REASON)
    _seal_for_good(couple_id, list(who))
    running = Sitting.objects.filter(couple_id=couple_id, ended_at=None, audience__overlap=list(who))
    running.update(ended_at=timezone.now())


def _seal_for_good(couple_id: uuid.UUID, who: list[uuid.UUID]) -> None:
    responses = Response.objects.filter(couple_id=couple_id)
    lanes.never_open(list(responses.values_list("pk", flat=True)), who)


_TO_NOTE: Written[Parting] = Written(
    lambda couples: Parting.objects.filter(couple_id__in=couples, noted_at=None).order_by("at"), couples=[uuid.UUID]
)


@register_queue
@asking(lambda membership, couples: _TO_NOTE.of(couples=couples))
def parted_lately(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each couple in which somebody left by themselves and nobody of the practice has noted it."""
    found: dict[uuid.UUID, Parting] = {}
    for one in _TO_NOTE.all(couples=couples):
        found.setdefault(one.couple_id, one)
    return [
        QueueItem(
            kind="ask",
            what=_("Somebody left the couple by themselves"),
            couple_id=one.couple_id,
            detail=_("Speak with each of them alone. No partner is told who decided it."),
            since=one.at,
            url=address_of("couple_apart", one.couple_id),
            action=_("Look at it"),
            urgent=True,
            after_care=True,
        )
        for one in found.values()
    ]


#: What somebody took back of what they had agreed to, and did not agree to again.
_TAKEN_BACK: Written[Consent] = Written(
    lambda couples: (
        Consent.objects.filter(
            ~Exists(
                Consent.objects.filter(
                    practice_id=OuterRef("practice_id"),
                    client=OuterRef("client"),
                    about=OuterRef("about"),
                    given_at__gt=OuterRef("given_at"),
                )
            ),
            client__partnerships__couple__in=couples,
            client__partnerships__left_at=None,
            ended_by=Consent.Ended.YOU,
            withdrawn_at__isnull=False,
        )
        .annotate(couple_id=F("client__partnerships__couple"))
        .select_related("client")
        .order_by("given_at", "pk")
    ),
    couples=[uuid.UUID],
)


@register_queue
@asking(lambda membership, couples: _TAKEN_BACK.of(couples=couples))
def taken_back(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each person who took back what they had agreed to, and has not agreed again."""
    first: dict[uuid.UUID, tuple[datetime.datetime, str, uuid.UUID]] = {}
    for one in _TAKEN_BACK.all(couples=couples):
        if one.withdrawn_at is not None:
            said = (one.withdrawn_at, one.client.name, one.couple_id)  # type: ignore[attr-defined]  # annotated
            first[one.client_id] = min(said, first.get(one.client_id, said))
    return [
        QueueItem(
            kind="ask",
            what=_("Took back what they had agreed to"),
            couple_id=couple,
            detail=name,
            since=at,
            url=address_of("couple", couple),
            action=_("Open the couple"),
        )
        for at, name, couple in first.values()
    ]
