"""Finding work in all practices. The role behind this reads ids, states and times, and nothing else."""

from __future__ import annotations

import random
import uuid

from django.db.models import Exists, OuterRef, Q

from practice import roles, tenancy
from practice.clock import Now
from practice.models import Message, Practice

State = Message.State
ROLE = roles.DISPATCH


def practices() -> list[uuid.UUID]:
    """Return every practice of this installation."""
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        return list(Practice.objects.order_by("pk").values_list("pk", flat=True))


def practices_with_due() -> list[uuid.UUID]:
    """Return the practices in which a message is due, in an order that favours none."""
    return _practices_where(Q(state=State.PLANNED, due_at__lte=Now()))


def practices_to_sweep() -> list[uuid.UUID]:
    """Return the practices with messages whose worker is gone, or that nobody needs any more."""
    abandoned = Q(state__in=[State.CLAIMED, State.HANDING_OFF], lease_until__lte=Now())
    stale = Q(state=State.PLANNED, due_at__lte=Now(), fresh_until__lte=Now())
    return list(dict.fromkeys(_practices_where(abandoned) + _practices_where(stale)))


def _practices_where(condition: Q) -> list[uuid.UUID]:
    # One look into an index for each practice: the cost does not grow with what one of them has waiting.
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        some = Message.objects.filter(condition, practice_id=OuterRef("pk"))
        found = list(Practice.objects.filter(Exists(some)).values_list("pk", flat=True))
    random.shuffle(found)
    return found
