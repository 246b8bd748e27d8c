"""What became of messages after they left, as their carriers report it: arrived, came back, unwanted.

Reports come late, twice, in any order, and sometimes from nobody we know. So a report only ever moves a message
forward, only one that was really handed to the carrier that reports, and its consequences follow from the move:
what is said again does nothing again.

An address that is gone, or whose owner calls our mail unwanted, is left alone at once by everybody who sends under
the same sender, and the person's own choice of that channel ends. What came back for a passing reason is counted,
and means the same when there is too much of it.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models.functions import Coalesce

from practice import clock, suppression, tenancy
from practice.models import Message, Suppression
from practice.signals import address_silent

State = Message.State
Reason = Suppression.Reason


class Event(enum.StrEnum):
    """What a carrier may report."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    #: Passing trouble, the carrier goes on trying.
    DEFERRED = "deferred"
    #: It came back for a passing reason: full, or busy for too long.
    RETURNED = "returned"
    #: It came back for good.
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: The person asked the carrier for silence.
    STOPPED = "stopped"


@dataclass(frozen=True)
class Report:
    """One event about one message. ``address`` is who it was for, as the carrier knows it."""

    message_id: uuid.UUID
    event: Event
    at: datetime.datetime | None = None
    address: str = ""


TAKEN = {State.HANDING_OFF, State.UNKNOWN}
#: From which states an event leads on, and where to. The database holds the same table.
MOVES: dict[Event, tuple[set[State], State]] = {
    Event.ACCEPTED: (TAKEN, State.ACCEPTED),
    Event.DEFERRED: (TAKEN, State.ACCEPTED),
    Event.STOPPED: (TAKEN, State.ACCEPTED),
    Event.DELIVERED: ({*TAKEN, State.ACCEPTED}, State.DELIVERED),
    Event.RETURNED: ({*TAKEN, State.ACCEPTED, State.DELIVERED}, State.BOUNCED),
    Event.BOUNCED: ({*TAKEN, State.ACCEPTED, State.DELIVERED}, State.BOUNCED),
    Event.COMPLAINED: ({*TAKEN, State.ACCEPTED, State.DELIVERED, State.BOUNCED}, State.COMPLAINED),
}
#: What each end is called on the message itself.
WORDS = {Event.RETURNED: "came back for now", Event.BOUNCED: "came back", Event.COMPLAINED: "unwanted"}
SILENCED_BY = {Event.BOUNCED: Reason.BOUNCE, Event.COMPLAINED: Reason.COMPLAINT, Event.STOPPED: Reason.STOP}


def happened(
    practice_id: uuid.UUID,
    message_id: uuid.UUID,
    event: Event,
    at: datetime.datetime | None = None,
    *,
    provider: str,
    sender: str,
    address: str = "",
) -> bool:
    """Apply one report of a carrier, known by its key (see :mod:`practice.providers`); tell whether it was news."""
    return apply(practice_id, [Report(message_id, event, at, address)], provider=provider, sender=sender) == 1


def apply(practice_id: uuid.UUID, reports: Sequence[Report], *, provider: str, sender: str) -> int:
    """Apply what one carrier reports about messages of one practice; return how many reports changed something.

    ``sender`` is the one whom a silence counts for. Messages of other practices and carriers are not found.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        now = clock.now()
        ids = {one.message_id for one in reports}
        # What has not begun left nothing, whoever says otherwise. Locked in one order, as everywhere.
        left = Message.objects.filter(pk__in=ids, provider=provider, begun_at__isnull=False)
        rows = {one.pk: one for one in left.order_by("pk").select_for_update()}
        was = {pk: one.state for pk, one in rows.items()}
        counted = [one for one in reports if one.message_id in rows and _moves(rows[one.message_id], one.event)]
        moved = [one for pk, one in rows.items() if one.state != was[pk]]
        _write_down(moved)
        for report in counted:
            _consequences(rows[report.message_id], report, sender, now)
        return len(counted)


def _write_down(moved: Iterable[Message]) -> None:
    ends: dict[tuple[str, str], list[uuid.UUID]] = defaultdict(list)
    for message in moved:
        ends[message.state, message.reason].append(message.pk)
    for (state, reason), ids in ends.items():
        finished = Coalesce("finished_at", clock.Now())
        Message.objects.filter(pk__in=ids).update(state=state, reason=reason, lease_until=None, finished_at=finished)


def _moves(message: Message, event: Event) -> bool:
    """Move a message forward, if the event leads there; tell whether the event was news."""
    origins, state = MOVES[event]
    if message.state in origins:
        message.state, message.reason = state, WORDS.get(event, "")
        return True
    return event == Event.STOPPED


def _consequences(message: Message, report: Report, sender: str, now: datetime.datetime) -> None:
    reason = SILENCED_BY.get(report.event)
    at = min(report.at or message.begun_at or now, now)
    if report.address and suppression.lifted_since(message.channel, sender, report.address, at):
        return  # its owner proved since then that it is theirs, and works
    counts = report.event == Event.RETURNED and report.address
    if counts and suppression.came_back_for_now(message.channel, sender, report.address):
        reason = Reason.BOUNCE
    if reason is not None:
        silence(message, reason, sender=sender, address=report.address)


def silence(message: Message, reason: str, *, sender: str, address: str) -> None:
    """Leave an address alone from now on, and tell the apps above. Needs the message's practice to be bound."""
    if address:
        suppression.suppress(message.channel, sender, address, reason)
    address_silent.send(sender=Message, person_id=message.person_id, channel=message.channel, reason=Reason(reason))
