"""Taking care of what dead workers left behind, and of what nobody needs any more.

A row that had not begun left nothing: it is tried again. One that had begun may have arrived: it is sent again
only where that is harmless (the provider takes a repeat for a repeat) or where twice is better than never;
otherwise it becomes ``unknown``, for people to see.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from typing import Any

from django.db.models import F, Q, QuerySet

from practice import clock, dispatch, outbox, providers, tenancy
from practice.channels.base import Fate
from practice.clock import Now
from practice.delivery import NOT_IN_FLIGHT, WORKER_ENDED, place_of
from practice.handing_off import STALE
from practice.models import Message

log = logging.getLogger(__name__)
State = Message.State

AGAIN: dict[str, Any] = {
    "state": State.PLANNED,
    "reason": WORKER_ENDED,
    "handed_off_at": None,
    "begun_at": None,
    **NOT_IN_FLIGHT,
}


def sweep() -> Counter[str]:
    """Sweep all practices; return how many messages went where. Any number of these may run at once."""
    tally: Counter[str] = Counter()
    for practice_id in dispatch.practices_to_sweep():
        try:
            tally.update(_sweep_practice(practice_id))
        except Exception as error:
            log.error("Practice %s is not swept: %s", practice_id, place_of(error))
    return tally


def _sweep_practice(practice_id: uuid.UUID) -> Counter[str]:
    with tenancy.acting(tenancy.as_system(practice_id)):
        tally: Counter[str] = Counter()
        over = {"lease_until__lte": Now()}
        unbegun = Q(state=State.CLAIMED) | Q(state=State.HANDING_OFF, begun_at=None)
        dead = free(unbegun, reason=WORKER_ENDED, **over)
        tally[State.DEAD] += dead.update(
            state=State.DEAD, reason="ended two workers", finished_at=Now(), **NOT_IN_FLIGHT
        )
        tally[State.PLANNED] += free(unbegun, **over).update(**AGAIN, attempts=F("attempts") + 1)
        tally += _settle_begun(free(Q(state=State.HANDING_OFF, begun_at__isnull=False), **over))
        stale = free(Q(state=State.PLANNED), due_at__lte=Now(), fresh_until__lte=Now())
        tally[State.SKIPPED] += stale.update(state=State.SKIPPED, reason=STALE, finished_at=Now())
    return +tally


def _settle_begun(rows: QuerySet[Message]) -> Counter[str]:
    tally: Counter[str] = Counter()
    routes = providers.routes()
    for message in rows:
        again = outbox.handler_of(message.kind).repeats or _repeats_safely(routes, message)
        # Not even its worker's name is taken away: should it still live, it may tell how it ended.
        unknown = {"state": State.UNKNOWN, "reason": WORKER_ENDED, "finished_at": Now(), "lease_until": None}
        Message.objects.filter(pk=message.pk).update(**(AGAIN if again else unknown))
        tally[State.PLANNED if again else State.UNKNOWN] += 1
    return tally


def _repeats_safely(routes: dict[str, list[providers.Route]], message: Message) -> bool:
    route = providers.route_of(routes, message)
    return route is not None and route.build().repeats_safely


def resolve(practice_id: uuid.UUID) -> Counter[str]:
    """Ask the providers' logs about unknown messages: what was taken is sent, what was not is tried again."""
    tally: Counter[str] = Counter()
    with tenancy.acting(tenancy.as_system(practice_id)):
        routes = providers.routes()
        unknown = list(Message.objects.filter(state=State.UNKNOWN, fresh_until__gt=clock.now()))
    for message in unknown:
        route = providers.route_of(routes, message)
        fate = route.build().fate_of(message) if route else Fate.UNKNOWN
        if fate is not Fate.UNKNOWN:
            tally[_resolved(practice_id, message.pk, fate)] += 1
    return tally


def _resolved(practice_id: uuid.UUID, message_id: uuid.UUID, fate: Fate) -> str:
    taken = {"state": State.ACCEPTED, "reason": "the provider has it", "finished_at": Now()}
    changes = taken if fate is Fate.TAKEN else AGAIN | {"reason": "", "finished_at": None}
    with tenancy.acting(tenancy.as_system(practice_id)):
        Message.objects.filter(pk=message_id, state=State.UNKNOWN).update(**changes)
    return str(changes["state"])


def free(condition: Q, **more: Any) -> QuerySet[Message]:
    """Lock the rows that meet a condition and that nobody else holds: the next sweep takes the others."""
    rows = Message.objects.filter(condition, **more).order_by("pk").select_for_update(skip_locked=True)
    return Message.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
