"""The moves of a message from one state to the next: claimed, begun, ended, given back. See :mod:`practice.outbox`.

Every one is a conditional update that must touch exactly one row, judged by the database's clock. Whoever comes
too late touches none.
"""

from __future__ import annotations

import datetime
import logging
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from practice import circuits, metrics, outbox, providers, suppression, tenancy
from practice.clock import Now
from practice.handing_off import Departure, merge_into
from practice.models import Message, Suppression

log = logging.getLogger(__name__)
State = Message.State

#: How many messages of one practice are claimed before the next practice has its turn; more where all providers are
#: known to be quick.
PER_TURN, MOST_PER_TURN = 50, 100
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
CLAIM = datetime.timedelta(minutes=6)
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0

WORKER_ENDED = "worker ended"
NOT_IN_FLIGHT: dict[str, Any] = {"worker": "", "lease_until": None}


@dataclass(frozen=True)
class Ending:
    """How the hand-over of one message ended."""

    departure: Departure
    state: str
    reason: str = ""
    provider_id: str = ""
    pause: float = 0
    #: There was nobody to talk to.
    unreachable: bool = False
    #: It is the address that was refused.
    bad_address: bool = False
    #: The provider may have it all the same, this time or from an earlier try: no other one may get it.
    pinned: bool = False


def claim(
    practice_id: uuid.UUID,
    worker: str,
    *,
    most: int = PER_TURN,
    health: circuits.Health | None = None,
    probing: bool = False,
) -> list[uuid.UUID]:
    """Take a few due messages of a practice under a lease, and return their ids, the oldest first.

    One whose worker ended is taken alone: should it end another, no bystander is lost. Channels that no healthy
    provider serves are left waiting; ``probing``, only what may go to one that is to be tried is taken.
    """
    if not probing and not (health and health.troubled):
        return _claim_at_once(practice_id, worker, most)
    with tenancy.acting(tenancy.as_system(practice_id)):
        due = Message.objects.filter(state=State.PLANNED, due_at__lte=Now()).order_by("due_at")
        due = due.filter(_claimable(health or circuits.Health(), probing))
        found = list(due.select_for_update(skip_locked=True).values_list("pk", "reason")[:most])
        suspects = [pk for pk, reason in found if reason == WORKER_ENDED]
        taken = suspects[:1] or [pk for pk, _reason in found]
        if taken:
            Message.objects.filter(pk__in=taken, state=State.PLANNED).update(
                state=State.CLAIMED, worker=worker, lease_until=Now() + CLAIM
            )
    return taken


# The same in one trip, while all providers are well.
CLAIM_DUE = """
    WITH due AS (
        SELECT id, due_at, reason = %(worker_ended)s AS is_suspect FROM practice_message
        WHERE practice_id = %(practice)s AND state = 'planned' AND due_at <= attune_now()
        ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), taken AS (
        (SELECT id, due_at FROM due WHERE is_suspect ORDER BY due_at LIMIT 1)
        UNION ALL SELECT id, due_at FROM due WHERE NOT EXISTS (SELECT FROM due WHERE is_suspect)
    )
    UPDATE practice_message AS message SET state = 'claimed', worker = %(worker)s,
        lease_until = attune_now() + %(lease)s
    FROM taken WHERE message.practice_id = %(practice)s AND message.id = taken.id
    RETURNING taken.due_at, message.id
"""


def _claim_at_once(practice_id: uuid.UUID, worker: str, most: int) -> list[uuid.UUID]:
    ours = {"practice": practice_id, "worker": worker, "lease": CLAIM, "most": most, "worker_ended": WORKER_ENDED}
    [taken] = tenancy.at_once(tenancy.as_system(practice_id), [(CLAIM_DUE, ours)])
    return [pk for _due_at, pk in sorted(taken)]


def _claimable(health: circuits.Health, probing: bool) -> Q:
    """Say which messages can leave now: by a healthy provider, or, probing, by one that is to be tried.

    What a provider may have waits for that one, unless its kind is rather sent twice.
    """
    ways = providers.routes()
    if probing:
        channels = [name for name, routes in ways.items() if any(one.key in health.half_open for one in routes)]
        return Q(channel__in=channels, provider__in=["", *health.half_open])
    channels = [
        channel
        for channel in Message.Channel.values
        if not ways.get(channel) or any(one.key not in health.troubled for one in ways[channel])
    ]
    return Q(channel__in=channels) & (~Q(provider__in=health.troubled) | Q(kind__in=outbox.repeating_kinds()))


