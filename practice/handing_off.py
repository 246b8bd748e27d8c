"""Handing off: one transaction in which everything that could forbid messages is read again, and they leave.

What commits before this transaction wins. After it a message is `handing_off`: it may still be called off until
its first byte goes out (``begun_at``), and nobody reads the rules a second time.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from practice import clock, envelopes, outbox, pace, providers, suppression, tenancy
from practice.channels.base import Carrier, Letter
from practice.models import Message
from practice.outbox import Skip, Wait
from practice.providers import Route

State = Message.State

STALE = "stale"
#: Longer than a job may run (see celery_config): only the dead hold a lease that is over.
LEASE = datetime.timedelta(minutes=6)
#: How long a message waits for another one of the same person that says it for both, or for a provider to mend.
SOON = datetime.timedelta(seconds=30)

CHANGED = [
    "state",
    "reason",
    "due_at",
    "finished_at",
    "worker",
    "lease_until",
    "handed_off_at",
    "begun_at",
    "attempts",
    "provider",
]


@dataclass(frozen=True)
class Departure:
    """A message that may leave now, and all that is needed for it."""

    message_id: uuid.UUID
    route: Route
    parcel: Any
    address: str
    #: Others of the same person were due along with it: once this one is taken, they are said too.
    speaks_for_others: bool = False


@dataclass
class HandOff:
    """One such transaction, for messages of one practice that this worker claimed.

    ``resting`` are the keys of the providers that are out of order; ``carrier_of`` returns the way to one.
    """

    practice_id: uuid.UUID
    worker: str
    resting: Collection[str]
    carrier_of: Callable[[Route], Carrier]
    tally: Counter[str] = field(default_factory=Counter)

    def run(self, message_ids: Collection[uuid.UUID]) -> list[Departure]:
        """Return what leaves. All other messages are moved on to where they belong."""
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            self.now = clock.now()
            self.routes = providers.routes()
            rows = self._ours(message_ids).filter(lease_until__gt=clock.Now())
            self.messages = {one.pk: one for one in rows.order_by("pk")}
            self.waiting = set(self.messages)
            self._ask_handlers()
            self._leave_the_newest()
            self._choose_routes()
            self._write_letters()
            self._leave_suppressed_alone()
            self._keep_to_ceilings()
            departures = [self._depart(self.messages[pk]) for pk in self.waiting]
            # Locked last and without waiting: who calls a message off holds it, and wins.
            locked = self._ours(self.messages).order_by("pk").select_for_update(skip_locked=True)
            moved = [self.messages[pk] for pk in locked.values_list("pk", flat=True)]
            Message.objects.bulk_update(moved, CHANGED)
        self.tally.update(one.state for one in moved if one.state != State.HANDING_OFF)
        kept = {one.pk for one in moved}
        return [one for one in departures if one.message_id in kept]

    def _ours(self, message_ids: Collection[uuid.UUID]) -> QuerySet[Message]:
        return Message.objects.filter(pk__in=list(message_ids), state=State.CLAIMED, worker=self.worker)

    def _ask_handlers(self) -> None:
        by_kind = defaultdict(list)
        for message in self.messages.values():
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

    def _leave_the_newest(self) -> None:
        """Of several that say the same to one person, let the newest leave; it speaks for the others."""
        groups = defaultdict(list)
        for pk in self.waiting:
            message = self.messages[pk]
            if outbox.handler_of(message.kind).merges:
                groups[message.kind, message.person_id, message.channel].append(message)
        for messages in groups.values():
            newest = max(messages, key=lambda one: (one.planned_for or one.due_at, one.pk))
            for message in messages:
                if message is not newest:
                    self._wait(message, self.now + SOON)
        kinds, people = {key[0] for key in groups}, {key[1] for key in groups}
        due = Message.objects.filter(kind__in=kinds, person_id__in=people, state__in=[State.PLANNED, State.CLAIMED])
        others = due.filter(due_at__lte=self.now).exclude(pk__in=self.waiting) if people else due.none()
        self.with_others = set(others.values_list("kind", "person_id", "channel"))

    def _choose_routes(self) -> None:
        self.chosen: dict[uuid.UUID, Route] = {}
        for pk in list(self.waiting):
            message = self.messages[pk]
            possible = self.routes.get(message.channel, [])
            healthy = [one for one in possible if one.key not in self.resting]
            if not possible:
                self._skip(message, "no such channel")
            elif not healthy:
                self._wait(message, self.now + SOON)
            else:
                self.chosen[pk] = healthy[0]

    def _write_letters(self) -> None:
        by_kind = defaultdict(list)
        for pk in self.waiting:
            by_kind[self.messages[pk].kind].append(self.messages[pk])
        self.letters: dict[uuid.UUID, Letter] = {}
        for kind, messages in by_kind.items():
            self.letters |= outbox.handler_of(kind).compose_all(messages)
        self.addresses = envelopes.addresses_of(self.letters)
        for pk in list(self.waiting):
            message = self.messages[pk]
            nowhere = not self.addresses[pk] and not self.letters[pk].devices
            if nowhere and message.channel != Message.Channel.PORTAL:
                self._skip(message, "no address")

    def _leave_suppressed_alone(self) -> None:
        by_sender = defaultdict(set)
        for pk in self.waiting:
            if self.addresses[pk]:
                by_sender[self.messages[pk].channel, self.chosen[pk].sender].add(self.addresses[pk])
        silent = {key: suppression.suppressed(*key, addresses) for key, addresses in by_sender.items()}
        for pk in list(self.waiting):
            message = self.messages[pk]
            if self.addresses[pk] in silent.get((message.channel, self.chosen[pk].sender), ()):
                self._skip(message, "suppressed")

    def _keep_to_ceilings(self) -> None:
        leaving = [pk for pk in self.messages if pk in self.waiting and self._leaves_house(pk)]
        self._keep_to(f"{self.practice_id}:day", leaving, settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY, pace.DAY)
        by_route = defaultdict(list)
        for pk in leaving:
            if pk in self.waiting and self.chosen[pk].per_minute:
                by_route[self.chosen[pk]].append(pk)
        for route, those in sorted(by_route.items(), key=lambda pair: pair[0].key):
            self._keep_to(route.key, those, route.per_minute, pace.MINUTE)

    def _leaves_house(self, pk: uuid.UUID) -> bool:
        return self.messages[pk].channel != Message.Channel.PORTAL

    def _keep_to(self, key: str, those: list[uuid.UUID], limit: int, window: datetime.timedelta) -> None:
        if not those or not limit:
            return
        granted, again = pace.take(key, len(those), limit=limit, window=window)
        for pk in those[granted:]:
            self._wait(self.messages[pk], again)

    def _depart(self, message: Message) -> Departure:
        route = self.chosen[message.pk]
        address = self.addresses[message.pk]
        parcel = self.carrier_of(route).prepare(message, self.letters[message.pk], address)
        message.state = State.HANDING_OFF
        message.handed_off_at = self.now
        message.begun_at = None
        message.lease_until = self.now + LEASE
        message.attempts += 1
        message.provider = route.key
        speaks = (message.kind, message.person_id, message.channel) in self.with_others
        return Departure(message.pk, route, parcel, address, speaks)

    def _skip(self, message: Message, reason: str) -> None:
        message.state, message.reason, message.finished_at = State.SKIPPED, reason[:60], self.now
        self._lays_down(message)

    def _wait(self, message: Message, until: datetime.datetime) -> None:
        if max(self.now, until) >= message.fresh_until:
            self._skip(message, STALE)
            return
        message.state, message.due_at = State.PLANNED, until
        self._lays_down(message)

    def _lays_down(self, message: Message) -> None:
        message.worker, message.lease_until = "", None
        self.waiting.discard(message.pk)


def merge_into(message: Message, now: datetime.datetime) -> int:
    """Close what was due for the same person along with a message that was taken; return how many."""
    siblings = Message.objects.filter(
        kind=message.kind,
        person_id=message.person_id,
        channel=message.channel,
        state__in=[State.PLANNED, State.CLAIMED],
        planned_for__lte=now,
    )
    return _close(siblings.exclude(pk=message.pk).select_for_update(skip_locked=True), message.pk, now)


def _close(rows: Iterable[Message], into: uuid.UUID, now: datetime.datetime) -> int:
    found = [one.pk for one in rows]
    return Message.objects.filter(pk__in=found, state__in=[State.PLANNED, State.CLAIMED]).update(
        state=State.SKIPPED, reason="merged", merged_into=into, finished_at=now, worker="", lease_until=None
    )
