"""E-mail: by SMTP as it comes, or by a mail service through django-anymail."""

from __future__ import annotations

import datetime
import re
from email.utils import formataddr, parseaddr
from typing import Any

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from practice import envelopes, mail_services, outside
from practice.channels.base import Fate, Letter, NotNow, Refused, Unreachable
from practice.channels.wire import seconds_until
from practice.mail import OutsideBackend
from practice.mail_services import MailService
from practice.models import Message

#: One letter, from the first byte to the service's answer.
LONGEST_SECONDS = 20.0


class Email:
    """A connection to a mail server. SMTP has no key against repeats, and no log that one could ask."""

    repeats_safely = False

    def __init__(self, backend: BaseEmailBackend, sender: str = "") -> None:
        self.backend = backend
        self.sender = sender

    def open(self) -> None:
        self.backend.open()

    def prepare(self, message: Message, letter: Letter, address: str) -> EmailMultiAlternatives:
        return envelopes.enclose(message, letter, address, sender=_from(self.sender))

    def send(self, parcel: Any) -> str:
        self.backend.send_messages([parcel])
        return ""

    def fate_of(self, message: Message) -> Fate:
        return Fate.UNKNOWN

    def close(self) -> None:
        self.backend.close()


class ServiceEmail(Email):
    """A mail service with an API of its own. What became of a letter it tells by itself, through its web hook."""

    #: The service forgets its keys against repeats after a day; an hour is left for clocks that differ.
    repeats_for = datetime.timedelta(hours=23)

    def __init__(self, backend: AnymailRequestsBackend, service: MailService, sender: str = "") -> None:
        super().__init__(backend, sender)
        self.service = service
        self.repeats_safely = service.takes_once
        self.watch = outside.Watch()

    def open(self) -> None:
        if self.backend.open():
            outside.pin(self.backend.session, self.watch)  # type: ignore[attr-defined]

    def prepare(self, message: Message, letter: Letter, address: str) -> EmailMultiAlternatives:
        mail = super().prepare(message, letter, address)
        mail.extra_headers.pop("Date", None)  # the service's own; a repeat must be the same to the letter
        mail.metadata = {"message": message.reference}  # type: ignore[attr-defined]
        backend: Any = self.backend
        backend.build_message_payload(mail, backend.send_defaults)  # what it can not carry fails here
        return mail

    def send(self, parcel: Any) -> str:
        self.open()
        try:
            with self.watch.within(LONGEST_SECONDS):
                self.backend.send_messages([parcel])
        except AnymailError as error:
            if self.service.takes_once and _said_before(error):
                return ""
            raise _meaning(error, harmless=self.service.takes_once) from None
        status = parcel.anymail_status
        if status.status and status.status <= {"failed", "rejected", "invalid"}:
            raise Refused("refused", address=bool(status.status & {"rejected", "invalid"}))
        return str(status.message_id or "")[:120]


def installation() -> Email:
    """Return the way to the installation's own mail server or service."""
    backend = get_connection()
    if isinstance(backend, AnymailRequestsBackend):
        return ServiceEmail(backend, mail_services.SERVICES[settings.ATTUNE_MAIL_SERVICE["service"]])
    return Email(backend)


def smtp(sender: str, **access: Any) -> Email:
    """Return the way to a practice's own mail server."""
    return Email(OutsideBackend(**access), sender)


def service(sender: str, **access: Any) -> Email:
    """Return the way to a practice's own mail service; ``access`` names it and holds its keys."""
    return ServiceEmail(mail_services.backend(access), mail_services.SERVICES[access["service"]], sender)


def _from(sender: str) -> str:
    """Return a From line under the installation's own neutral name."""
    return formataddr((parseaddr(settings.DEFAULT_FROM_EMAIL)[0], sender)) if sender else ""


#: What services write about an address that they refuse, and about a sender or account that is not set up.
ABOUT_SENDER = re.compile(r"\b(sender|from|domain|signature|account|api.?key|permission|plan|quota)\b", re.I)
ABOUT_ADDRESS = re.compile(r"\b(to|recipients?|e-?mail|address(es)?)\b", re.I)


def _meaning(error: AnymailError, *, harmless: bool) -> Exception:
    """Return what an error of a service means for the letter. It holds codes, never an address or a text."""
    if isinstance(error, AnymailRecipientsRefused):
        return Refused("recipient refused", address=True)
    answer = getattr(error, "response", None)
    if answer is None:
        return _without_answer(error, harmless=harmless)
    status = answer.status_code
    pause = seconds_until(answer.headers.get("Retry-After"), timezone.now())
    if status in (502, 504) and not harmless:
        return TimeoutError(f"status {status}")  # something between us and the service: it may have taken it
    if status in (408, 409, 425, 429) or status >= 500:
        return NotNow(f"status {status}", pause)
    if 200 <= status < 300:
        return ValueError("an answer that makes no sense")
    return _refusal(status, answer.text)


def _without_answer(error: AnymailError, *, harmless: bool) -> Exception:
    if isinstance(error, requests.TooManyRedirects):
        return Unreachable("redirected")
    cause = error.__cause__
    if isinstance(cause, requests.RequestException) and outside.never_left(cause):
        return Unreachable(f"no connection: {type(cause).__name__}")
    if not isinstance(error, requests.RequestException):
        return Refused(type(error).__name__)  # the library would not even write it down
    return NotNow("no answer") if harmless else TimeoutError("no answer")


def _refusal(status: int, words: str) -> Exception:
    """A service that does not let us in, or not under this sender, has no quarrel with the letter."""
    if status not in (400, 413, 415, 422) or ABOUT_SENDER.search(words):
        return Unreachable(f"status {status}")
    return Refused(f"status {status}", address=bool(ABOUT_ADDRESS.search(words)))


def _said_before(error: AnymailError) -> bool:
    """A key that was used for another wording of the same letter: the service has that one."""
    answer = getattr(error, "response", None)
    return answer is not None and answer.status_code == 409 and "invalid_idempotent_request" in answer.text
