"""Text messages, through one HTTP gateway. What the gateway has to speak is small:

``POST {url}/messages``, JSON ``{"to", "from", "text", "reference"}``, ``Authorization: Bearer <token>``.

* 2xx with JSON ``{"id"}``: taken. The same reference is taken once only: a repeat is answered like the first.
* 4xx with JSON ``{"error": "number"}``: this number takes nothing, ever. It is left alone from now on.
* 400, 410, 413, 415, 422 otherwise: this message is refused. 408, 409, 425, 429 and 5xx: not now; ``Retry-After``
  (seconds or a date) is kept to.
* Any other 3xx or 4xx (no such page, wrong token, not paid): it is the gateway that is not ready, not the message.

``GET {url}/messages/{reference}`` answers 200 when it has the message and 404 when it never came: JSON
``{"reference", "state"}`` in both cases, so that a wrong address is not taken for an answer.

What comes back (answers of people, reports) goes to our own door: :mod:`practice.texts`.

Where a gateway does not answer in time, the row becomes ``unknown`` and not "try again": trying again may mean
another provider, which knows nothing of the reference. The look-up then tells. So it is with a 2xx that names no
id. A line that broke (a gateway may close one that was idle) is tried once more at once, at the same gateway,
where a repeat is harmless.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from practice.channels import gsm
from practice.channels.base import Fate, Letter, NotNow, Refused, Unreachable
from practice.channels.wire import Answer, NoAnswer, NotConnected, Wire, seconds_until
from practice.models import Message

#: What is wrong with one message.
REFUSED = frozenset({400, 410, 413, 415, 422})
#: What may pass.
BUSY = frozenset({408, 409, 425, 429})


class Sms:
    """A gateway that takes a repeat for a repeat."""

    repeats_safely = True

    def __init__(self, url: str, token: str, sender: str, *, wire: Wire | None = None) -> None:
        self.url = url.rstrip("/")
        self.sender = sender
        self.wire = wire or Wire()
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def open(self) -> None:
        pass

    def prepare(self, message: Message, letter: Letter, address: str) -> dict[str, str]:
        if not address.startswith("+") or not address[1:].isdigit():
            raise ValueError("not an international number")
        return {"to": address, "from": self.sender, "text": text_of(letter), "reference": message.reference}

    def send(self, parcel: Any) -> str:
        answer = self._posted(parcel)
        if 200 <= answer.status_code < 300:
            return _id(answer)
        reason = f"status {answer.status_code}"
        pause = seconds_until(answer.headers.get("Retry-After"))
        if answer.status_code in BUSY or answer.status_code >= 500:
            raise NotNow(reason, pause)
        if 400 <= answer.status_code < 500 and _json(answer).get("error") == "number":
            raise Refused(reason, address=True)
        if answer.status_code in REFUSED:
            raise Refused(reason)
        raise Unreachable(reason, pause)

    def _posted(self, parcel: Any) -> Answer:
        body = json.dumps(parcel).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        try:
            return self.wire.post(f"{self.url}/messages", body, headers)
        except NotConnected as error:
            raise Unreachable(str(error)) from None
        except NoAnswer as error:
            if str(error) not in BROKEN:
                raise
        # Not NotConnected as above: the first time it may have arrived.
        try:
            return self.wire.post(f"{self.url}/messages", body, headers)
        except NotConnected as error:
            raise NoAnswer(str(error)) from None

    def fate_of(self, message: Message) -> Fate:
        try:
            answer = self.wire.get(f"{self.url}/messages/{message.reference}", self.headers)
        except (NotConnected, NoAnswer):
            return Fate.UNKNOWN
        if _json(answer).get("reference") != message.reference:
            return Fate.UNKNOWN
        return {200: Fate.TAKEN, 404: Fate.NOT_TAKEN}.get(answer.status_code, Fate.UNKNOWN)

    def close(self) -> None:
        pass


#: How a line ends that the other side closed.
BROKEN = frozenset({"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError"})


def text_of(letter: Letter) -> str:
    """Return what is sent: words and link in one message; the link alone where both are too long for one."""
    for text in (f"{letter.short} {letter.link}".strip(), letter.link):
        for form in (text, gsm.folded(text)):
            if form and gsm.fits(form):
                return form
    raise ValueError("too long for one text message")


def installation() -> Sms:
    """Return the way to the installation's gateway; it may stand in our own network."""
    url, token, sender = settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_TOKEN, settings.ATTUNE_SMS_FROM
    return Sms(url, token, sender, wire=Wire(inside=True))


def gateway(sender: str, *, url: str, token: str, **access: Any) -> Sms:
    """Return the way to a practice's own gateway: by HTTPS, and never into our own network."""
    if not url.startswith("https://") and not settings.ATTUNE_LOCAL_PROVIDERS:
        url = ""
    return Sms(url, token, sender)


def _id(answer: Answer) -> str:
    """Return the gateway's name for a message. Who answers without one may be no gateway at all: nobody knows."""
    named = str(_json(answer).get("id") or "")
    if not named:
        raise NoAnswer("not understood")
    return named[:120]


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
