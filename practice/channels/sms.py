"""Text messages, through one HTTP gateway.

The gateway takes ``POST {url}/messages`` with JSON ``{"to", "from", "text", "reference"}`` and a bearer token, and
answers 2xx with ``{"id"}``. The same reference is taken once only, whatever comes again. ``GET
{url}/messages/{reference}`` answers 404 when it never came.
"""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings

from practice.channels.base import Fate, Letter, NotNow, Refused, Unreachable
from practice.models import Message

SECONDS = (5, 10)


class Sms:
    """A gateway that takes a repeat for a repeat."""

    repeats_safely = True

    def __init__(self, url: str, token: str, sender: str) -> None:
        self.url = url.rstrip("/")
        self.sender = sender
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.max_redirects = 0

    def open(self) -> None:
        pass

    def prepare(self, message: Message, letter: Letter, address: str) -> dict[str, str]:
        text = f"{letter.short} {letter.link}".strip()
        return {"to": address, "from": self.sender, "text": text, "reference": message.reference}

    def send(self, parcel: Any) -> str:
        try:
            answer = self.session.post(f"{self.url}/messages", json=parcel, timeout=SECONDS, allow_redirects=False)
        except requests.ConnectTimeout:
            raise Unreachable("connect timed out") from None
        except requests.ConnectionError:
            raise Unreachable("no connection") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise NotNow(f"status {answer.status_code}", _seconds(answer.headers.get("Retry-After", "")))
        if not answer.ok:
            raise Refused(f"status {answer.status_code}", address=answer.status_code in (404, 422))
        return str(answer.json().get("id", ""))[:120]

    def fate_of(self, message: Message) -> Fate:
        try:
            answer = self.session.get(f"{self.url}/messages/{message.reference}", timeout=SECONDS)
        except requests.RequestException:
            return Fate.UNKNOWN
        return {200: Fate.TAKEN, 404: Fate.NOT_TAKEN}.get(answer.status_code, Fate.UNKNOWN)

    def close(self) -> None:
        self.session.close()


def installation() -> Sms:
    """Return the way to the installation's gateway."""
    return Sms(settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_TOKEN, settings.ATTUNE_SMS_FROM)


def gateway(sender: str, *, url: str, token: str) -> Sms:
    """Return the way to a practice's own gateway."""
    return Sms(url, token, sender)


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0
