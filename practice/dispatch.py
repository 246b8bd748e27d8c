"""Finding work in all practices. The role behind this reads ids, states and times, and nothing else."""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q

from practice import roles, tenancy
from practice.clock import Now
from practice.models import Message, Practice, Provider, WebhookDelivery

State = Message.State
ROLE = roles.DISPATCH


def practices() -> list[uuid.UUID]:
    """Return every practice of this installation."""
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        return list(Practice.objects.order_by("pk").values_list("pk", flat=True))


def practices_with_due(*, without: Collection[str] = ()) -> list[uuid.UUID]:
    """Return the practices in which a message is due, in an order that favours none.

    ``without`` are the keys of the providers that rest: a practice that waits for nothing but one of the
    installation's is left out, however many such practices there are.
    """
    due = Q(state=State.PLANNED, due_at__lte=Now())
    resting = set(without) & set(Message.Channel.values)
    if not resting:
        return _practices_where(due)
    return _practices_where(due & ~Q(channel__in=resting), or_own_provider_and=due)


def practices_to_sweep() -> list[uuid.UUID]:
    """Return the practices with messages whose worker is gone, or that nobody needs any more."""
    abandoned = Q(state__in=[State.CLAIMED, State.HANDING_OFF], lease_until__lte=Now())
    stale = Q(state=State.PLANNED, due_at__lte=Now(), fresh_until__lte=Now())
    return list(dict.fromkeys(_practices_where(abandoned) + _practices_where(stale)))


def practices_with_calls() -> list[uuid.UUID]:
    """Return the practices in which a webhook is to be called, in an order that favours none."""
    due = WebhookDelivery.objects.filter(
        practice_id=OuterRef("pk"), state=WebhookDelivery.State.WAITING, next_at__lte=Now()
    )
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        found = list(Practice.objects.filter(Exists(due.values("pk"))).values_list("pk", flat=True))
    random.shuffle(found)
    return found


def _practices_where(condition: Q, *, or_own_provider_and: Q | None = None) -> list[uuid.UUID]:
    # One look into an index for each practice: the cost does not grow with what one of them has waiting.
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        wanted = _has_message(condition)
        if or_own_provider_and is not None:
            own = Exists(Provider.objects.filter(practice_id=OuterRef("pk"), ended_at=None).values("pk"))
            wanted = wanted | (own & _has_message(or_own_provider_and))
        found = list(Practice.objects.filter(wanted).values_list("pk", flat=True))
    random.shuffle(found)
    return found


def _has_message(condition: Q) -> Any:
    return Exists(Message.objects.filter(condition, practice_id=OuterRef("pk")))
