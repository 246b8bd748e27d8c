"""A kind of message like a reminder, for the benchmark: asked again in bulk, and the real letter."""

from __future__ import annotations

import uuid

from django.conf import settings

from practice import envelopes, outbox
from practice.models import User

KIND = "benchmark"
LINK, STOP = settings.ATTUNE_URL + "/open/", settings.ATTUNE_URL + "/stop/"


class Reminding(outbox.Handler):
    merges = True

    def decide(self, messages, now):
        there = set(User.objects.filter(pk__in=[one.person_id for one in messages]).values_list("pk", flat=True))
        return {one.pk: outbox.Send() if one.person_id in there else outbox.Skip("gone") for one in messages}

    def compose(self, message):
        return written(message.person_id)


def written(user_id: uuid.UUID) -> outbox.Letter:
    return envelopes.write(
        "reminder",
        link=LINK,
        stop=STOP,
        unsubscribe=f"{STOP}{user_id.hex}/",
        to_user_id=user_id,
    )


def register() -> None:
    outbox.register(KIND, Reminding())
