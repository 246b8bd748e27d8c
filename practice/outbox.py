"""The outbox: what is to be delivered, to whom and when. The table is the queue; the broker only rings.

    planned -> claimed -> handing_off -> accepted
       ^          |            |
       +----------+------------+       back, with a pause, when the mail server said 'not now'
    skipped · cancelled · dead · unknown                        the other ways it can end

A message is a promise about an occasion: one row per person, channel and occasion, for ever. It holds no
words and no address. When its turn comes, its kind's :class:`Handler` reads again everything that could
forbid it, and only then writes the letter (:mod:`practice.delivery`). What we promise is *never twice, never
silently lost*: where nobody can know whether a server took a letter, the row becomes ``unknown``, is shown
and is never sent again.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet
from django.db.models.functions import Now

from practice import tenancy
from practice.models.message import Message

State = Message.State
EMAIL = Message.Channel.EMAIL

#: States in which nothing has left the house yet, so that a message can still be called off.
RECALLABLE = (State.PLANNED, State.CLAIMED)


@dataclass(frozen=True)
class Letter:
    """What leaves: neutral words, for one address.

    Name the recipient by ``to_user_id`` wherever there is a user, so that the address is the one that is
    true now; ``to_address`` is for people who have no sign-in yet.
    """

    subject: str
    text: str
    html: str = ""
    to_user_id: uuid.UUID | None = None
    to_address: str = ""


class Handler(Protocol):
    """What a kind of message knows. Subclass it; both questions are asked right before the letter leaves,
    as Attune itself inside the practice, in the transaction that commits the hand-off.

    ``wanted`` locks the rows that could forbid the message (couple, assignment, occurrence, contact, in this
    order: data's own direction), so that what commits first wins.
    """

    def wanted(self, message: Message) -> str:
        """Return '' when it is still wanted, else a short reason to skip it, without names or words."""
        ...

    def not_before(self, message: Message, now: datetime.datetime) -> datetime.datetime:
        """Return the earliest moment the person may be reached; ``now`` when that is now."""
        return now

    def compose(self, message: Message) -> Letter:
        """Write the letter. It must not depend on what the message is about (see templates/email/)."""
        ...


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
) -> Message:
    """Return a message that is not in the outbox yet, for :func:`add`."""
    handler_of(kind)
    return Message(
        kind=kind,
        channel=channel,
        occasion=occasion,
        person_id=person_id,
        about_id=about_id,
        couple_id=couple_id,
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
    about = {"about_id": about_id} | ({"person_id": person_id} if person_id else {})
    return _cancel(reason, **about)


def cancel_all(about_ids: Iterable[uuid.UUID], *, reason: str) -> int:
    """Call off what has not left yet about many things at once; return how many."""
    return _cancel(reason, about_id__in=list(about_ids))


def cancel_for_couple(couple_id: uuid.UUID, reason: str) -> int:
    """Call off everything for a couple that parts or ends: it never comes back.

    A pause needs no call: what falls due meanwhile is skipped, and what is due later stays planned.
    """
    return _cancel(reason, couple_id=couple_id)


def cancel_for_person(person_id: uuid.UUID, reason: str) -> int:
    """Call off everything for one person, when they leave or are erased."""
    return _cancel(reason, person_id=person_id)


def _cancel(reason: str, **which: uuid.UUID | list[uuid.UUID]) -> int:
    with tenancy.elevated():
        # Locked in one order, so that two who call off the same messages wait and never block each other.
        rows = Message.objects.filter(state__in=RECALLABLE, **which).order_by("pk").select_for_update()
        found = list(rows.values_list("pk", flat=True))
        return Message.objects.filter(pk__in=found, state__in=RECALLABLE).update(
            state=State.CANCELLED, reason=reason[:60], finished_at=Now(), worker="", lease_until=None
        )


def troubled() -> QuerySet[Message]:
    """Messages that staff should know of: not delivered, or nobody knows."""
    return Message.objects.filter(state__in=[State.UNKNOWN, State.DEAD]).order_by("-finished_at")
