"""Who could not be reached: messages that came back, or that nobody knows the fate of."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Partner
from exercises.desk import QueueItem, register_queue
from practice.links import address_of
from practice.models import Membership, Message
from practice.written import Written

#: Older troubles are history: by then somebody has talked to the person, or another letter has arrived.
LOOK_BACK = timedelta(days=14)
State = Message.State
ARRIVED = (State.ACCEPTED, State.DELIVERED)
FINISHED = (*ARRIVED, State.UNKNOWN, State.DEAD, State.BOUNCED, State.COMPLAINED)


_RECENT: Written[Message] = Written(
    lambda couples, since: (
        Message.objects.filter(couple_id__in=couples, state__in=FINISHED, finished_at__gte=since)
        .exclude(channel=Message.Channel.PORTAL)
        .order_by("finished_at")
    ),
    couples=[uuid.UUID],
    since=datetime,
)


@register_queue
def not_reached(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each partner and channel whose last message may not have arrived; a later one ends it."""
    last: dict[tuple[uuid.UUID, str], Message] = {}
    for message in _RECENT.all(couples=couples, since=timezone.now() - LOOK_BACK):
        last[message.person_id, message.channel] = message
    troubled = {person: one for (person, _channel), one in last.items() if one.state not in ARRIVED}
    if not troubled:
        return []
    partners = Partner.objects.filter(couple_id__in=couples, client_id__in=troubled).select_related("client")
    return [_item(partner, troubled[partner.client_id]) for partner in partners]


def _item(partner: Partner, message: Message) -> QueueItem:
    words = {"name": partner.client.name, "channel": message.get_channel_display()}
    return QueueItem(
        kind="ask",
        what=_("Could not reach"),
        couple_id=partner.couple_id,
        detail=_detail(message) % words,
        since=message.finished_at or message.due_at,
        url=address_of("couple", partner.couple_id),
        action=_("Open"),
    )


def _detail(message: Message) -> str:
    match message.state:
        case State.UNKNOWN:
            return _("%(name)s (%(channel)s): nobody knows whether the last message arrived. It is not sent again.")
        case State.COMPLAINED:
            return _("%(name)s (%(channel)s): reported as unwanted. Nothing more is sent this way.")
    return _("%(name)s (%(channel)s): the last message could not be delivered. Is the address still right?")
