"""Delivering what is due: claim, read again, hand over, write down. See :mod:`practice.outbox`.

Every step is a conditional update that must touch exactly one row, judged by the database's clock. Whoever
comes too late touches none and sends nothing. No transaction is open while a provider is talked to.
"""

from __future__ import annotations

import datetime
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from practice import circuits, clock, dispatch, suppression, tenancy
from practice.channels.base import Carrier, NotNow, Refused, Unreachable
from practice.clock import Now
from practice.handing_off import Departure, HandOff, merge_into
from practice.models import Message, Suppression
from practice.providers import Route

log = logging.getLogger(__name__)
State = Message.State

#: How many messages of one practice are handed over before the next practice has its turn.
PER_TURN = 25
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
CLAIM = datetime.timedelta(minutes=6)
MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0

WORKER_ENDED = "worker ended"
NOT_IN_FLIGHT: dict[str, Any] = {"worker": "", "lease_until": None}


def deliver(seconds: float = 20) -> Counter[str]:
    """Deliver what is due in all practices, in turns, for about that long; return how many ended how.

    Any number of these may run at once. Providers that failed lately are left to :func:`probe`.
    """
    with Courier(time.monotonic() + seconds) as courier:
        while courier.has_time() and courier.goes_round():
            pass
        return courier.tally


def probe(seconds: float = 60) -> Counter[str]:
    """Try each provider that has rested long enough with one message. Only this waits for the slow and the broken."""
    with Courier(time.monotonic() + seconds, probing=True) as courier:
        courier.goes_round()
        return courier.tally


@dataclass(frozen=True)
class Ending:
    """How the hand-over of one message ended."""

    departure: Departure
    state: str
    reason: str = ""
    provider_id: str = ""
    pause: float = 0