def turn_over(
    practice_id: uuid.UUID, worker: str, ended: Sequence[Ending], begins: Sequence[Departure]
) -> tuple[list[str], set[uuid.UUID]]:
    """Write down how the last hand-overs ended, and that the next ones begin, in one transaction.

    Return the state that each of the last is in now ('lost' when it was no longer ours), and which of the next may
    begin: those may not that were called off, or whose lease is over.
    """
    if not ended and not begins:
        return [], set()
    if _is_plain(ended, begins):
        states, may_begin = _turn_over_at_once(practice_id, worker, ended, begins)
    else:
        with tenancy.acting(tenancy.as_system(practice_id)):
            states = [_write_down(one, worker) for one in ended]
            may_begin = {one.message_id for one in begins if _begin(one, worker)}
    for one, state in zip(ended, states, strict=True):
        metrics.handed_over(one.departure.route.channel, state)
    return states, may_begin


# Most of all hand-overs, in one trip. "state || ''" keeps the planner from the index of leases: it looks small in
# the statistics, and is full of entries of the last minutes.
TAKEN = """
    UPDATE practice_message SET state = 'accepted', reason = '', finished_at = attune_now(), lease_until = NULL,
        provider_id = given.provider_id
    FROM unnest(%(ids)s::uuid[], %(provider_ids)s::text[]) AS given (id, provider_id)
    WHERE practice_message.practice_id = %(practice)s AND practice_message.id = given.id
        AND state || '' = 'handing_off' AND worker = %(worker)s
    RETURNING practice_message.id
"""
BEGIN = """
    UPDATE practice_message SET begun_at = attune_now(), provider = %(provider)s, attempts = attempts + 1
    WHERE practice_id = %(practice)s AND id = ANY(%(ids)s) AND state || '' = 'handing_off' AND worker = %(worker)s
        AND begun_at IS NULL AND lease_until > attune_now()
    RETURNING id
"""


def _is_plain(ended: Sequence[Ending], begins: Sequence[Departure]) -> bool:
    taken = all(one.state == State.ACCEPTED and not one.departure.speaks_for for one in ended)
    one_way = len({one.route.key for one in begins}) <= 1
    return taken and one_way and all(one.route.channel != Message.Channel.SMS for one in begins)


def _turn_over_at_once(
    practice_id: uuid.UUID, worker: str, ended: Sequence[Ending], begins: Sequence[Departure]
) -> tuple[list[str], set[uuid.UUID]]:
    ours = {"practice": practice_id, "worker": worker}
    steps: list[tuple[str, dict[str, Any]]] = []
    if ended:
        names = [one.provider_id[:120] for one in ended]
        steps.append((TAKEN, ours | {"ids": [one.departure.message_id for one in ended], "provider_ids": names}))
    if begins:
        ids = [one.message_id for one in begins]
        steps.append((BEGIN, ours | {"ids": ids, "provider": begins[0].route.key}))
    found = [{row[0] for row in rows} for rows in tenancy.at_once(tenancy.as_system(practice_id), steps)]
    states = [
        State.ACCEPTED.value if one.departure.message_id in found[0] else _came_late(practice_id, one, worker)
        for one in ended
    ]
    return states, found[-1] if begins else set()


def _came_late(practice_id: uuid.UUID, ended: Ending, worker: str) -> str:
    with tenancy.acting(tenancy.as_system(practice_id)):
        return _write_down(ended, worker)


def _begin(departure: Departure, worker: str) -> bool:
    ours = Message.objects.filter(
        pk=departure.message_id, state=State.HANDING_OFF, worker=worker, begun_at=None, lease_until__gt=Now()
    )
    if _said_stop(departure):
        ours.update(**_ending(State.SKIPPED, "suppressed"))
        return False
    return ours.update(begun_at=Now(), provider=departure.route.key, attempts=F("attempts") + 1) == 1


def _said_stop(departure: Departure) -> bool:
    """Ask a last time for text messages: a number that says STOP is known by a hash, so no row is called off."""
    route = departure.route
    if route.channel != Message.Channel.SMS:
        return False
    reasons = suppression.reasons(route.channel, route.sender, {departure.address})
    return reasons.get(departure.address) == Suppression.Reason.STOP


