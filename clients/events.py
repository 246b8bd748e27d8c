"""What other systems of a practice are told about couples (see practice/webhooks.py)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from clients.models import Couple, Partner
from clients.removing import Person
from clients.signals import somebody_gone
from practice import webhooks

CLOSED = "couple.closed"

webhooks.register(CLOSED, _("A couple’s care was closed"), door="api_couple", named=("couple_id",))


def closed(couple: Couple) -> None:
    """Tell that a couple's care was closed, once for each time."""
    occasion = f"{couple.pk} {couple.ended_at.isoformat() if couple.ended_at else ''}"
    webhooks.tell(CLOSED, occasion=occasion, about={"couple_id": couple.pk}, couple_id=couple.pk)


def all_are_among(couple_id: uuid.UUID, people: Collection[uuid.UUID]) -> bool:
    """Tell whether everybody who is in a couple now is one of ``people``.

    What is for one of them alone is told to no other system: whoever looks over its shoulder may be the other one.
    """
    there = Partner.objects.filter(couple_id=couple_id, left_at=None).values_list("client_id", flat=True)
    return set(there) <= set(people)


@receiver(somebody_gone, dispatch_uid="clients.events")
def calls_about(person: Person, **kwargs: Any) -> None:
    """What was to be told about an erased person's couples is told no more, and the log names them no more."""
    webhooks.forget_couples(person.couples)