class Courier:
    """One run of :func:`deliver`, under a name of its own, with one connection to each provider."""

    def __init__(self, until: float, *, probing: bool = False) -> None:
        self.until = until
        self.probing = probing
        self.name = uuid.uuid4().hex
        self.carriers: dict[str, Carrier] = {}
        self.tally: Counter[str] = Counter()
        self.avoided: set[uuid.UUID] = set()
        self.health = circuits.Health()

    def __enter__(self) -> Courier:
        return self

    def __exit__(self, *error: object) -> None:
        for carrier in self.carriers.values():
            carrier.close()

    def has_time(self) -> bool:
        return time.monotonic() < self.until

    @property
    def resting(self) -> frozenset[str]:
        """The providers that this run leaves alone."""
        return self.health.resting if self.probing else self.health.troubled

    def goes_round(self) -> bool:
        """Give each practice that waits one turn; tell whether another round makes sense."""
        taken = 0
        with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
            self.health = circuits.health()
        if self.probing and not self.health.half_open:
            return False
        for practice_id in dispatch.practices_with_due():
            if practice_id in self.avoided or not self.has_time():
                continue
            try:
                taken += self.takes_turn(practice_id)
            except Exception as error:
                # A practice with a fault of its own must not hold up the others.
                log.error("Practice %s steps aside: %s", practice_id, place_of(error))
                self.avoided.add(practice_id)
        return taken > 0

    def takes_turn(self, practice_id: uuid.UUID) -> int:
        """Claim and deliver a few messages of one practice; return how many were claimed."""
        claimed = claim(practice_id, self.name, most=1 if self.probing else PER_TURN, resting=self.resting)
        if not claimed:
            return 0
        self.hands_over(practice_id, self.prepares(practice_id, claimed))
        release(practice_id, claimed, self.name)
        return len(claimed)

    def prepares(self, practice_id: uuid.UUID, claimed: Sequence[uuid.UUID]) -> list[Departure]:
        """Hand off what was claimed: all at once, or one by one when that fails, so that one fault stays alone."""
        try:
            return self._hands_off(practice_id, claimed)
        except Exception as error:
            if len(claimed) == 1:
                log.error("Message %s can not be prepared: %s", claimed[0], place_of(error))
                self.tally[put_back(practice_id, claimed[0], self.name, State.CLAIMED, type(error).__name__)] += 1
                return []
        return [one for pk in claimed for one in self.prepares(practice_id, [pk])]

    def _hands_off(self, practice_id: uuid.UUID, claimed: Collection[uuid.UUID]) -> list[Departure]:
        hand_off = HandOff(practice_id, self.name, self.resting, self.carrier_of)
        departures = hand_off.run(claimed)
        self.tally += hand_off.tally
        return departures

    def carrier_of(self, route: Route) -> Carrier:
        if route.key not in self.carriers:
            self.carriers[route.key] = route.build()
        return self.carriers[route.key]

    def hands_over(self, practice_id: uuid.UUID, departures: Sequence[Departure]) -> None:
        """Give them to their providers one after the other. Each ending is written down before the next begins."""
        ended: Ending | None = None
        for departure in departures:
            if not self._is_open(departure.route):
                continue
            begun = turn_over(practice_id, self.name, ended, departure)
            self._counts(ended)
            ended = self.gives(departure) if begun else None
        turn_over(practice_id, self.name, ended, None)
        self._counts(ended)
        recall(practice_id, [one.message_id for one in departures], self.name)

    def _is_open(self, route: Route) -> bool:
        if route.key in self.resting or not self.has_time():
            return False
        try:
            self.carrier_of(route).open()
        except Unreachable as error:
            self.gives_up(route, str(error), error.after)
            return False
        return True

    def gives_up(self, route: Route, reason: str, after: float = 0) -> None:
        """Leave a provider alone, for this run and for all others."""
        log.warning("Provider %s is out of order: %s. What is due waits.", route.key, reason)
        with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
            circuits.failed(route.key, reason, after=after)
        self.health = circuits.Health(self.health.resting | {route.key}, self.health.half_open - {route.key})

    def gives(self, departure: Departure) -> Ending:
        """Hand one message to its provider and tell how that ended."""
        route = departure.route
        try:
            provider_id = self.carrier_of(route).send(departure.parcel)
        except Unreachable as error:
            self.gives_up(route, str(error), error.after)
            return Ending(departure, State.PLANNED, str(error), pause=error.after)
        except NotNow as error:
            return Ending(departure, State.PLANNED, str(error), pause=error.after)
        except Refused as error:
            if error.address:
                _leave_alone(route, departure.address)
            return Ending(departure, State.DEAD, str(error))
        except Exception as error:
            log.error("Message %s: nobody knows whether it arrived: %s", departure.message_id, place_of(error))
            self.gives_up(route, "no answer")
            return Ending(departure, State.UNKNOWN, "no answer")
        if route.key in self.health.half_open:
            with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
                circuits.works(route.key)
            self.health = circuits.Health(self.health.resting, self.health.half_open - {route.key})
        return Ending(departure, State.ACCEPTED, provider_id=provider_id)

    def _counts(self, ended: Ending | None) -> None:
        if ended is not None:
            self.tally[ended.state] += 1


def _leave_alone(route: Route, address: str) -> None:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        suppression.suppress(route.channel, route.sender, address, Suppression.Reason.BOUNCE)


