"""By which channels a person may be reached about what: what they chose themselves, and nothing else."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from django.utils import timezone

from clients.models import Client, Reach
from practice.models import Message

Topic = Reach.Topic
Channel = Message.Channel

#: What somebody has who has chosen nothing yet.
AT_FIRST = (Channel.EMAIL,)


def begin(client: Client) -> None:
    """Let a new person be reached by mail about everything, until they choose for themselves."""
    Reach.objects.bulk_create(
        [Reach(client=client, channel=channel, topic=topic) for channel in AT_FIRST for topic in Topic],
        ignore_conflicts=True,
    )


def channels(people: Collection[uuid.UUID], topic: str) -> dict[uuid.UUID, set[str]]:
    """Return by which channels each person wants to be told about a topic. The portal is always one of them."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = Reach.objects.filter(client_id__in=people, topic=topic, ended_at=None)
    for client_id, channel in rows.values_list("client_id", "channel"):
        found[client_id].add(channel)
    return found


def choose(client: Client, channel: str, topic: str) -> bool:
    """Let messages about a topic come by a channel; tell whether that is new."""
    _row, made = Reach.objects.get_or_create(client=client, channel=channel, topic=topic, ended_at=None)
    return made


def end(client_id: uuid.UUID, *, by: str, channel: str = "", topic: str = "") -> int:
    """End some of a person's choices, or all; return how many there were."""
    which = {"channel": channel} if channel else {}
    which |= {"topic": topic} if topic else {}
    rows = Reach.objects.filter(client_id=client_id, ended_at=None, **which)
    return rows.update(ended_at=timezone.now(), ended_by=by)
