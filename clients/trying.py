"""Trying a channel out: the very message that a reminder would be, at once, through the same outbox."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from clients import kinds, letters
from clients.models import Client, Contact
from practice import clock, outbox
from practice.channels.base import Letter
from practice.ids import uuid7
from practice.models import Message

KIND = "test"
AN_HOUR = 5
HOUR = datetime.timedelta(hours=1)
FRESH_FOR = datetime.timedelta(minutes=15)


class TooMany(Exception):
    """Enough tests for now."""


@transaction.atomic
def begin(client: Client, channel: str) -> Message | None:
    """Plan a test for one channel now; raise :class:`TooMany` from the sixth in an hour on."""
    Contact.objects.select_for_update(no_key=True).get(client=client)
    now = clock.now()
    lately = Message.objects.filter(person_id=client.pk, kind=KIND, planned_for__gt=now - HOUR)
    if lately.count() >= AN_HOUR:
        raise TooMany
    return outbox.plan(
        KIND,
        person_id=client.pk,
        about_id=client.pk,
        couple_id=None,
        occasion=f"test:{uuid7()}",
        due_at=now,
        fresh_for=FRESH_FOR,
        channel=channel,
    )


def newest(client: Client) -> dict[str, Message]:
    """Return the last test of each channel in the past hour."""
    rows = Message.objects.filter(person_id=client.pk, kind=KIND, planned_for__gt=clock.now() - HOUR)
    return {one.channel: one for one in rows.order_by("planned_for", "pk")}


class Test(outbox.Handler):
    """Nothing forbids what somebody has just asked for themselves, not even their quiet hours."""

    def compose(self, message: Message) -> Letter:
        return letters.write(message, Client.objects.get(pk=message.person_id), "reminder")

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, Letter]:
        return letters.write_all(messages, "reminder")


def _describe(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, kinds.About]:
    about = kinds.About(_("A test that you asked for"), reverse("portal_reach"))
    return dict.fromkeys((one.pk for one in messages), about)


outbox.register(KIND, Test())
kinds.register(kinds.Kind(KIND, _describe, on_today=True))
