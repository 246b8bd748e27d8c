"""Taking care of what dead workers left behind, and of what nobody needs any more.

A row that had not begun left nothing: it is tried again. One that had begun may have arrived: it is sent again
only where that is harmless (the provider takes a repeat for a repeat) or where twice is better than never;
otherwise it becomes ``unknown``, for people to see.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from collections import Counter
from typing import Any

from django.db.models import F, Q, QuerySet

from practice import clock, dispatch, outbox, providers, tenancy
from practice.channels.base import Carrier, Fate
from practice.clock import Now
from practice.handing_off import STALE
from practice.logs import place_of
from practice.models import Message
from practice.moves import NOT_IN_FLIGHT, WORKER_ENDED

log = logging.getLogger(__name__)
State = Message.State

#: What was planned longer ago is not asked about any more: nothing stays fresh that long.
RECENT = datetime.timedelta(days=14)
#: Whether a provider took something is only believed of its log when nothing of ours can be under way to it.
SETTLED = datetime.timedelta(minutes=5)

#: ``provider`` stays: a message that one provider may have goes to no other.
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
    """Send again what may be sent again, once: what ended a second worker, too, is not tried a third time."""
    tally: Counter[str] = Counter()
    routes = providers.routes() if rows else {}
    for message in rows:
        again = message.reason != WORKER_ENDED and (_repeats(message) or _repeats_safely(routes, message))
        # Not even its worker's name is taken away: should it still live, it may tell how it ended.
        unknown = {"state": State.UNKNOWN, "reason": WORKER_ENDED, "finished_at": Now(), "lease_until": None}
        Message.objects.filter(pk=message.pk).update(**(AGAIN if again else unknown))
        tally[State.PLANNED if again else State.UNKNOWN] += 1
    return tally


def _repeats(message: Message) -> bool:
    try:
        return outbox.handler_of(message.kind).repeats
    except LookupError:  # a kind that is no more
        return False


def _repeats_safely(routes: dict[str, list[providers.Route]], message: Message) -> bool:
    route = providers.route_of(routes, message)
    if route is None or message.begun_at is None:
        return False
    carrier = route.build()
    # Some forget after a day what they were given.
    remembers = getattr(carrier, "repeats_for", datetime.timedelta.max)
    return carrier.repeats_safely and clock.now() - message.begun_at < remembers


def resolve_all() -> Counter[str]:
    """Do what :func:`resolve` does in all practices; return how many messages went where."""
    tally: Counter[str] = Counter()
    for practice_id in dispatch.practices():
        try:
            tally += resolve(practice_id)
        except Exception as error:
            log.error("Practice %s keeps its riddles: %s", practice_id, place_of(error))
    return tally


def resolve(practice_id: uuid.UUID) -> Counter[str]:
    """Ask the providers' logs about unknown messages: what was taken is sent, what was not is tried again."""
    tally: Counter[str] = Counter()
    with tenancy.acting(tenancy.as_system(practice_id)):
        routes = providers.routes()
        recent = Message.objects.filter(planned_for__gt=clock.now() - RECENT)
        unknown = list(recent.filter(state=State.UNKNOWN, fresh_until__gt=Now()).order_by("pk"))
        settled = clock.now() - SETTLED
    carriers: dict[str, Carrier] = {}
    for message in unknown:
        route = providers.route_of(routes, message)
        if route is None:
            continue
        carrier = carriers.setdefault(route.key, route.build())
        fate = _fate(carrier, message)
        if fate is Fate.TAKEN or (fate is Fate.NOT_TAKEN and _began_before(message, settled)):
            tally[_resolved(practice_id, message.pk, fate)] += 1
    for carrier in carriers.values():
        carrier.close()
    return +tally


def _fate(carrier: Carrier, message: Message) -> Fate:
    try:
        return carrier.fate_of(message)
    except Exception as error:
        log.warning("Message %s: the provider's log gives no answer: %s", message.pk, place_of(error))
        return Fate.UNKNOWN


def _began_before(message: Message, moment: datetime.datetime) -> bool:
    return message.begun_at is None or message.begun_at <= moment


def _resolved(practice_id: uuid.UUID, message_id: uuid.UUID, fate: Fate) -> str:
    taken = {"state": State.ACCEPTED, "reason": "the provider has it", "finished_at": Now()}
    changes = taken if fate is Fate.TAKEN else AGAIN | {"reason": "", "finished_at": None}
    with tenancy.acting(tenancy.as_system(practice_id)):
        moved = Message.objects.filter(pk=message_id, state=State.UNKNOWN).update(**changes)
    return str(changes["state"]) if moved else "lost"


def free(condition: Q, **more: Any) -> QuerySet[Message]:
    """Lock the rows that meet a condition and that nobody else holds: the next sweep takes the others."""
    rows = Message.objects.filter(condition, **more).order_by("pk").select_for_update(skip_locked=True)
    return Message.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
