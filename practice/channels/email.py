"""E-mail: by SMTP as it comes, or by a mail service through django-anymail."""

from __future__ import annotations

import time
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from practice import envelopes
from practice.channels.base import Fate, Letter
from practice.mail import CarefulBackend
from practice.models import Message

#: A connection that was silent this long is asked whether it still lives.
IDLE_SECONDS = 5.0


class Email:
    """A connection to a mail server. SMTP has no key against repeats, and no log that one could ask."""

    repeats_safely = False

    def __init__(self, backend: BaseEmailBackend, sender: str = "") -> None:
        self.backend = backend
        self.sender = sender
        self.used_at = float("-inf")

    def open(self) -> None:
        if time.monotonic() - self.used_at > IDLE_SECONDS or getattr(self.backend, "connection", None) is None:
            self.backend.open()
            self.used_at = time.monotonic()

    def prepare(self, message: Message, letter: Letter, address: str) -> EmailMultiAlternatives:
        return envelopes.enclose(message, letter, address, sender=self.sender)

    def send(self, parcel: Any) -> str:
        try:
            self.backend.send_messages([parcel])
        finally:
            self.used_at = time.monotonic()
        status = getattr(parcel, "anymail_status", None)
        return str(getattr(status, "message_id", None) or "")[:120]

    def fate_of(self, message: Message) -> Fate:
        return Fate.UNKNOWN

    def close(self) -> None:
        self.backend.close()


def installation() -> Email:
    """Return the way to the installation's own mail server."""
    from django.core.mail import get_connection

    return Email(get_connection())


def smtp(sender: str, **access: Any) -> Email:
    """Return the way to a practice's own mail server."""
    return Email(CarefulBackend(**access), sender)


def service(sender: str, **access: Any) -> Email:
    """Return the way to a practice's own mail service: ``backend`` names one of django-anymail's."""
    from django.core.mail import get_connection

    backend = f"anymail.backends.{access.pop('backend')}.EmailBackend"
    return Email(get_connection(backend, **access), sender)
