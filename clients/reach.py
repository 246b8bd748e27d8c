"""By which channels a person may be reached about what: what they chose themselves, and nothing else.

Choices are ended and begun, never changed. Every change tells the apps above (``contact_changed``) in the same
transaction: what may come by a new way is planned, what may not come any more is called off.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from clients import kinds
from clients.models import Client, Contact, PushDevice, Reach
from clients.signals import contact_changed
from practice import outbox, providers, suppression, tenancy
from practice.models import Message
from practice.providers import Route

Topic = Reach.Topic
Channel = Message.Channel
Choice = tuple[str, str]

#: What somebody has who has chosen nothing yet.
AT_FIRST = (Channel.EMAIL,)
#: Channels that lead away from the portal's own pages, in the order in which they are offered.
OUTWARD = (Channel.EMAIL, Channel.SMS, Channel.PUSH)
#: Why what was planned for a channel does not leave.
SWITCHED_OFF = "switched off"


def begin(client: Client) -> None:
    """Let a new person be reached by mail about everything, until they choose for themselves."""
    begin_all([client])


def begin_all(clients: Iterable[Client]) -> None:
    """Do what :func:`begin` does for many new people at once."""
    Reach.objects.bulk_create(
        [
            Reach(client=client, channel=channel, topic=topic)
            for client in clients
            for channel in AT_FIRST
            for topic in Topic
        ],
        ignore_conflicts=True,
    )


# ── reading ──────────────────────────────────────────────────────────────────


def channels(people: Collection[uuid.UUID], topic: str) -> dict[uuid.UUID, set[str]]:
    """Return by which channels each person wants to be told about a topic. The portal is always one of them."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = Reach.objects.filter(client_id__in=people, topic=topic, ended_at=None)
    for client_id, channel in rows.values_list("client_id", "channel"):
        found[client_id].add(channel)
    return found


def chosen(client: Client) -> set[Choice]:
    """Return what a person has switched on: pairs of channel and topic."""
    return set(Reach.objects.filter(client=client, ended_at=None).values_list("channel", "topic"))


def offered() -> list[str]:
    """Return the outward channels that the bound practice has a way for, in order."""
    with tenancy.elevated():
        possible = providers.routes()
    return [channel for channel in OUTWARD if possible.get(channel)]


def address_of(client: Client, contact: Contact, channel: str) -> str:
    """Return where a channel leads to, or '' where nothing is proven yet; for notifications, how many browsers."""
    if channel == Channel.EMAIL:
        return client.user.email if client.user else ""
    if channel == Channel.SMS:
        return contact.phone
    if channel == Channel.PUSH:
        return str(PushDevice.objects.filter(client=client, ended_at=None).count() or "")
    return ""


def silenced(addresses: Mapping[str, str], routes: Mapping[str, list[Route]]) -> dict[str, str]:
    """Return why some of a person's addresses (by channel) are left alone: bounce, complaint or stop.

    Needs Attune itself to ask: which addresses are left alone is nobody's to read.
    """
    found: dict[str, str] = {}
    for channel, address in addresses.items():
        if address and routes.get(channel) and channel != Channel.PUSH:
            reason = suppression.reasons(channel, routes[channel][0].sender, [address]).get(address)
            found |= {channel: reason} if reason else {}
    return found


# ── choosing ─────────────────────────────────────────────────────────────────


@transaction.atomic
def choose_all(client: Client, wanted: Iterable[Choice], *, among: Collection[str], told: bool = False) -> bool:
    """Have exactly these choices among some channels; tell whether anything changed.

    ``told`` sends ``contact_changed`` even when no choice changed, because something else of the contact did.
    """
    wanted = set(wanted)
    Contact.objects.select_for_update(no_key=True).get(client=client)
    before = {one for one in chosen(client) if one[0] in among}
    for channel, topic in sorted(wanted - before):
        choose(client, channel, topic)
    off = sorted(before - wanted)
    for channel, topic in off:
        end(client.pk, by=Reach.Ended.YOU, channel=channel, topic=topic)
    changed = wanted != before
    if changed or told:
        contact_changed.send(sender=Client, client=client)
        _call_off(client, off)
    return changed


@transaction.atomic
def stop(client: Client, *, by: str, channel: str, topic: str = "") -> int:
    """End a channel for a topic or for all, and call off what has not begun to leave; return how many choices ended."""
    Contact.objects.select_for_update(no_key=True).filter(client=client).first()
    ended = end(client.pk, by=by, channel=channel, topic=topic)
    if ended:
        contact_changed.send(sender=Client, client=client)
    _call_off(client, [(channel, one) for one in ([topic] if topic else Topic.values)])
    return ended


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


def _call_off(client: Client, choices: Iterable[Choice]) -> None:
    for channel, topic in choices:
        outbox.cancel_channel(client.pk, channel, kinds=kinds.about(topic), reason=SWITCHED_OFF)
