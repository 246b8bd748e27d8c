"""The outbox: what is to be delivered, to whom and when. The table is the queue; the broker only rings.

    planned -> claimed -> handing_off -> accepted -> delivered | bounced | complained
       ^          |            |
       +----------+------------+       back, with a pause, when the provider said 'not now'
    skipped · cancelled · dead · unknown                        the other ways it can end

A message is a promise about an occasion: one row per person, channel and occasion, for ever. It holds no
words and no address. When its turn comes, its kind's :class:`Handler` reads again everything that could
forbid it, and only then writes the letter (:mod:`practice.handing_off`). What we promise is *never twice, never
silently lost*: where nobody can know whether a provider took a letter, the row becomes ``unknown`` and is shown.
It is sent again only through a provider that takes a repeat for a repeat, or whose log shows that it was not
taken, and never through another one: ``provider`` names who may have it. The database refuses every step back
(``attune_only_forward``).

A handful begins at once where a provider is quick, so a worker that dies leaves some riddles of that moment.
Providers that fail rest and are tried with one message (:mod:`practice.circuits`); what waits for them waits untried.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Func, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practice import tenancy
from practice.channels.base import Letter
from practice.clock import Now
from practice.models.message import Message
from practice.written import Asked, together
from practice.written.changes import WrittenUpdate

__all__ = ["Handler", "Letter", "Send", "Skip", "Verdict", "Wait"]

State = Message.State
Channel = Message.Channel
EMAIL = Channel.EMAIL

#: Nothing has left the house yet, so that a message can still be called off.
RECALLABLE = Q(state__in=[State.PLANNED, State.CLAIMED]) | Q(state=State.HANDING_OFF, begun_at=None)
#: A provider has it, or may have it.
LEFT = (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED, State.UNKNOWN)


@dataclass(frozen=True)
class Send:
    """Nothing forbids it now."""


@dataclass(frozen=True)
class Skip:
    """It is not wanted any more; ``reason`` is short, without names or words."""

    reason: str


@dataclass(frozen=True)
class Wait:
    """Not before this moment."""

    until: datetime.datetime


Verdict = Send | Skip | Wait


class Handler:
    """What a kind of message knows. Subclass it; all is asked right before letters leave, as Attune itself
    inside the practice, in the transaction that commits the hand-off.

    Say what may forbid a message in ``wanted`` (and ``not_before``), or for many at once in ``decide``. Lock the
    rows that could forbid it (couple, assignment, occurrence, contact, in this order: data's own direction), so
    that what commits first wins.
    """

    #: Several of one person that are due together leave as one; they must all say the same.
    merges = False
    #: Rather twice than never: what a dead worker had in its hands is sent again (risk alerts, security).
    repeats = False
    #: Why an address may be left alone, and is written to all the same: who asks to prove that it is theirs.
    despite: frozenset[str] = frozenset()
    #: Leaves while all else is held (see :mod:`practice.held`): what tells somebody about their own sign-in, or what
    #: they have just asked for in order to be let in.
    passes_holds = False
    #: What an owner reads of how many there are.
    words: str | Promise = _("Other messages")

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, Verdict]:
        """Return what becomes of each message."""
        return {one.pk: self._verdict(one, now) for one in messages}

    def _verdict(self, message: Message, now: datetime.datetime) -> Verdict:
        reason = self.wanted(message)
        if reason:
            return Skip(reason)
        later = self.not_before(message, now)
        return Wait(later) if later > now else Send()

    def wanted(self, message: Message) -> str:
        """Return '' when it is still wanted, else a short reason to skip it, without names or words."""
        return ""

    def not_before(self, message: Message, now: datetime.datetime) -> datetime.datetime:
        """Return the earliest moment the person may be reached; ``now`` when that is now."""
        return now

    def compose(self, message: Message) -> Letter:
        """Write the letter. It must not depend on what the message is about (see templates/email/)."""
        raise NotImplementedError

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, Letter]:
        """Write the letters of many at once."""
        return {one.pk: self.compose(one) for one in messages}


_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Say who handles a kind; called once from an app's ``ready()``."""
    _handlers[kind] = handler


def handler_of(kind: str) -> Handler:
    """Return the handler of a kind; raise LookupError for one that nobody registered."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"Nobody handles messages of the kind {kind!r}.") from None


def kinds() -> dict[str, Handler]:
    """Return the handler of each kind that there is."""
    return dict(_handlers)


def repeating_kinds() -> list[str]:
    """Return the kinds that are rather sent twice than never."""
    return [kind for kind, handler in _handlers.items() if handler.repeats]


def draft(
    kind: str,
    *,
    person_id: uuid.UUID,
    about_id: uuid.UUID,
    couple_id: uuid.UUID | None,
    occasion: str,
    due_at: datetime.datetime,
    fresh_for: datetime.timedelta,
    channel: str = EMAIL,
    step: str = "",
) -> Message:
    """Return a message that is not in the outbox yet, for :func:`add`."""
    handler_of(kind)
    return Message(
        kind=kind,
        channel=channel,
        step=step,
        occasion=occasion,
        person_id=person_id,
        about_id=about_id,
        couple_id=couple_id,
        planned_for=due_at,
        due_at=due_at,
        fresh_until=due_at + fresh_for,
    )


def add(messages: Iterable[Message]) -> list[Message]:
    """Put messages into the outbox, and return those whose occasion was new. Needs a bound practice."""
    wanted = list(messages)
    if not wanted:
        return []
    practice_id = tenancy.current_practice_id()
    for message in wanted:
        message.practice_id = practice_id
    with tenancy.elevated():
        Message.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=500)
        there = set(Message.objects.filter(pk__in=[one.pk for one in wanted]).values_list("pk", flat=True))
    return [one for one in wanted if one.pk in there]


def plan(
    kind: str,
    *,
    person_id: uuid.UUID,
    about_id: uuid.UUID,
    couple_id: uuid.UUID | None,
    occasion: str,
    due_at: datetime.datetime,
    fresh_for: datetime.timedelta,
    channel: str = EMAIL,
) -> Message | None:
    """Plan one message; return None when this person's occasion has one already, whatever became of it.

    It goes out at ``due_at`` or soon after, and not at all once ``fresh_for`` has passed since then.
    """
    added = add(
        [
            draft(
                kind,
                person_id=person_id,
                about_id=about_id,
                couple_id=couple_id,
                occasion=occasion,
                due_at=due_at,
                fresh_for=fresh_for,
                channel=channel,
            )
        ]
    )
    return added[0] if added else None


def cancel(about_id: uuid.UUID, *, reason: str, person_id: uuid.UUID | None = None) -> int:
    """Call off what has not left yet about one thing, for everybody or one person; return how many."""
    with tenancy.elevated():
        return together(calling_off(about_id, reason=reason, person_id=person_id))[0]


def calling_off(about_id: uuid.UUID, *, reason: str, person_id: uuid.UUID | None = None) -> Asked[int]:
    """Return what :func:`cancel` does, to go with other changes. Needs Attune itself."""
    if person_id is None:
        return _CALL_OFF.of(about=about_id, reason=reason[:60])
    return _CALL_OFF_FOR_ONE.of(about=about_id, person=person_id, reason=reason[:60])


def cancel_all(about_ids: Iterable[uuid.UUID], *, reason: str) -> int:
    """Call off what has not left yet about many things at once; return how many."""
    return _cancel(reason, about_id__in=list(about_ids))


def cancel_for_couple(couple_id: uuid.UUID, reason: str) -> int:
    """Call off everything for a couple that parts or ends: it never comes back.

    A pause needs no call: what falls due meanwhile is skipped, and what is due later stays planned.
    """
    return _cancel(reason, couple_id=couple_id)


def cancel_for_couples(couple_ids: Iterable[uuid.UUID], reason: str) -> int:
    """Do what :func:`cancel_for_couple` does for many at once."""
    return _cancel(reason, couple_id__in=list(couple_ids))


def cancel_for_partner(couple_id: uuid.UUID, person_id: uuid.UUID, reason: str) -> int:
    """Call off everything for one of a couple that goes on without them."""
    return _cancel(reason, couple_id=couple_id, person_id=person_id)


def cancel_for_person(person_id: uuid.UUID, reason: str) -> int:
    """Call off everything for one person, when they leave or are erased."""
    return _cancel(reason, person_id=person_id)


def cancel_channel(person_id: uuid.UUID, channel: str, *, kinds: Iterable[str], reason: str) -> int:
    """Call off what would still reach one person by a channel that they switched off."""
    return _cancel(reason, person_id=person_id, channel=channel, kind__in=list(kinds))


def _cancel(reason: str, **which: uuid.UUID | str | list[uuid.UUID] | list[str]) -> int:
    with tenancy.elevated():
        return _recallable(**which).update(**_called_off(reason[:60]))


class _OneOf(Func):
    """``id = ANY(ARRAY(SELECT …))``: what it is one of is found, and locked, before anything else."""

    template, arg_joiner, output_field = "%(expressions)s)", " = ANY(", BooleanField()


def _recallable(**which: Any) -> QuerySet[Message]:
    """Locked in one order, so that two who call off the same messages wait and never block each other."""
    locked = Message.objects.filter(RECALLABLE, **which).order_by("pk").select_for_update()
    return Message.objects.filter(RECALLABLE, _OneOf("pk", ArraySubquery(locked.values("pk"))))


def _called_off(reason: str) -> dict[str, Any]:
    return {"state": State.CANCELLED, "reason": reason, "finished_at": Now(), "worker": "", "lease_until": None}


_CALL_OFF = WrittenUpdate(
    lambda about, reason: (_recallable(about_id=about), _called_off(reason)), about=uuid.UUID, reason=str
)
_CALL_OFF_FOR_ONE = WrittenUpdate(
    lambda about, person, reason: (_recallable(about_id=about, person_id=person), _called_off(reason)),
    about=uuid.UUID,
    person=uuid.UUID,
    reason=str,
)


def troubled() -> QuerySet[Message]:
    """Messages that staff should know of: not delivered, or nobody knows."""
    return Message.objects.filter(state__in=[State.UNKNOWN, State.DEAD, State.BOUNCED]).order_by("-finished_at")
