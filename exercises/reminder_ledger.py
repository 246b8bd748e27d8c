"""What became of the reminders of one assignment: planned, sent, came back, signed in, answered.

For staff who may see the assignment. It is read by assignment, so what somebody keeps from their partner stands
on their own assignment's page and nowhere else.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from clients.models import Client, Couple, PortalVisit
from exercises import rounds
from exercises.models import Assignment, Occurrence, ReminderStop, Response
from exercises.vocabulary import Lane
from exercises.when_words import day_and_time
from practice import held
from practice.models import Message, Step

#: No more rounds than this are shown, the newest first.
ROUNDS_SHOWN = 40

State = Message.State
#: How the design marks each state.
KINDS = {
    State.PLANNED: "",
    State.CLAIMED: "",
    State.HANDING_OFF: "",
    State.ACCEPTED: "done",
    State.DELIVERED: "done",
    State.BOUNCED: "ask",
    State.COMPLAINED: "ask",
    State.UNKNOWN: "ask",
    State.DEAD: "ask",
    State.SKIPPED: "skipped",
    State.CANCELLED: "skipped",
}


#: Why a reminder did not leave, as the outbox writes it down, and as people say it.
REASONS = {
    "answered": _lazy("answered"),
    "done": _lazy("answered"),
    held.REASON: _lazy("nothing was sent from here at the time"),
    "merged": _lazy("said together with another one"),
    "stale": _lazy("too late to help"),
    "paused": _lazy("resting"),
    "separated": _lazy("the couple separated"),
    "closed": _lazy("it was closed"),
    "withdrawn": _lazy("taken back"),
    "skipped": _lazy("left out"),
    "wants none": _lazy("this person wants none this way"),
    "suppressed": _lazy("messages to this address came back or were stopped"),
    "no address": _lazy("there is no address"),
    "no sign-in": _lazy("has not signed in yet"),
    "no consent": _lazy("has not agreed yet"),
    "enough for today": _lazy("enough messages for one day"),
    "a newer one is due": _lazy("a newer one was due"),
    "two weeks without an answer": _lazy("two weeks went by without an answer"),
    "without reminders": _lazy("reminders were switched off"),
    "step not wanted": _lazy("not at this moment any more"),
    "said already": _lazy("another one had just said it"),
    "no time for it": _lazy("there was no hour left for it"),
    "quiet all day": _lazy("their quiet hours leave no time"),
    "account closed": _lazy("their sign-in is closed"),
    "not asked any more": _lazy("not asked any more"),
}


@dataclass(frozen=True)
class Entry:
    """One message: which step, by which channel, when in the person's own time, and how it stands."""

    step: str
    channel: str
    when: str
    kind: str
    words: str


@dataclass
class Line:
    """One person in one round. ``signed_in`` and ``answered`` are in the person's own time; '' when not."""

    client: Client
    position: int
    due: str
    entries: list[Entry] = field(default_factory=list)
    signed_in: str = ""
    answered: str = ""


@dataclass(frozen=True)
class Ledger:
    """The page. ``tells_answers`` is false where answers are not for staff at all."""

    past: list[Line]
    ahead: list[Line]
    stopped: list[tuple[ReminderStop, Client, int]]
    earlier: int
    tells_answers: bool


