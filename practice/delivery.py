"""Delivering what is due: claim, read again, hand over, write down. See :mod:`practice.outbox`.

Every step is a conditional update that must touch exactly one row, judged by the database's clock. Whoever
comes too late touches none and sends nothing. No transaction is open while a mail server is talked to.
"""

from __future__ import annotations

import datetime
import logging
import random
import time
import uuid
from collections import Counter
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from practice import clock, dispatch, envelopes, outbox, tenancy
from practice.mail import NotNow, Refused, Unreachable
from practice.models import Message

log = logging.getLogger(__name__)
State = Message.State

#: How many messages of one practice are handed over before the next practice has its turn.
PER_TURN = 5
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
CLAIM = datetime.timedelta(minutes=6)
HAND_OFF = datetime.timedelta(minutes=6)
MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0

WORKER_ENDED = "worker ended"
STALE = "stale"
NOT_IN_FLIGHT: dict[str, Any] = {"worker": "", "lease_until": None}


def deliver(seconds: float = 20) -> Counter[str]:
    """Deliver what is due in all practices, in turns, for about that long; return how many ended how.

    Any number of these may run at once.
    """
    with Courier(time.monotonic() + seconds) as courier:
        while courier.has_time() and courier.goes_round():
            pass
        return courier.tally


class Courier:
    """One run of :func:`deliver`, under a name of its own, with one connection to the mail server."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.name = uuid.uuid4().hex
        self.mail = get_connection()
        self.tally: Counter[str] = Counter()
        self.avoided: set[uuid.UUID] = set()

    def __enter__(self) -> Courier:
        return self

    def __exit__(self, *error: object) -> None:
        self.mail.close()

    def has_time(self) -> bool:
        return time.monotonic() < self.until

    def goes_round(self) -> bool:
        """Give each practice that waits one turn; tell whether another round makes sense."""
        taken = 0
        for practice_id in dispatch.practices_with_due():
            if practice_id in self.avoided or not self.has_time():
                continue
            try:
                taken += self.takes_turn(practice_id)
            except Unreachable as error:
                log.warning("No mail leaves: %s. What is due waits.", error)
                return False
            except Exception as error:
                # A practice with a fault of its own must not hold up the others.
                log.error("Practice %s steps aside: %s", practice_id, _place(error))
                self.avoided.add(practice_id)
        return taken > 0

    def takes_turn(self, practice_id: uuid.UUID) -> int:
        """Claim and deliver a few messages of one practice; return how many were claimed."""
        self.mail.open()
        claimed = claim(practice_id, self.name)
        for position, message_id in enumerate(claimed):
            try:
                if not self.has_time():
                    raise TimeoutError
                self.mail.open()
            except (Unreachable, TimeoutError) as error:
                release(practice_id, claimed[position:], self.name)
                if isinstance(error, Unreachable):
                    raise
                break
            self.tally[self.delivers(practice_id, message_id)] += 1
        return len(claimed)

    def delivers(self, practice_id: uuid.UUID, message_id: uuid.UUID) -> str:
        """Take one claimed message to its next state, and return that."""
        try:
            letter = hand_off(practice_id, message_id, self.name)
        except Exception as error:
            log.error("Message %s can not be prepared: %s", message_id, _place(error))
            return put_back(practice_id, message_id, self.name, State.CLAIMED, type(error).__name__)
        if isinstance(letter, str):
            return letter
        try:
            taken = self.mail.send_messages([letter])
        except NotNow as error:
            return put_back(practice_id, message_id, self.name, State.HANDING_OFF, str(error))
        except Refused as error:
            return finish(practice_id, message_id, self.name, State.DEAD, str(error))
        except Exception as error:
            log.error("Message %s: nobody knows whether it arrived: %s", message_id, _place(error))
            return finish(practice_id, message_id, self.name, State.UNKNOWN, "no answer")
        if not taken:
            return finish(practice_id, message_id, self.name, State.DEAD, "no recipient")
        return finish(practice_id, message_id, self.name, State.ACCEPTED, "")


def claim(practice_id: uuid.UUID, worker: str) -> list[uuid.UUID]:
    """Take a few due messages of a practice under a lease, and return their ids, the oldest first.

    One whose worker ended is taken alone: should it end another, no bystander is lost.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        due = Message.objects.filter(state=State.PLANNED, due_at__lte=Now()).order_by("due_at", "pk")
        found = list(due.select_for_update(skip_locked=True).values_list("pk", "reason")[:PER_TURN])
        suspects = [pk for pk, reason in found if reason == WORKER_ENDED]
        taken = suspects[:1] or [pk for pk, _reason in found]
        Message.objects.filter(pk__in=taken, state=State.PLANNED).update(
            state=State.CLAIMED, worker=worker, lease_until=Now() + CLAIM
        )
    return taken


