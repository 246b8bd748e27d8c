"""What became of messages after a provider took them, as the provider tells later.

Events come late, twice, and in any order: each moves a message forward or does nothing.
"""

from __future__ import annotations

import datetime
import uuid

from django.db.models import Q

from practice import tenancy
from practice.models import Message

State = Message.State

#: From which states each event leads on. What was settled is never unsettled.
ORIGINS = {
    State.ACCEPTED.value: (State.UNKNOWN, State.HANDING_OFF),
    State.DELIVERED.value: (State.ACCEPTED, State.UNKNOWN, State.HANDING_OFF),
    State.BOUNCED.value: (State.ACCEPTED, State.DELIVERED, State.UNKNOWN, State.HANDING_OFF),
    State.COMPLAINED.value: (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.UNKNOWN, State.HANDING_OFF),
}


def happened(practice_id: uuid.UUID, message_id: uuid.UUID, event: str, at: datetime.datetime) -> bool:
    """Move a message on to ``event`` (accepted, delivered, bounced or complained); tell whether that was news."""
    begun = Q(begun_at__isnull=False) | ~Q(state=State.HANDING_OFF)
    with tenancy.acting(tenancy.as_system(practice_id)):
        rows = Message.objects.filter(begun, pk=message_id, state__in=ORIGINS[event])
        return rows.update(state=event, finished_at=at, lease_until=None) == 1