def read(assignment: Assignment, couple: Couple, now: datetime) -> Ledger:
    """Return the ledger in a fixed number of queries."""
    rows = Occurrence.objects.filter(assignment=assignment).exclude(state=Occurrence.State.WITHDRAWN)
    shown = list(rows.order_by("-due_at", "pk").defer("skip_reason")[: ROUNDS_SHOWN * max(len(assignment.audience), 1)])
    messages = _by_place(Message.objects.filter(about_id__in=[one.pk for one in shown]).order_by("planned_for", "pk"))
    people = {one.pk: one for one in couple.clients if one.pk in assignment.audience}
    places = {partner.client_id: partner.position for partner in couple.partners.all()}
    zones = rounds.zones_of(couple, people)
    tells = assignment.lane != Lane.OWN
    sent = dict(_sent(shown)) if tells else {}
    visits = _visits(people, messages) if tells else {}
    lines = [
        (one.due_at, _line(one, people[pk], places[pk], zones[pk], messages[one.pk, pk], visits.get(pk, []), answer))
        for one in shown
        for pk in people
        for answer in [sent.get((one.pk, pk))]
        if pk in one.audience and (messages[one.pk, pk] or answer)
    ]
    stops = ReminderStop.objects.filter(assignment=assignment, ended_at=None).order_by("stopped_at")
    return Ledger(
        past=[line for due, line in lines if due <= now],
        ahead=[line for due, line in reversed(lines) if due > now],
        stopped=[(one, people[one.client_id], places[one.client_id]) for one in stops if one.client_id in people],
        earlier=rows.count() - len(shown),
        tells_answers=tells,
    )


def _by_place(messages: Iterable[Message]) -> dict[tuple[uuid.UUID, uuid.UUID], list[Message]]:
    found: dict[tuple[uuid.UUID, uuid.UUID], list[Message]] = defaultdict(list)
    for one in messages:
        found[one.about_id, one.person_id].append(one)
    return found


def _sent(shown: Sequence[Occurrence]) -> Iterable[tuple[tuple[uuid.UUID, uuid.UUID], datetime]]:
    rows = Response.objects.filter(occurrence__in=shown, submitted_at__isnull=False, author__isnull=False)
    firsts = rows.values_list("occurrence_id", "author_id").annotate(at=Min("submitted_at"))
    return (((occurrence_id, author_id), at) for occurrence_id, author_id, at in firsts)


def _visits(
    people: Iterable[uuid.UUID], messages: dict[tuple[uuid.UUID, uuid.UUID], list[Message]]
) -> dict[uuid.UUID, list[datetime]]:
    left = [one.handed_off_at for those in messages.values() for one in those if one.handed_off_at]
    if not left:
        return {}
    found: dict[uuid.UUID, list[datetime]] = defaultdict(list)
    visits = PortalVisit.objects.filter(client_id__in=list(people), at__gte=min(left)).order_by("at")
    for client_id, at in visits.values_list("client_id", "at"):
        found[client_id].append(at)
    return found


def _line(
    one: Occurrence,
    client: Client,
    position: int,
    zone: ZoneInfo,
    messages: list[Message],
    visits: list[datetime],
    answered: datetime | None,
) -> Line:
    left = [message.handed_off_at for message in messages if message.handed_off_at]
    visit = next((at for at in visits if at >= min(left) and at < one.closes_at), None) if left else None
    return Line(
        client=client,
        position=position,
        due=_("waits for the next session") if one.has_no_date else _own(one.due_at, zone),
        entries=[_entry(message, zone) for message in messages],
        signed_in=_own(visit, zone),
        answered=_own(answered, zone),
    )


def _entry(message: Message, zone: ZoneInfo) -> Entry:
    when = message.begun_at or message.planned_for or message.due_at
    step = Step(message.step).label if message.step in Step.values else _("Reminder")
    return Entry(
        step=str(step),
        channel=message.get_channel_display(),
        when=_own(when, zone),
        kind=KINDS[State(message.state)],
        words=in_words(message),
    )


def in_words(message: Message) -> str:
    """How a message stands, for people: 'sent', 'not needed: answered'."""
    state, reason = message.get_state_display(), why_not(message)
    return f"{state}: {reason}" if reason else state


def why_not(message: Message) -> str:
    """Why it was not needed or was cancelled, for people; empty for every other."""
    return str(REASONS.get(message.reason, "")) if message.state in (State.SKIPPED, State.CANCELLED) else ""


def _own(moment: datetime | None, zone: ZoneInfo) -> str:
    return day_and_time(moment.astimezone(zone)) if moment else ""