def claim(
    practice_id: uuid.UUID, worker: str, *, most: int = PER_TURN, resting: Collection[str] = ()
) -> list[uuid.UUID]:
    """Take a few due messages of a practice under a lease, and return their ids, the oldest first.

    One whose worker ended is taken alone: should it end another, no bystander is lost. Channels that no healthy
    provider serves are left waiting.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        due = Message.objects.filter(state=State.PLANNED, due_at__lte=Now()).order_by("due_at", "pk")
        if resting:
            due = due.exclude(channel__in=_without_healthy_route(resting))
        found = list(due.select_for_update(skip_locked=True).values_list("pk", "reason")[:most])
        suspects = [pk for pk, reason in found if reason == WORKER_ENDED]
        taken = suspects[:1] or [pk for pk, _reason in found]
        Message.objects.filter(pk__in=taken, state=State.PLANNED).update(
            state=State.CLAIMED, worker=worker, lease_until=Now() + CLAIM
        )
    return taken


def _without_healthy_route(resting: Collection[str]) -> list[str]:
    from practice import providers

    return [
        channel
        for channel, routes in providers.routes().items()
        if routes and all(one.key in resting for one in routes)
    ]


def turn_over(practice_id: uuid.UUID, worker: str, ended: Ending | None, begins: Departure | None) -> bool:
    """Write down how the last hand-over ended, and that the next one begins, in one transaction.

    Return whether the next one may: it may not when it was called off, or its lease is over.
    """
    if ended is None and begins is None:
        return False
    with tenancy.acting(tenancy.as_system(practice_id)):
        if ended is not None:
            _write_down(ended, worker)
        if begins is None:
            return False
        ours = Message.objects.filter(
            pk=begins.message_id, state=State.HANDING_OFF, worker=worker, begun_at=None, lease_until__gt=Now()
        )
        if _said_stop(begins):
            ours.update(**_ending(State.SKIPPED, "suppressed"))
            return False
        return ours.update(begun_at=Now()) == 1


def _said_stop(departure: Departure) -> bool:
    """Ask a last time for text messages: a number that says STOP is known by a hash, so no row is called off."""
    route = departure.route
    if route.channel != Message.Channel.SMS:
        return False
    return bool(suppression.suppressed(route.channel, route.sender, {departure.address}))


def _write_down(ended: Ending, worker: str) -> None:
    message_id = ended.departure.message_id
    if ended.state == State.PLANNED:
        _try_again(message_id, worker, State.HANDING_OFF, ended.reason, ended.pause)
        return
    changes = _ending(ended.state, ended.reason, keep_worker=True) | {"provider_id": ended.provider_id[:120]}
    done = _move(message_id, State.HANDING_OFF, worker, **changes)
    if done == "lost" and ended.state != State.UNKNOWN:
        # The sweeper gave it up meanwhile; who knows better still says so.
        done = _move(message_id, State.UNKNOWN, worker, **changes)
    if done == "lost":
        log.error("Message %s: it ended %s, but was no longer ours.", message_id, ended.state)
    elif ended.state == State.ACCEPTED and ended.departure.speaks_for_others:
        merge_into(Message.objects.get(pk=message_id), clock.now())


def release(practice_id: uuid.UUID, message_ids: Collection[uuid.UUID], worker: str) -> None:
    """Give back, untried, what was claimed and not looked at."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        Message.objects.filter(pk__in=message_ids, state=State.CLAIMED, worker=worker).update(
            state=State.PLANNED, **NOT_IN_FLIGHT
        )


def recall(practice_id: uuid.UUID, message_ids: Collection[uuid.UUID], worker: str) -> None:
    """Give back, untried, what was prepared and never begun."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        Message.objects.filter(pk__in=message_ids, state=State.HANDING_OFF, worker=worker, begun_at=None).update(
            state=State.PLANNED, handed_off_at=None, provider="", **NOT_IN_FLIGHT
        )


def put_back(practice_id: uuid.UUID, message_id: uuid.UUID, worker: str, origin: str, reason: str) -> str:
    """Plan a message again after a pause; give it up after too many tries. Return its new state."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        return _try_again(message_id, worker, origin, reason)


def _try_again(message_id: uuid.UUID, worker: str, origin: str, reason: str, pause: float = 0) -> str:
    message = Message.objects.filter(pk=message_id, state=origin, worker=worker).first()
    if message is None:
        return "lost"
    attempts = message.attempts + (origin == State.CLAIMED)
    if attempts >= MOST_ATTEMPTS:
        return _move(message_id, origin, worker, attempts=attempts, **_ending(State.DEAD, reason))
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
        provider="",
        **NOT_IN_FLIGHT,
    )


def pause_after(attempts: int, asked: float = 0) -> datetime.timedelta:
    """Return how long to wait after so many tries: exponential, with full jitter, at least what was asked for."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(attempts - 1, 0))
    return datetime.timedelta(seconds=max(asked, random.uniform(0, longest)))  # noqa: S311 no secret


def _ending(state: str, reason: str, *, keep_worker: bool = False) -> dict[str, Any]:
    last = {"lease_until": None} if keep_worker else NOT_IN_FLIGHT
    return {"state": state, "reason": reason[:60], "finished_at": Now(), **last}


def _move(message_id: uuid.UUID, origin: str, worker: str, /, **changes: Any) -> str:
    """Move our message on from ``origin``; return its new state, or 'lost' when it was no longer there."""
    ours = Message.objects.filter(pk=message_id, state=origin, worker=worker)
    return changes["state"] if ours.update(**changes) == 1 else "lost"


def place_of(error: BaseException) -> str:
    """Say what went wrong and where, without the error's own text: it may hold what people wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} in {where}"
