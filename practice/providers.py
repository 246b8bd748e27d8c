"""Which providers carry a practice's messages: its own, else the installation's.

A :class:`Route` names a provider without talking to it. Its ``key`` is what circuits, ceilings and messages
remember: the channel's name for the installation's provider, the row's id for one of a practice's own.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings

from practice.channels import email, portal, push, sms
from practice.channels.base import Carrier
from practice.models import Message, Provider

Channel = Message.Channel


@dataclass(frozen=True)
class Route:
    """A way out for one channel. ``sender`` is whom a stop counts for: see :func:`silence_of`."""

    key: str
    channel: str
    sender: str
    build: Callable[[], Carrier]
    #: The most that it may take in a minute, all practices together; 0: no ceiling.
    per_minute: int = 0


def routes() -> dict[str, list[Route]]:
    """Return the bound practice's routes by channel, the first choice first. A channel may have none."""
    found: dict[str, list[Route]] = defaultdict(list)
    for provider in Provider.objects.filter(ended_at=None).order_by("channel", "rank"):
        found[provider.channel].append(_own(provider))
    for route in installation():
        if not found[route.channel]:
            found[route.channel].append(route)
    return dict(found)


def installation() -> list[Route]:
    """Return the routes that every practice may use, as the environment names them."""
    made = [
        Route(
            Channel.EMAIL.value,
            Channel.EMAIL,
            parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            email.installation,
            settings.ATTUNE_MAILS_PER_MINUTE,
        ),
        Route(Channel.PORTAL.value, Channel.PORTAL, "", portal.Portal),
    ]
    if settings.ATTUNE_SMS_URL:
        made.append(
            Route(
                Channel.SMS.value,
                Channel.SMS,
                settings.ATTUNE_SMS_FROM,
                sms.installation,
                settings.ATTUNE_TEXTS_PER_MINUTE,
            )
        )
    if settings.ATTUNE_VAPID_KEY:
        made.append(Route(Channel.PUSH.value, Channel.PUSH, "", push.installation))
    return made


def route_of(practice_routes: dict[str, list[Route]], message: Message) -> Route | None:
    """Return the route that a message was handed to, as long as it is still there."""
    return next((one for one in practice_routes.get(message.channel, []) if one.key == message.provider), None)


def offered() -> list[str]:
    """Return the channels that the bound practice can use at all."""
    return [channel for channel in Channel.values if routes().get(channel)]


def _own(provider: Provider) -> Route:
    access = json.loads(provider.access or "{}")
    build: Callable[[], Carrier]
    match provider.kind:
        case Provider.Kind.SMTP:
            build = lambda: email.smtp(provider.sender, **access)  # noqa: E731
        case Provider.Kind.SERVICE:
            build = lambda: email.service(provider.sender, **access)  # noqa: E731
        case _:
            build = lambda: sms.gateway(provider.sender, **access)  # noqa: E731
    return Route(_key(provider.pk), provider.channel, silence_of(provider), build)


def silence_of(provider: Provider) -> str:
    """Return whom a stop counts for at a practice's own provider: a number for all who send from it.

    A mail address only within the practice: it says by itself who it sends as, and what its provider reports about
    anybody must not silence them for others. (Numbers that said STOP must be silent for all by law.)
    """
    if provider.channel == Channel.SMS:
        return provider.sender
    return f"{provider.practice_id}:{provider.sender}"[:254]


def _key(pk: uuid.UUID) -> str:
    return str(pk)
