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
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q

from practice import circuits, dispatch, fates, outbox, providers, suppression, tenancy
from practice.channels.base import Carrier, NotNow, Refused, Unreachable
from practice.clock import Now
from practice.handing_off import Departure, HandOff, merge_into
from practice.models import Message, Suppression
from practice.providers import Route

log = logging.getLogger(__name__)
State = Message.State

#: How many messages of one practice are handed over before the next practice has its turn, and for how long.
PER_TURN, TURN_SECONDS = 50, 5.0
#: As many as a provider takes in such a moment (in seconds) begin at once.
MOST_AT_ONCE, MOMENT = 10, 0.05
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
CLAIM = datetime.timedelta(minutes=6)
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
#: How long to wait, in seconds, before writing an ending down again when the database was away.
INSIST = (0.0, 1.0, 3.0, 6.0)

WORKER_ENDED = "worker ended"
NOT_IN_FLIGHT: dict[str, Any] = {"worker": "", "lease_until": None}
DISPATCH = tenancy.Asker(role=dispatch.ROLE)


def deliver(seconds: float = 20) -> Counter[str]:
    """Deliver what is due in all practices, in turns, for about that long; return how many ended how.

    Any number of these may run at once. Providers that failed lately are left to :func:`probe`.
    """
    with Courier(time.monotonic() + seconds) as courier:
        while courier.has_time() and courier.goes_round():
            pass
        return courier.tally


