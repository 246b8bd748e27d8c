"""Delivering what is due: claim, read again, hand over, write down. See :mod:`practice.outbox`.

Each step is one of :mod:`practice.moves`: whoever comes too late moves nothing and sends nothing. No transaction
is open while a provider is talked to.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from django.db import DatabaseError, InterfaceError, connection

from practice import circuits, dispatch, fates, moves, tenancy
from practice.channels.base import Carrier, NotNow, Refused, Unreachable
from practice.handing_off import Departure, HandOff
from practice.logs import place_of
from practice.models import Message, Suppression
from practice.providers import Route

log = logging.getLogger(__name__)
State = Message.State

#: How long one practice has its turn before the next one.
TURN_SECONDS = 5.0
#: As many as a provider takes in such a moment (in seconds) begin at once.
MOST_AT_ONCE, MOMENT = 10, 0.05
#: How long to wait, in seconds, before writing an ending down again when the database was away.
INSIST = (0.0, 1.0, 3.0, 6.0)

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


class Courier:
    """One run of :func:`deliver`, under a name of its own, with one connection to each provider."""

    def __init__(self, until: float, *, probing: bool = False) -> None:
        self.until = until
        self.probing = probing
        self.name = uuid.uuid4().hex
        self.carriers: dict[str, Carrier] = {}
        self.tally: Counter[str] = Counter()
        self.avoided: set[uuid.UUID] = set()
        #: Claimed in this turn, and not looked at.
        self.left_over: set[uuid.UUID] = set()
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
        claimed = moves.claim(practice_id, self.name, most=self._as_many(), health=self.health, probing=self.probing)
        if claimed:
            self.left_over = set()
            self.hands_over(practice_id, self.prepares(practice_id, claimed))
            if self.left_over:
                moves.release(practice_id, self.left_over, self.name)
        return len(claimed)

    def _as_many(self) -> int:
        """Return how many to claim: more than usual once it is known that the slowest provider takes them in a turn."""
        if self.probing:
            return 1
        slowest = max(self.seconds.values(), default=TURN_SECONDS)
        return max(moves.PER_TURN, min(moves.MOST_PER_TURN, int(TURN_SECONDS / max(slowest, 1e-6))))

    def prepares(self, practice_id: uuid.UUID, claimed: Sequence[uuid.UUID]) -> list[Departure]:
        """Hand off what was claimed: all at once, or one by one when that fails, so that one fault stays alone."""
        try:
            return self._hands_off(practice_id, claimed)
        except Exception as error:
            if len(claimed) == 1:
                log.error("Message %s can not be prepared: %s", claimed[0], place_of(error))
                self.tally[moves.put_back(practice_id, claimed[0], self.name, State.CLAIMED, type(error).__name__)] += 1
                return []
        return [one for pk in claimed for one in self.prepares(practice_id, [pk])]

    def _hands_off(self, practice_id: uuid.UUID, claimed: Collection[uuid.UUID]) -> list[Departure]:
        probed = self.health.half_open if self.probing else ()
        hand_off = HandOff(practice_id, self.name, self.resting, self.carrier_of, probed)
        departures = hand_off.run(claimed)
        self.tally += hand_off.tally
        self.left_over |= hand_off.left_over
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
        ended: list[moves.Ending] = []
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
                moves.recall(practice_id, back.values(), self.name)
            raise
        moves.recall(practice_id, back.values(), self.name)

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
        self, practice_id: uuid.UUID, ended: Sequence[moves.Ending], begins: Sequence[Departure]
    ) -> set[uuid.UUID]:
        """Write endings down, whatever it takes: else nobody would know what we know. Return what has begun."""
        try:
            states, begun = moves.turn_over(practice_id, self.name, ended, begins)
        except (DatabaseError, InterfaceError):
            if not ended:
                raise
            states, begun = self._insists(practice_id, ended), set()
        self.tally.update(states)
        for one in ended:
            self._learns(practice_id, one)
        return begun

    def _insists(self, practice_id: uuid.UUID, ended: Sequence[moves.Ending]) -> list[str]:
        for pause in INSIST:
            time.sleep(pause)
            with suppress(DatabaseError, InterfaceError):
                connection.close()
                return moves.turn_over(practice_id, self.name, ended, [])[0]
        for one in ended:
            log.error("Message %s: it ended %s, and could not be written down.", one.departure.message_id, one.state)
        return ["lost" for _one in ended]

    def gives(self, departure: Departure) -> moves.Ending:
        """Hand one message to its provider and tell how that ended."""
        carrier = self.carrier_of(departure.route)
        began = time.monotonic()
        try:
            provider_id = carrier.send(departure.parcel)
        except Unreachable as error:
            ended = moves.Ending(
                departure, State.PLANNED, str(error), pause=error.after, unreachable=True, pinned=departure.pinned
            )
        except NotNow as error:
            # Who takes a repeat for a repeat may say so without knowing whether it was taken.
            pinned = departure.pinned or carrier.repeats_safely
            ended = moves.Ending(departure, State.PLANNED, str(error), pause=error.after, pinned=pinned)
        except Refused as error:
            ended = moves.Ending(departure, State.DEAD, str(error), bad_address=error.address)
        except Exception as error:
            log.error("Message %s: nobody knows whether it arrived: %s", departure.message_id, place_of(error))
            ended = moves.Ending(departure, State.UNKNOWN, "no answer")
        else:
            self.seconds[departure.route.key] = time.monotonic() - began
            return moves.Ending(departure, State.ACCEPTED, provider_id=provider_id)
        self._heeds(ended)
        return ended

    def _heeds(self, ended: moves.Ending) -> None:
        """Leave a provider alone from now on that is not there, gives no answer, or says 'not now' to all."""
        key = ended.departure.route.key
        self.strikes[key] += ended.state == State.PLANNED
        silent = ended.unreachable or ended.state == State.UNKNOWN
        if silent or (ended.state == State.PLANNED and (self.probing or self.strikes[key] >= circuits.STRIKES)):
            self.gives_up(ended.departure.route, ended.reason, ended.pause)

    def _learns(self, practice_id: uuid.UUID, ended: moves.Ending) -> None:
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
