"""Handing off: one transaction in which everything that could forbid messages is read again, and they leave.

What commits before this transaction wins. After it a message is `handing_off`: it may still be called off until
its first byte goes out (``begun_at``), and nobody reads the rules a second time.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from practice import clock, envelopes, held, outbox, pace, providers, suppression, tenancy
from practice.channels.base import Carrier, Letter
from practice.models import Message
from practice.outbox import Skip, Wait
from practice.providers import Route

State = Message.State

STALE = "stale"
MERGED = "merged"
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
LEASE = datetime.timedelta(minutes=6)
#: How long a message waits for another one of the same person that says it for both, or for a provider to mend.
SOON = datetime.timedelta(seconds=30)
#: How long what left speaks for what was due by then: longer than a dead worker's lease and the next sweep.
SAID_FOR = datetime.timedelta(minutes=15)

LEAVE = """
    UPDATE practice_message SET state = 'handing_off', handed_off_at = %(now)s, begun_at = NULL, lease_until = %(lease)s
    WHERE id IN (
        SELECT id FROM practice_message
        WHERE practice_id = %(practice)s AND id = ANY(%(ids)s) AND state || '' = 'claimed' AND worker = %(worker)s
        ORDER BY id FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""
LAID_DOWN = ["state", "reason", "due_at", "finished_at", "worker", "lease_until", "merged_into"]


@dataclass(frozen=True)
class Departure:
    """A message that may leave now, and all that is needed for it."""

    message_id: uuid.UUID
    route: Route
    parcel: Any
    address: str
    #: Others of the same person were due along with it: once this one is taken, they are said too.
    speaks_for: tuple[uuid.UUID, ...] = ()
    #: The provider may have it already: no other one may get it.
    pinned: bool = False
    #: When what it was granted of a ceiling lapses, by this process's own clock.
    until: float = float("inf")


@dataclass
class HandOff:
    """One such transaction, for messages of one practice that this worker claimed.

    ``resting`` are the keys of the providers that are left alone, ``probed`` of those that are tried before all
    others; ``carrier_of`` returns the way to one.
    """

    practice_id: uuid.UUID
    worker: str
    resting: Collection[str]
    carrier_of: Callable[[Route], Carrier]
    probed: Collection[str] = ()
    tally: Counter[str] = field(default_factory=Counter)
    #: Those that this left as they were: somebody else holds them, or they are not ours any more.
    left_over: set[uuid.UUID] = field(default_factory=set)

    def run(self, message_ids: Collection[uuid.UUID]) -> list[Departure]:
        """Return what leaves, the oldest first. All other messages are moved on to where they belong."""
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            self.now = clock.now()
            self.routes = providers.routes()
            rows = self._ours(message_ids).filter(lease_until__gt=self.now)
            self.messages = {one.pk: one for one in rows.order_by("due_at", "pk")}
            self.waiting = set(self.messages)
            self.speaks_for: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
            self._keep_what_is_held()
            self._ask_handlers()
            self._let_one_speak()
            self._choose_routes()
            self._write_letters()
            self._leave_suppressed_alone()
            parcels = self._pack()
            self._keep_to_ceilings()
            kept = self._write_down()
            self.tally.update(self.messages[pk].state for pk in kept - self.waiting)
            self.left_over = set(message_ids) - kept
            leaving = self.waiting & kept
            return [self._departure(pk, parcels[pk]) for pk in self.messages if pk in leaving]

    def _ours(self, message_ids: Collection[uuid.UUID]) -> QuerySet[Message]:
        return Message.objects.filter(pk__in=list(message_ids), state=State.CLAIMED, worker=self.worker)

    def _those_waiting(self) -> list[Message]:
        return [one for pk, one in self.messages.items() if pk in self.waiting]

    def _keep_what_is_held(self) -> None:
        """Close what a hold keeps here, before any handler has a say: a kind that knows nothing of holds is kept."""
        standing = held.at_hand_off(self.practice_id)
        for message in self._those_waiting():
            if standing.keeps(message):
                self._skip(message, held.REASON)

    def _ask_handlers(self) -> None:
        by_kind = defaultdict(list)
        for message in self._those_waiting():
            by_kind[message.kind].append(message)
        for kind, messages in by_kind.items():
            verdicts = outbox.handler_of(kind).decide(messages, self.now)
            for message in messages:
                verdict = verdicts[message.pk]
                if isinstance(verdict, Skip):
                    self._skip(message, verdict.reason)
                elif isinstance(verdict, Wait):
                    self._wait(message, verdict.until)
                elif self.now >= message.fresh_until:
                    self._skip(message, STALE)

    # --- one for several ----------------------------------------------------------------------------

    def _let_one_speak(self) -> None:
        """Of several that say the same to one person, let the newest leave; it speaks for the others."""
        groups = defaultdict(list)
        for message in self._those_waiting():
            if outbox.handler_of(message.kind).merges:
                groups[_voice(message)].append(message)
        others = self._others(groups)
        for voice, messages in groups.items():
            self._settle(messages, others[voice])

    def _others(self, groups: Collection[tuple[str, uuid.UUID, str]]) -> dict[tuple, list[Message]]:
        """Return those outside of this hand-off that are due, on their way, or left a moment ago."""
        found = defaultdict(list)
        if groups:
            due = Q(state__in=[State.PLANNED, State.CLAIMED], due_at__lte=self.now)
            left = Q(state__in=outbox.LEFT, begun_at__gt=self.now - SAID_FOR)
            rows = Message.objects.filter(due | left | Q(state=State.HANDING_OFF))
            rows = rows.filter(kind__in={one[0] for one in groups}, person_id__in={one[1] for one in groups})
            for other in rows.exclude(pk__in=self.messages):
                found[_voice(other)].append(other)
        return found

    def _settle(self, messages: list[Message], others: list[Message]) -> None:
        left = [one for one in others if one.state in outbox.LEFT]
        due = [one for one in others if one.state in (State.PLANNED, State.CLAIMED)]
        unsaid = [one for one in messages if not self._was_said(one, left)]
        if not unsaid:
            return
        newest = max([*unsaid, *due], key=_age)
        on_its_way = len(left) + len(due) < len(others)
        for message in unsaid:
            if on_its_way or message is not newest:
                self._wait(message, min(self.now + SOON, message.fresh_until - datetime.timedelta(seconds=1)))
        self.speaks_for[newest.pk] = tuple(one.pk for one in [*unsaid, *due] if one is not newest)

    def _was_said(self, message: Message, left: list[Message]) -> bool:
        """Close a message when one that left after its time said the same, or may have."""
        due = message.planned_for or message.due_at
        into = next((one for one in left if one.begun_at and one.begun_at >= due), None)
        if into is not None:
            message.merged_into = into.pk
            self._skip(message, MERGED)
        return into is not None

    # --- what leaves, and how -----------------------------------------------------------------------

    def _choose_routes(self) -> None:
        self.chosen: dict[uuid.UUID, Route] = {}
        for message in self._those_waiting():
            possible = self._routes_for(message)
            ready = [one for one in possible if one.key not in self.resting]
            if ready:
                self.chosen[message.pk] = ready[0]
            elif possible:
                self._wait(message, self.now + SOON)
            elif _pinned(message):
                self._end(message, State.DEAD, "its provider is gone")
            else:
                self._skip(message, "no such channel")

    def _routes_for(self, message: Message) -> list[Route]:
        possible = self.routes.get(message.channel, [])
        if _pinned(message):
            return [one for one in possible if one.key == message.provider]
        return sorted(possible, key=lambda one: one.key not in self.probed)

    def _write_letters(self) -> None:
        by_kind = defaultdict(list)
        for message in self._those_waiting():
            by_kind[message.kind].append(message)
        self.letters: dict[uuid.UUID, Letter] = {}
        for kind, messages in by_kind.items():
            self.letters |= outbox.handler_of(kind).compose_all(messages)
        self.addresses = envelopes.addresses_of(self.letters)
        for message in self._those_waiting():
            nowhere = not self.addresses[message.pk] and not self.letters[message.pk].devices
            if nowhere and message.channel != Message.Channel.PORTAL:
                self._skip(message, "no address")

    def _leave_suppressed_alone(self) -> None:
        by_sender = defaultdict(set)
        for pk in self.waiting:
            if self.addresses[pk]:
                by_sender[self.messages[pk].channel, self.chosen[pk].sender].add(self.addresses[pk])
        silent = {key: suppression.reasons(*key, addresses) for key, addresses in by_sender.items()}
        for message in self._those_waiting():
            reasons = silent.get((message.channel, self.chosen[message.pk].sender), {})
            reason = reasons.get(self.addresses[message.pk])
            if reason and reason not in outbox.handler_of(message.kind).despite:
                self._skip(message, "suppressed")

    def _pack(self) -> dict[uuid.UUID, Any]:
        """Write everything down that will be handed over: what can not be written fails before it leaves."""
        parcels = {}
        for message in self._those_waiting():
            message.handed_off_at = self.now
            carrier = self.carrier_of(self.chosen[message.pk])
            parcels[message.pk] = carrier.prepare(message, self.letters[message.pk], self.addresses[message.pk])
        return parcels

    def _keep_to_ceilings(self) -> None:
        """Take from the ceilings: last of all, because nobody else takes from them until this is committed."""
        self.until: dict[uuid.UUID, float] = {}
        leaving = [one.pk for one in self._those_waiting() if one.channel != Message.Channel.PORTAL]
        self._keep_to(f"{self.practice_id}:day", leaving, settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY, pace.DAY)
        by_route = defaultdict(list)
        for pk in leaving:
            if pk in self.waiting and self.chosen[pk].per_minute:
                by_route[self.chosen[pk].key, self.chosen[pk].per_minute].append(pk)
        for (key, limit), those in sorted(by_route.items()):
            again = self._keep_to(key, those, limit, pace.MINUTE)
            self.until |= dict.fromkeys(those, time.monotonic() + (again - self.now).total_seconds())

    def _keep_to(self, key: str, those: list[uuid.UUID], limit: int, window: datetime.timedelta) -> datetime.datetime:
        if not those or not limit:
            return self.now
        granted, again = pace.take(key, len(those), limit=limit, window=window, now=self.now)
        for pk in those[granted:]:
            self._wait(self.messages[pk], again)
        return again

    def _write_down(self) -> set[uuid.UUID]:
        """Store what became of the messages; return those that were still ours."""
        # Locked last and without waiting: who calls a message off holds it, and wins.
        kept = self._send_off()
        laid_down = self.messages.keys() - self.waiting
        if laid_down:
            locked = self._ours(laid_down).order_by("pk").select_for_update(skip_locked=True)
            rest = set(locked.values_list("pk", flat=True))
            Message.objects.bulk_update([self.messages[pk] for pk in rest], LAID_DOWN)
            kept |= rest
        return kept

    def _send_off(self) -> set[uuid.UUID]:
        ours: dict[str, Any] = {"practice": self.practice_id, "worker": self.worker, "ids": list(self.waiting)}
        with connection.cursor() as cursor:
            cursor.execute(LEAVE, ours | {"now": self.now, "lease": self.now + LEASE})
            return {row[0] for row in cursor.fetchall()}

    def _departure(self, pk: uuid.UUID, parcel: Any) -> Departure:
        return Departure(
            pk,
            self.chosen[pk],
            parcel,
            self.addresses[pk],
            speaks_for=self.speaks_for.get(pk, ()),
            pinned=bool(self.messages[pk].provider),
            until=self.until.get(pk, float("inf")),
        )

    # --- what stays ---------------------------------------------------------------------------------

    def _skip(self, message: Message, reason: str) -> None:
        self._end(message, State.SKIPPED, reason)

    def _end(self, message: Message, state: str, reason: str) -> None:
        message.state, message.reason, message.finished_at = state, reason[:60], self.now
        self._lay_down(message)

    def _wait(self, message: Message, until: datetime.datetime) -> None:
        if max(self.now, until) >= message.fresh_until:
            self._skip(message, STALE)
            return
        message.state, message.due_at = State.PLANNED, until
        self._lay_down(message)

    def _lay_down(self, message: Message) -> None:
        message.worker, message.lease_until = "", None
        self.waiting.discard(message.pk)


def merge_into(message_id: uuid.UUID, others: Iterable[uuid.UUID]) -> int:
    """Close what was due along with a message that was taken; return how many.

    What somebody else holds right now is left to them: they find out by themselves (``SAID_FOR``).
    """
    rows = Message.objects.filter(pk__in=list(others), state__in=[State.PLANNED, State.CLAIMED])
    found = list(rows.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True))
    return Message.objects.filter(pk__in=found).update(
        state=State.SKIPPED,
        reason=MERGED,
        merged_into=message_id,
        finished_at=clock.Now(),
        worker="",
        lease_until=None,
    )


def _voice(message: Message) -> tuple[str, uuid.UUID, str]:
    """What letters have in common that say the same to one person."""
    return message.kind, message.person_id, message.channel


def _age(message: Message) -> tuple[datetime.datetime, uuid.UUID]:
    return message.planned_for or message.due_at, message.pk


def _pinned(message: Message) -> bool:
    """Tell whether only one provider may get it, because that one may have it already."""
    return bool(message.provider) and not outbox.handler_of(message.kind).repeats
