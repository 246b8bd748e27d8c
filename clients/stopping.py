"""Stopping messages from a message itself: a signed address that needs no sign-in (RFC 8058).

The token names a practice, a person, a channel and a topic, and is worth nothing but silence: whoever has it can
stop these messages for that person, see nothing and start nothing. It never runs out, because old letters are
read, too. Security mails come from elsewhere and are not touched.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from clients import reach
from clients.models import Client, Reach
from practice import tenancy
from practice.models import Message

SALT = "clients.stopping"
#: One letter each, so that an address stays short.
CHANNELS = {"e": Message.Channel.EMAIL, "s": Message.Channel.SMS, "p": Message.Channel.PUSH}
TOPICS = {"r": Reach.Topic.REMINDERS, "n": Reach.Topic.NEWS}


@dataclass(frozen=True)
class Stop:
    """What a token stops."""

    practice_id: uuid.UUID
    person_id: uuid.UUID
    channel: str
    topic: str


def address(stop: Stop) -> str:
    """Return the whole address that a letter carries."""
    return settings.ATTUNE_URL + reverse("stop", args=[token(stop)])


def token(stop: Stop) -> str:
    """Return the signed text for one person, channel and topic."""
    ids = base64.urlsafe_b64encode(stop.practice_id.bytes + stop.person_id.bytes).decode().rstrip("=")
    return _signer().sign(f"{ids}{_letter(CHANNELS, stop.channel)}{_letter(TOPICS, stop.topic)}")


def read(text: str) -> Stop | None:
    """Return what a token stops, or None for one that we did not sign."""
    try:
        said = _signer().unsign(text)
        raw = base64.urlsafe_b64decode(said[:-2] + "=")
        return Stop(uuid.UUID(bytes=raw[:16]), uuid.UUID(bytes=raw[16:]), CHANNELS[said[-2]], TOPICS[said[-1]])
    except (BadSignature, ValueError, KeyError, IndexError):
        return None


def obey(stop: Stop, *, whole_channel: bool = False) -> None:
    """Stop at once, also what is on its way out of the house; doing it again changes nothing.

    Needs the login role around it: nobody signs in for this.
    """
    with tenancy.acting(tenancy.as_system(stop.practice_id)):
        client = Client.objects.filter(pk=stop.person_id).first()
        if client is not None:
            topic = "" if whole_channel else stop.topic
            reach.stop(client, by=Reach.Ended.UNSUBSCRIBED, channel=stop.channel, topic=topic)


def _letter(letters: dict, value: str) -> str:
    return next(letter for letter, one in letters.items() if one == value)


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")
