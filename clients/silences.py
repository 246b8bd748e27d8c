"""When nothing reaches a person by one channel any more: their choice of it ends, for them and the staff to see."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from clients import reach
from clients.models import Reach
from practice.models import Suppression
from practice.signals import address_silent

ENDED_BY = {
    Suppression.Reason.BOUNCE: Reach.Ended.BOUNCED,
    Suppression.Reason.COMPLAINT: Reach.Ended.COMPLAINED,
    Suppression.Reason.STOP: Reach.Ended.STOP,
}


@receiver(address_silent)
def end_choice(person_id: uuid.UUID, channel: str, reason: Suppression.Reason, **kwargs: Any) -> None:
    """End what a person chose for the channel. They may choose it again once an address of theirs is proved."""
    reach.end(person_id, by=ENDED_BY[reason], channel=channel)
