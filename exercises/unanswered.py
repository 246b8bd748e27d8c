"""Messages that wait for an answer from the practice: one item in the queue for each thread."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Seen, Thread
from exercises.threads import waiting_for_practice
from practice.links import address_of
from practice.models import Membership
from practice.written import Written

_WAITING: Written[Thread] = Written(
    lambda couples, member: waiting_for_practice(couples).filter(
        ~Exists(
            Seen.objects.filter(
                practice_id=OuterRef("practice_id"),
                thread=OuterRef("pk"),
                membership=member,
                seen_at__gte=OuterRef("last_said_at"),
            )
        )
    ),
    couples=[uuid.UUID],
    member=uuid.UUID,
)


@register_queue
@asking(lambda membership, couples: _WAITING.of(couples=couples, member=membership.pk))
def to_answer(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each open thread in which a partner spoke last, until somebody answers, closes or marks it read.

    It names no partner and says nothing of the message; a thread that the asker has read is done for them.
    """
    return [
        QueueItem(
            kind="talk",
            what=_("Message"),
            couple_id=one.couple_id,
            detail=_("Waits for an answer"),
            since=one.last_said_at,  # type: ignore[attr-defined]  # annotated
            url=address_of("thread", one.couple_id, one.pk),
            action=_("Answer"),
        )
        for one in _WAITING.all(couples=couples, member=membership.pk)
    ]
