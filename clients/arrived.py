"""What was sent to a person, and why: read as that person, so that it can only ever be their own."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from clients import fates, kinds
from clients.fates import Fate
from clients.kinds import About
from clients.models import Client, Reach
from practice import clock, outbox
from practice.models import Message
from practice.written import Written

LATELY = datetime.timedelta(days=60)
A_PAGE = 20
#: How long something that shows nowhere else stands on the first page.
ON_TODAY = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """One message, explained."""

    message: Message
    about: tuple[About, ...]
    topic: str
    step: str
    fate: Fate

    @property
    def topic_label(self) -> str:
        return str(Reach.Topic(self.topic).label) if self.topic else ""

    @property
    def channel_label(self) -> str:
        return str(Message.Channel(self.message.channel).label)


def lately(person: Client) -> QuerySet[Message]:
    """Return what began to leave for this person in the past weeks, newest first."""
    rows = Message.objects.filter(person_id=person.pk, handed_off_at__gt=clock.now() - LATELY)
    return rows.exclude(kind__in=kinds.unlisted()).order_by("-handed_off_at", "-pk")


def explained(person: Client, messages: Sequence[Message]) -> list[Line]:
    """Say of each message what it was about, why it came and what became of it. What it said for others, too."""
    spoken_for = defaultdict(list)
    merged = Message.objects.filter(person_id=person.pk, merged_into__in=[one.pk for one in messages])
    for one in merged.order_by("planned_for", "pk"):
        spoken_for[one.merged_into].append(one)
    every = [*messages, *(one for several in spoken_for.values() for one in several)]
    about = kinds.described(person, every)
    lines = []
    for message in messages:
        said = [about[one.pk] for one in (message, *spoken_for[message.pk]) if one.pk in about]
        kind = kinds.of(message.kind)
        step = str(kind.steps.get(message.step, ""))
        lines.append(Line(message, tuple(dict.fromkeys(said)), kind.topic, step, fates.of(message)))
    return lines


def place_of(person: Client, message_id: uuid.UUID) -> str:
    """Return where a letter leads; '' when it is not this person's, spoke for several, or its thing is gone."""
    message = Message.objects.filter(pk=message_id, person_id=person.pk).first()
    if message is None or Message.objects.filter(person_id=person.pk, merged_into=message.pk).exists():
        return ""
    about = kinds.described(person, [message]).get(message.pk)
    return about.url if about else ""


SENT_HERE: Written[Message] = Written(
    lambda person: Message.objects.filter(
        person_id=person,
        channel=Message.Channel.PORTAL,
        kind__in=kinds.on_today(),
        state__in=outbox.LEFT,
        handed_off_at__gt=clock.Now() - ON_TODAY,
    ).order_by("-handed_off_at")[:1],
    person=uuid.UUID,
)


def on_today(person: Client) -> list[Message]:
    """Return what was sent to the portal itself lately and shows nowhere else there."""
    return SENT_HERE.all(person=person.pk)