def release(practice_id: uuid.UUID, message_ids: list[uuid.UUID], worker: str) -> None:
    """Give claimed messages back untried."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        Message.objects.filter(pk__in=message_ids, state=State.CLAIMED, worker=worker).update(
            state=State.PLANNED, **NOT_IN_FLIGHT
        )


def hand_off(practice_id: uuid.UUID, message_id: uuid.UUID, worker: str) -> EmailMultiAlternatives | str:
    """Read again everything that could forbid a message; return its letter, or how it went on instead.

    The letter comes only from the one transaction that moved the row from ``claimed`` to ``handing_off``.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        message = Message.objects.filter(pk=message_id, state=State.CLAIMED, worker=worker).first()
        if message is None:
            return "called off"
        handler = outbox.handler_of(message.kind)
        reason = handler.wanted(message)
        if reason:
            return _move(message_id, State.CLAIMED, worker, **_ending(State.SKIPPED, reason))
        now = clock.now()
        later = handler.not_before(message, now)
        if max(now, later) >= message.fresh_until:
            return _move(message_id, State.CLAIMED, worker, **_ending(State.SKIPPED, STALE))
        if later > now:
            return _move(message_id, State.CLAIMED, worker, state=State.PLANNED, due_at=later, **NOT_IN_FLIGHT)
        address = envelopes.address_of(letter := handler.compose(message))
        if not address:
            return _move(message_id, State.CLAIMED, worker, **_ending(State.SKIPPED, "no address"))
        mail = envelopes.enclose(message, letter, address)
        moved = _move(
            message_id,
            State.CLAIMED,
            worker,
            lease=Q(lease_until__gt=Now()),
            state=State.HANDING_OFF,
            handed_off_at=Now(),
            lease_until=Now() + HAND_OFF,
            attempts=F("attempts") + 1,
        )
    return mail if moved == State.HANDING_OFF else moved


def put_back(practice_id: uuid.UUID, message_id: uuid.UUID, worker: str, origin: str, reason: str) -> str:
    """Plan a message again after a pause, or give it up after many tries.

    Only for messages that certainly have not left.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
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
            due_at=Now() + pause_after(attempts),
            reason=reason[:60],
            handed_off_at=None,
            **NOT_IN_FLIGHT,
        )


def pause_after(attempts: int) -> datetime.timedelta:
    """Return how long to wait after so many tries: exponential, with full jitter."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(attempts - 1, 0))
    return datetime.timedelta(seconds=random.uniform(0, longest))  # noqa: S311 no secret


def finish(practice_id: uuid.UUID, message_id: uuid.UUID, worker: str, state: str, reason: str) -> str:
    """Write down how a hand-off ended. Who knows better may still resolve its own ``unknown``."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        done = _move(message_id, State.HANDING_OFF, worker, **_ending(state, reason, keep_worker=True))
        if done == "lost":
            done = _move(message_id, State.UNKNOWN, worker, **_ending(state, reason, keep_worker=True))
    if done == "lost":
        log.error("Message %s: it ended %s, but was no longer ours.", message_id, state)
    return done


def sweep() -> Counter[str]:
    """Take care of what dead workers left behind, and of what nobody needs any more, in all practices."""
    tally: Counter[str] = Counter()
    for practice_id in dispatch.practices_to_sweep():
        try:
            tally.update(_sweep_practice(practice_id))
        except Exception as error:
            log.error("Practice %s is not swept: %s", practice_id, _place(error))
    return tally


def _sweep_practice(practice_id: uuid.UUID) -> dict[str, int]:
    with tenancy.acting(tenancy.as_system(practice_id)):
        # Not even its worker's name is taken away: should it still live, it may tell how it ended.
        unknown = _free(state=State.HANDING_OFF, lease_until__lte=Now()).update(
            **_ending(State.UNKNOWN, WORKER_ENDED, keep_worker=True)
        )
        claimed = {"state": State.CLAIMED, "lease_until__lte": Now()}
        dead = _free(reason=WORKER_ENDED, **claimed).update(**_ending(State.DEAD, "ended two workers"))
        again = _free(**claimed).update(
            state=State.PLANNED, reason=WORKER_ENDED, attempts=F("attempts") + 1, **NOT_IN_FLIGHT
        )
        stale = _free(state=State.PLANNED, due_at__lte=Now(), fresh_until__lte=Now()).update(
            **_ending(State.SKIPPED, STALE)
        )
    return {State.UNKNOWN: unknown, State.DEAD: dead, State.PLANNED: again, State.SKIPPED: stale}


def _free(**condition: Any) -> QuerySet[Message]:
    """Lock the rows that meet a condition and that nobody else holds: the next sweep takes the others."""
    rows = Message.objects.filter(**condition).order_by("pk").select_for_update(skip_locked=True)
    return Message.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))


def _ending(state: str, reason: str, *, keep_worker: bool = False) -> dict[str, Any]:
    last = {"lease_until": None} if keep_worker else NOT_IN_FLIGHT
    return {"state": state, "reason": reason[:60], "finished_at": Now(), **last}


def _move(message_id: uuid.UUID, origin: str, worker: str, /, *, lease: Q | None = None, **changes: Any) -> str:
    """Move our message on from ``origin``; return its new state, or 'lost' when it was no longer there."""
    ours = Message.objects.filter(lease or Q(), pk=message_id, state=origin, worker=worker)
    return changes["state"] if ours.update(**changes) == 1 else "lost"


def _place(error: BaseException) -> str:
    """Say what went wrong and where, without the error's own text: it may hold what people wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} in {where}"
