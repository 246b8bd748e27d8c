"""What comes back from a text message gateway: people's answers, and reports on what became of messages.

A gateway calls ``POST /hooks/texts/`` (the installation's) or ``POST /hooks/texts/<provider>/`` (a practice's own)
with JSON: ``{"from", "to", "text"}`` for an answer, or ``{"reference" or "id", "state", "at"}`` for a report, where
``state`` is accepted, delivered or failed, and a failed one may say ``"permanent": true`` and ``"to"``. It signs with
the secret that it shares with us::

    X-Attune-Timestamp: seconds since 1970
    X-Attune-Signature: hex of HMAC-SHA256(secret, timestamp + "." + body)

An answer of ours to somebody stands in our response, ``{"reply": "..."}``: the gateway sends it. So it needs no
number on our side, and a call that is repeated gets the same response. Numbers are looked at here and forgotten;
what is kept of one that said STOP is a keyed hash.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from practice import clock, dispatch, fates, stop_words, suppression, tenancy
from practice.fates import Event
from practice.models import Message, Provider, Suppression
from practice.stop_words import Wish

log = logging.getLogger(__name__)

SMS = Message.Channel.SMS.value
#: How far a call's clock may be from ours, and how long a call is remembered.
WINDOW = datetime.timedelta(minutes=5)
#: Somebody who asks for help again and again is a machine.
HELP_AGAIN = datetime.timedelta(hours=12)
LONGEST_TEXT = 1600

EVENTS = {"accepted": Event.ACCEPTED, "delivered": Event.DELIVERED, "failed": Event.RETURNED}


class NotSigned(Exception):
    """The call does not come from the gateway, or is too old, or there is no such gateway."""


@dataclass(frozen=True)
class Gateway:
    """Who calls: a gateway, its sender, and whose messages it carries (None: every practice's)."""

    key: str
    sender: str
    secret: str
    practice_id: uuid.UUID | None = None


def gateway_of(provider_id: uuid.UUID | None) -> Gateway:
    """Return the gateway behind an address; raise :class:`NotSigned` where there is none that signs."""
    found = _own(provider_id) if provider_id else _installations()
    if found is None or not found.secret:
        raise NotSigned
    return found


def _installations() -> Gateway:
    return Gateway(SMS, settings.ATTUNE_SMS_FROM, settings.ATTUNE_SMS_SECRET)


def _own(provider_id: uuid.UUID) -> Gateway | None:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        known = Provider.objects.filter(pk=provider_id, ended_at=None).values_list("practice_id", flat=True).first()
    if known is None:
        return None
    with tenancy.acting(tenancy.as_system(known)):
        provider = Provider.objects.get(pk=provider_id)
        secret = json.loads(provider.access or "{}").get("secret", "")
    if provider.channel != SMS:
        return None
    return Gateway(str(provider_id), provider.sender, str(secret), known)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what a gateway writes under a call."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def check(gateway: Gateway, timestamp: str, signed: str, body: bytes) -> None:
    """Raise :class:`NotSigned` unless the gateway itself has signed this call within the last minutes."""
    expected = signature(gateway.secret, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signed.strip().lower().encode("utf-8", "replace")):
        raise NotSigned
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise NotSigned
    if abs(clock.now().timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise NotSigned


def take_in(gateway: Gateway, signed: str, body: bytes) -> dict[str, str]:
    """Do what a signed call asks for and return our response; a repeated call gets the same one and does nothing."""
    known = f"texts:{hashlib.sha256(f'{gateway.key}:{signed}'.encode()).hexdigest()}"
    before: dict[str, str] | None = cache.get(known)
    if before is not None:
        return before
    said = _said(body)
    response = _answered(gateway, said) if "text" in said else _reported(gateway, said)
    cache.set(known, response, 2 * WINDOW.total_seconds())
    return response


def _said(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


# ── somebody answered ────────────────────────────────────────────────────────


def _answered(gateway: Gateway, said: dict[str, Any]) -> dict[str, str]:
    number = number_of(said.get("from"))
    heard = stop_words.heard(str(said.get("text") or "")[:LONGEST_TEXT])
    if not number or heard is None:
        return {}
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        reply = _obeyed(gateway, number, heard.wish)
    if not reply:
        return {}
    with translation.override(heard.language):
        return {"reply": _words(reply)}


def _obeyed(gateway: Gateway, number: str, wish: Wish) -> Wish | None:
    """Do what was wished for; return what to answer to, None for silence."""
    if wish is Wish.STOP:
        return wish if _stop(gateway.sender, number) else None
    if wish is Wish.START:
        return wish if suppression.lift(SMS, gateway.sender, number) else None
    if suppression.suppressed(SMS, gateway.sender, {number}):
        return None
    asked = f"texts:help:{suppression.hash_of(SMS, gateway.sender + number)}"
    return wish if cache.add(asked, 1, HELP_AGAIN.total_seconds()) else None


def _stop(sender: str, number: str) -> bool:
    """Silence a number; tell whether it had not said so before."""
    before = suppression.reasons(SMS, sender, {number}).get(number)
    if before == Suppression.Reason.STOP:
        return False
    if before is not None:
        # It was silent because texts came back. From now on it is silent because somebody wants it to be.
        suppression.lift(SMS, sender, number)
    return suppression.suppress(SMS, sender, number, Suppression.Reason.STOP)


def _words(wish: Wish) -> str:
    if wish is Wish.STOP:
        return _("You will get no more text messages from us. Reply START if you want them again.")
    if wish is Wish.START:
        return _("You will get text messages from us again. Reply STOP to end them.")
    return _("These are short notes that you asked for. Reply STOP to end them.")


def number_of(said: Any) -> str:
    """Return a number in its international form, as it is kept here; '' for what is none."""
    text = str(said or "").strip()
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    digits = digits.removeprefix("00")
    return f"+{digits}" if 7 <= len(digits) <= 15 else ""


def is_stopped(number: str, sender: str) -> bool:
    """Tell whether a number has said STOP to a sender, for a page that is about to write to it."""
    return suppression.reasons(SMS, sender, {number_of(number)}).get(number_of(number)) == Suppression.Reason.STOP


# ── something became of a message ────────────────────────────────────────────


def _reported(gateway: Gateway, said: dict[str, Any]) -> dict[str, str]:
    event = EVENTS.get(str(said.get("state")))
    if event is None:
        return {}
    number = number_of(said.get("to"))
    if event == Event.RETURNED and said.get("permanent") is True:
        event = Event.BOUNCED
    found = _message_of(gateway, said)
    if found is not None:
        at = _moment(said.get("at"))
        fates.happened(*found, event, at, provider=gateway.key, sender=gateway.sender, address=number)
    elif event == Event.BOUNCED and number:
        with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
            suppression.suppress(SMS, gateway.sender, number, Suppression.Reason.BOUNCE)
    return {}


def _message_of(gateway: Gateway, said: dict[str, Any]) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Return practice and id of the message that a report is about: one that this gateway carried, or None."""
    try:
        named = uuid.UUID(hex=str(said["reference"])) if said.get("reference") else None
    except ValueError:
        return None
    if gateway.practice_id is not None:
        with tenancy.acting(tenancy.as_system(gateway.practice_id)):
            which = {"pk": named} if named else {"provider_id": str(said.get("id") or "-")[:120]}
            carried = Message.objects.filter(channel=SMS, provider=gateway.key, **which)
            found = list(carried.values_list("pk", flat=True)[:2])
        # A gateway that gives one id to several messages says nothing about any of them.
        return (gateway.practice_id, found[0]) if len(found) == 1 else None
    if named is None:
        # The installation's gateway carries for all; whose message an id of its own is, only the reference tells.
        return None
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        carried = Message.objects.filter(pk=named, channel=SMS, provider=gateway.key)
        return carried.values_list("practice_id", "pk").first()


def _moment(said: Any) -> datetime.datetime:
    try:
        moment = parse_datetime(str(said or ""))
    except ValueError:
        moment = None
    now = clock.now()
    return min(moment, now) if moment is not None and moment.tzinfo else now