def _write_down(ended: Ending, worker: str) -> str:
    departure = ended.departure
    if ended.state == State.PLANNED:
        provider = departure.route.key if ended.pinned else ""
        return _try_again(departure.message_id, worker, State.HANDING_OFF, ended.reason, ended.pause, provider=provider)
    changes = _ending(ended.state, ended.reason, keep_worker=True) | {"provider_id": ended.provider_id[:120]}
    done = _move(departure.message_id, State.HANDING_OFF, worker, **changes)
    if done == "lost" and ended.state != State.UNKNOWN:
        # The sweeper gave it up meanwhile; who knows better still says so.
        done = _move(departure.message_id, State.UNKNOWN, worker, **changes)
    if done == "lost" and ended.state == State.ACCEPTED:
        # Its provider told us already, by its own hook, before it answered.
        heard = Message.objects.filter(pk=departure.message_id, state__in=outbox.LEFT, worker=worker)
        heard.update(provider_id=ended.provider_id[:120])
        done = heard.values_list("state", flat=True).first() or done
    if done == "lost":
        log.error("Message %s: it ended %s, but was no longer ours.", departure.message_id, ended.state)
    elif ended.state == State.ACCEPTED and departure.speaks_for:
        merge_into(departure.message_id, departure.speaks_for)
    return done


def release(practice_id: uuid.UUID, message_ids: Collection[uuid.UUID], worker: str) -> None:
    """Give back, untried, what was claimed and not looked at."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        Message.objects.filter(pk__in=message_ids, state=State.CLAIMED, worker=worker).update(
            state=State.PLANNED, **NOT_IN_FLIGHT
        )


def recall(practice_id: uuid.UUID, departures: Collection[Departure], worker: str) -> None:
    """Give back, untried, what was prepared, and what this worker knows that it never gave to a provider."""
    if not departures:
        return
    back = {"state": State.PLANNED, "handed_off_at": None, "begun_at": None, **NOT_IN_FLIGHT}
    with tenancy.acting(tenancy.as_system(practice_id)):
        ours = Message.objects.filter(state=State.HANDING_OFF, worker=worker)
        free = [one.message_id for one in departures if not one.pinned]
        begun = ours.filter(pk__in=[one.message_id for one in departures], begun_at__isnull=False)
        begun.update(attempts=F("attempts") - 1)
        ours.filter(pk__in=free).update(provider="", **back)
        ours.filter(pk__in=[one.message_id for one in departures if one.pinned]).update(**back)


def put_back(practice_id: uuid.UUID, message_id: uuid.UUID, worker: str, origin: str, reason: str) -> str:
    """Plan a message again after a pause; give it up after too many tries. Return its new state."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        return _try_again(message_id, worker, origin, reason)


def _try_again(message_id: uuid.UUID, worker: str, origin: str, reason: str, pause: float = 0, **more: Any) -> str:
    message = Message.objects.filter(pk=message_id, state=origin, worker=worker).first()
    if message is None:
        return "lost"
    attempts = message.attempts + (origin == State.CLAIMED)
    if attempts >= MOST_ATTEMPTS:
        # What a provider may have from an earlier try is no plain 'could not be delivered'.
        over = State.UNKNOWN if more.get("provider") else State.DEAD
        return _move(message_id, origin, worker, attempts=attempts, **_ending(over, reason))
    return _move(
        message_id,
        origin,
        worker,
        state=State.PLANNED,
        attempts=attempts,
        due_at=Now() + pause_after(attempts, pause),
        reason=reason[:60],
        handed_off_at=None,
        begun_at=None,
        **more,
        **NOT_IN_FLIGHT,
    )


def pause_after(attempts: int, asked: float = 0) -> datetime.timedelta:
    """Return how long to wait after so many tries: exponential, with full jitter, at least what was asked for."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 20))
    asked = min(asked, circuits.LONGEST_ASKED)
    return datetime.timedelta(seconds=max(asked, random.uniform(0, longest)))  # noqa: S311 no secret


def _ending(state: str, reason: str, *, keep_worker: bool = False) -> dict[str, Any]:
    last = {"lease_until": None} if keep_worker else NOT_IN_FLIGHT
    return {"state": state, "reason": reason[:60], "finished_at": Now(), **last}


def _move(message_id: uuid.UUID, origin: str, worker: str, /, **changes: Any) -> str:
    """Move our message on from ``origin``; return its new state, or 'lost' when it was no longer there."""
    ours = Message.objects.filter(pk=message_id, state=origin, worker=worker)
    return changes["state"] if ours.update(**changes) == 1 else "lost"