def probe(seconds: float = 60) -> Counter[str]:
    """Try each provider that has rested long enough with one message, unless somebody does already.

    Only this waits for the slow and the broken, so that one worker at most is held up by them.
    """
    with tenancy.acting(DISPATCH):
        if not circuits.health().half_open or not circuits.begin_probing():
            return Counter()
    try:
        with Courier(time.monotonic() + seconds, probing=True) as courier:
            courier.goes_round()
            return courier.tally
    finally:
        with tenancy.acting(DISPATCH):
            circuits.end_probing()


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
        self.strikes: Counter[str] = Counter()
        #: How long each provider took for its last message.
        self.seconds: dict[str, float] = {}

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

    # --- turns --------------------------------------------------------------------------------------

    def goes_round(self) -> bool:
        """Give each practice that waits one turn; tell whether another round makes sense."""
        taken = 0
        with tenancy.acting(DISPATCH):
            self.health = circuits.health()
        for practice_id in dispatch.practices_with_due(without=self.resting):
            if practice_id in self.avoided or not self.has_time() or self._has_tried():
                continue
            try:
                found = self.takes_turn(practice_id)
            except Exception as error:
                # A practice with a fault of its own must not hold up the others.
                log.error("Practice %s steps aside: %s", practice_id, place_of(error))
                found = 0
            taken += found
            if not found:
                self.avoided.add(practice_id)
        return taken > 0

    def _has_tried(self) -> bool:
        return self.probing and not self.health.half_open

    def takes_turn(self, practice_id: uuid.UUID) -> int:
        """Claim and deliver a few messages of one practice; return how many were claimed."""
        claimed = claim(
            practice_id, self.name, most=1 if self.probing else PER_TURN, health=self.health, probing=self.probing
        )
        if claimed:
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
        probed = self.health.half_open if self.probing else ()
        hand_off = HandOff(practice_id, self.name, self.resting, self.carrier_of, probed)
        departures = hand_off.run(claimed)
        self.tally += hand_off.tally
        return departures

    def carrier_of(self, route: Route) -> Carrier:
        if route.key not in self.carriers:
            self.carriers[route.key] = route.build()
        return self.carriers[route.key]

    # --- handing over -------------------------------------------------------------------------------

    def hands_over(self, practice_id: uuid.UUID, departures: Sequence[Departure]) -> None:
        """Give them to their providers one after the other, and take back what was not given.

        A handful begins at once where the provider is quick, else one alone; how they ended is written down
        before any other begins. So a worker that dies leaves riddles of a moment's length behind, and no more.
        """
        back = {one.message_id: one for one in departures}
        ended: list[Ending] = []
        ends_at = min(self.until, time.monotonic() + TURN_SECONDS)
        try:
            for handful in self._handfuls(departures, ends_at):
                begun = self._turns_over(practice_id, ended, handful)
                ended = []
                for departure in handful:
                    if departure.message_id in begun and departure.route.key not in self.resting:
                        del back[departure.message_id]
                        ended.append(self.gives(departure))
            self._turns_over(practice_id, ended, [])
        except Exception:
            with suppress(DatabaseError):  # else their lease ends by itself
                recall(practice_id, back.values(), self.name)
            raise
        recall(practice_id, back.values(), self.name)

    def _handfuls(self, departures: Sequence[Departure], ends_at: float) -> Iterator[list[Departure]]:
        waiting = deque(sorted(departures, key=lambda one: one.route.key))
        while waiting:
            if not self._may_begin(waiting[0], ends_at):
                waiting.popleft()
                continue
            handful = [waiting.popleft()]
            key = handful[0].route.key
            while waiting and waiting[0].route.key == key and len(handful) < self._at_once(handful[0].route):
                handful.append(waiting.popleft())
            yield handful

    def _at_once(self, route: Route) -> int:
        """Return how many go through in a moment: one alone where nobody knows, or where it is not so sure."""
        seconds = self.seconds.get(route.key, MOMENT)
        if route.key in self.health.half_open or self.strikes[route.key] or route.channel == Message.Channel.SMS:
            return 1
        return max(1, min(MOST_AT_ONCE, int(MOMENT / max(seconds, 1e-6))))

    def _may_begin(self, departure: Departure, ends_at: float) -> bool:
        route = departure.route
        in_time = self.has_time() and time.monotonic() < min(ends_at, departure.until)
        if not in_time or route.key in self.resting:
            return False
        if route.key in self.health.half_open:
            with tenancy.acting(DISPATCH):
                if not circuits.may_try(route.key):
                    self.health = self.health.resting_too(route.key)
                    return False
        try:
            self.carrier_of(route).open()
        except NotNow as error:
            self.gives_up(route, str(error), error.after)
            return False
        return True

    def _turns_over(
        self, practice_id: uuid.UUID, ended: Sequence[Ending], begins: Sequence[Departure]
    ) -> set[uuid.UUID]:
        """Write endings down, whatever it takes: else nobody would know what we know. Return what has begun."""
        try:
            states, begun = turn_over(practice_id, self.name, ended, begins)
        except (DatabaseError, InterfaceError):
            if not ended:
                raise
            states, begun = self._insists(practice_id, ended), set()
        self.tally.update(states)
        for one in ended:
            self._learns(practice_id, one)
        return begun

    def _insists(self, practice_id: uuid.UUID, ended: Sequence[Ending]) -> list[str]:
        for pause in INSIST:
            time.sleep(pause)
            with suppress(DatabaseError, InterfaceError):
                connection.close()
                return turn_over(practice_id, self.name, ended, [])[0]
        for one in ended:
            log.error("Message %s: it ended %s, and could not be written down.", one.departure.message_id, one.state)
        return ["lost" for _one in ended]

    def gives(self, departure: Departure) -> Ending:
        """Hand one message to its provider and tell how that ended."""
        carrier = self.carrier_of(departure.route)
        began = time.monotonic()
        try:
            provider_id = carrier.send(departure.parcel)
        except Unreachable as error:
            ended = Ending(
                departure, State.PLANNED, str(error), pause=error.after, unreachable=True, pinned=departure.pinned
            )
        except NotNow as error:
            # Who takes a repeat for a repeat may say so without knowing whether it was taken.
            pinned = departure.pinned or carrier.repeats_safely
            ended = Ending(departure, State.PLANNED, str(error), pause=error.after, pinned=pinned)
        except Refused as error:
            ended = Ending(departure, State.DEAD, str(error), bad_address=error.address)
        except Exception as error:
            log.error("Message %s: nobody knows whether it arrived: %s", departure.message_id, place_of(error))
            ended = Ending(departure, State.UNKNOWN, "no answer")
        else:
            self.seconds[departure.route.key] = time.monotonic() - began
            return Ending(departure, State.ACCEPTED, provider_id=provider_id)
        self._heeds(ended)
        return ended

    def _heeds(self, ended: Ending) -> None:
        """Leave a provider alone from now on that is not there, gives no answer, or says 'not now' to all."""
        key = ended.departure.route.key
        self.strikes[key] += ended.state == State.PLANNED
        silent = ended.unreachable or ended.state == State.UNKNOWN
        if silent or (ended.state == State.PLANNED and (self.probing or self.strikes[key] >= circuits.STRIKES)):
            self.gives_up(ended.departure.route, ended.reason, ended.pause)

    def _learns(self, practice_id: uuid.UUID, ended: Ending) -> None:
        """Remember what an ending tells about a provider that works, and about an address."""
        route = ended.departure.route
        if ended.state in (State.ACCEPTED, State.DEAD):
            self.strikes[route.key] = 0
            if route.key in self.health.half_open:
                with tenancy.acting(DISPATCH):
                    circuits.works(route.key)
                self.health = self.health.without(route.key)
        if ended.bad_address:
            with tenancy.acting(tenancy.as_system(practice_id)):
                message = Message.objects.get(pk=ended.departure.message_id)
                fates.silence(message, Suppression.Reason.BOUNCE, sender=route.sender, address=ended.departure.address)

    def gives_up(self, route: Route, reason: str, after: float = 0) -> None:
        """Leave a provider alone, for this run and for all others."""
        log.warning("Provider %s is out of order: %s. What is due waits.", route.key, reason)
        tried = route.key in self.health.half_open
        self.health = self.health.resting_too(route.key)
        try:
            with tenancy.acting(DISPATCH):
                circuits.failed(route.key, reason, after=after, tried=tried)
        except (DatabaseError, InterfaceError) as error:
            # How the message ended matters more, and is still to be written down.
            log.error("Nobody else knows that provider %s is out of order: %s", route.key, place_of(error))


# --- steps ------------------------------------------------------------------------------------------


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
    with tenancy.acting(tenancy.as_system(practice_id)):
        due = Message.objects.filter(state=State.PLANNED, due_at__lte=Now()).order_by("due_at")
        if probing or (health and health.troubled):
            due = due.filter(_claimable(health or circuits.Health(), probing))
        found = list(due.select_for_update(skip_locked=True).values_list("pk", "reason")[:most])
        suspects = [pk for pk, reason in found if reason == WORKER_ENDED]
        taken = suspects[:1] or [pk for pk, _reason in found]
        if taken:
            Message.objects.filter(pk__in=taken, state=State.PLANNED).update(
                state=State.CLAIMED, worker=worker, lease_until=Now() + CLAIM
            )
    return taken


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
        return _turn_over_at_once(practice_id, worker, ended, begins)
    with tenancy.acting(tenancy.as_system(practice_id)):
        states = [_write_down(one, worker) for one in ended]
        return states, {one.message_id for one in begins if _begin(one, worker)}


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


def place_of(error: BaseException) -> str:
    """Say what went wrong and where, without the error's own text: it may hold what people wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} in {where}"
