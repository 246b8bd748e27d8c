"""Who could not be reached: letters that came back, or that nobody knows the fate of."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Partner
from exercises.desk import QueueItem, register_queue
from practice.models import Membership, Message

#: Older troubles are history: by then somebody has talked to the person, or another letter has arrived.
LOOK_BACK = timedelta(days=14)
FINISHED = (Message.State.ACCEPTED, Message.State.UNKNOWN, Message.State.DEAD)


@register_queue
def not_reached(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each partner whose last letter did not arrive, or may not have; a later one ends it."""
    last: dict[uuid.UUID, Message] = {}
    recent = Message.objects.filter(
        couple_id__in=couples, state__in=FINISHED, finished_at__gte=timezone.now() - LOOK_BACK
    )
    for message in recent.order_by("finished_at"):
        last[message.person_id] = message
    troubled = {person: one for person, one in last.items() if one.state != Message.State.ACCEPTED}
    if not troubled:
        return []
    partners = Partner.objects.filter(couple_id__in=couples, client_id__in=troubled).select_related("client")
    return [_item(partner, troubled[partner.client_id]) for partner in partners]


def _item(partner: Partner, message: Message) -> QueueItem:
    if message.state == Message.State.DEAD:
        detail = _("%(name)s: the e-mail could not be delivered. Is the address still right?")
    else:
        detail = _("%(name)s: nobody knows whether the last e-mail arrived. It is not sent again.")
    return QueueItem(
        kind="ask",
        what=_("Could not reach"),
        couple_id=partner.couple_id,
        detail=detail % {"name": partner.client.name},
        since=message.finished_at or message.due_at,
        url=reverse("couple", args=[partner.couple_id]),
        action=_("Open"),
    )
