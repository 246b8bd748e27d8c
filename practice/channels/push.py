"""Notifications: to the push services of the browsers, and to nobody else."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from pywebpush import WebPushException, webpush

from practice.channels.base import Device, Fate, Letter, NotNow, Refused
from practice.models import Message

SECONDS = 10
HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
)


class Push:
    """The way to the browsers' push services: one request for each device."""

    repeats_safely = False

    def open(self) -> None:
        pass

    def prepare(self, message: Message, letter: Letter, address: str) -> tuple[tuple[Device, ...], str]:
        return letter.devices, json.dumps({"title": letter.subject, "link": letter.link, "tag": message.reference})

    def send(self, parcel: Any) -> str:
        devices, words = parcel
        taken = 0
        for device in devices:
            subscription = json.loads(device.subscription)
            if not allowed(subscription["endpoint"]):
                continue
            try:
                webpush(
                    subscription,
                    words,
                    vapid_private_key=settings.ATTUNE_VAPID_KEY,
                    vapid_claims={"sub": settings.ATTUNE_URL},
                    ttl=3600,
                    timeout=SECONDS,
                )
                taken += 1
            except WebPushException as error:
                status = getattr(error.response, "status_code", 0)
                if status == 429 or status >= 500:
                    raise NotNow(f"status {status}") from None
            except requests.RequestException as error:
                raise NotNow(type(error).__name__) from None
        if not taken:
            raise Refused("no device")
        return ""

    def fate_of(self, message: Message) -> Fate:
        return Fate.UNKNOWN

    def close(self) -> None:
        pass


def allowed(endpoint: str) -> bool:
    """Tell whether an endpoint belongs to a push service that we know."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    return parts.scheme == "https" and any(host == one or (one.startswith(".") and host.endswith(one)) for one in HOSTS)


def installation() -> Push:
    """Return the way to the push services."""
    return Push()
