"""Notifications: to the push services of the browsers, and to nobody else.

An endpoint comes out of a browser that we do not know, so it is believed only where it names, by HTTPS, a push
service from a list. The name has to be on the list, and TLS makes its owner answer for it: whoever points such a
name, or its DNS, at a machine of ours has no certificate for it, and private addresses are refused besides
(:mod:`practice.outside`). Redirects are not followed, and everything has a deadline.

What is sent says one neutral line and where it leads, sealed for that browser alone, and is always as long as
every other: its length tells the push service nothing.

One message may go to several browsers of a person. When at least one took it, it is sent; the others are not
tried again, so that none gets it twice. A browser that is gone (404, 410) or whose keys open nothing is let go
(``practice.signals.device_gone``).
"""

from __future__ import annotations

import base64
import enum
import json
import uuid
from collections import Counter
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid
from py_vapid.utils import b64urlencode
from pywebpush import WebPushException, webpush

from practice import clock, signals, tenancy
from practice.channels.base import Device, Fate, Letter, NotNow, Refused
from practice.channels.wire import NoAnswer, NotConnected, Wire, seconds_until
from practice.models import Message

#: A name, or with a leading dot all names below it.
HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
)
#: A push service keeps a notification no longer than this for a phone that is off.
LONGEST_WAIT = 3600
LONGEST_ENDPOINT = 2000
#: Every payload is filled up to a multiple of this.
FILLED = 512


class Outcome(enum.Enum):
    """How one browser's push service answered."""

    TAKEN = enum.auto()
    GONE = enum.auto()
    NOT_NOW = enum.auto()
    REFUSED = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True)
class Parcel:
    """What goes to the browsers of one person."""

    practice_id: uuid.UUID
    message: Message
    devices: tuple[Device, ...]
    words: str
    seconds: int


class Push:
    """The way to the browsers' push services: one request for each browser."""

    repeats_safely = False

    def __init__(self, wire: Wire | None = None) -> None:
        self.wire = wire or Wire()
        self.pause = 0.0

    def open(self) -> None:
        pass

    def prepare(self, message: Message, letter: Letter, address: str) -> Parcel:
        left = (message.fresh_until - clock.now()).total_seconds()
        seconds = int(min(max(left, 60), LONGEST_WAIT))
        practice_id = tenancy.current_practice_id()
        return Parcel(
            practice_id, message, letter.devices, payload(letter.short or letter.subject, letter.link), seconds
        )

    def send(self, parcel: Any) -> str:
        self.pause = 0.0
        outcomes = Counter(self._tell(device, parcel) for device in parcel.devices)
        if outcomes[Outcome.TAKEN]:
            return ""
        if outcomes[Outcome.UNKNOWN]:
            raise NoAnswer("no answer")
        if outcomes[Outcome.NOT_NOW]:
            raise NotNow("push service busy", self.pause)
        raise Refused("no device")

    def _tell(self, device: Device, parcel: Parcel) -> Outcome:
        outcome = self._pushed(device, parcel)
        if outcome is Outcome.GONE:
            with tenancy.acting(tenancy.as_system(parcel.practice_id)):
                signals.device_gone.send(sender=Push, device_id=device.id, message=parcel.message)
        return outcome

    def _pushed(self, device: Device, parcel: Parcel) -> Outcome:
        try:
            subscription = json.loads(device.subscription)
            if not allowed(subscription["endpoint"]):
                return Outcome.GONE
            webpush(
                {"endpoint": subscription["endpoint"], "keys": subscription["keys"]},
                parcel.words,
                vapid_private_key=vapid(settings.ATTUNE_VAPID_KEY),
                vapid_claims={"sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"},
                ttl=parcel.seconds,
                headers={"Urgency": "normal", "Topic": parcel.message.reference},
                requests_session=self.wire,
                timeout=self.wire.answer_seconds,
            )
        except WebPushException as error:
            return self._said_no(error)
        except NotConnected:
            return Outcome.NOT_NOW
        except NoAnswer:
            return Outcome.UNKNOWN
        except (ValueError, LookupError, TypeError, AttributeError):
            # Keys that are none: nothing can be sealed for that browser, now or ever.
            return Outcome.GONE
        return Outcome.TAKEN

    def _said_no(self, error: WebPushException) -> Outcome:
        status = error.status_code
        if status is None or status in (404, 410):
            return Outcome.GONE
        if status == 429 or status >= 500:
            self.pause = max(self.pause, seconds_until(error.retry_after))
            return Outcome.NOT_NOW
        return Outcome.REFUSED

    def fate_of(self, message: Message) -> Fate:
        return Fate.UNKNOWN

    def close(self) -> None:
        pass


def payload(title: str, link: str) -> str:
    """Return what a browser's service worker gets: words and a path of ours, filled up to one length for all."""
    parts = urlsplit(link)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    plain = json.dumps({"title": title, "link": path, "fill": ""})
    return json.dumps({"title": title, "link": path, "fill": " " * (-len(plain) % FILLED)})


def allowed(endpoint: Any) -> bool:
    """Tell whether an endpoint belongs to a push service that we know."""
    if not isinstance(endpoint, str) or len(endpoint) > LONGEST_ENDPOINT:
        return False
    if not endpoint.isascii() or not endpoint.isprintable() or set(endpoint) & set(' \\"<>'):
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    own = _known(parts.hostname or "", settings.ATTUNE_PUSH_HOSTS)
    if parts.scheme != "https" or "@" in parts.netloc or not (port in (None, 443) or own):
        return False
    return own or _known(parts.hostname or "", HOSTS)


def _known(host: str, hosts: Any) -> bool:
    return any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts)


@cache
def vapid(key: str) -> Vapid:
    """Return the key that notifications are signed with, from 32 bytes in URL-safe base64."""
    plain = key.strip().rstrip("=")
    if len(base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))) != 32:
        raise ValueError("not 32 bytes")
    return Vapid.from_raw(plain.encode())


def public_key() -> str:
    """Return what browsers need to subscribe; '' when this installation sends no notifications."""
    if not settings.ATTUNE_VAPID_KEY:
        return ""
    point = vapid(settings.ATTUNE_VAPID_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b64urlencode(point)


def fresh_key() -> str:
    """Return a new private key, as ``ATTUNE_VAPID_KEY`` wants it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return b64urlencode(number.to_bytes(32, "big"))


def installation() -> Push:
    """Return the way to the push services."""
    return Push()
