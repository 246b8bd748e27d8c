"""Proving that a number or address is one's own: a code goes there, and whoever reads it types it in.

What happens before the code is typed in is the same for every number: whether somebody else has it, whether it said
STOP, whether it exists, nobody learns here. A number that another partner of the couple has gets no code. The code is
nowhere kept: it follows from the row and the installation's key, as long as it is good for anything.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac

import phonenumbers
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from clients import kinds, letters, reach
from clients.models import AddressProof, Client, Contact, Partner
from clients.signals import contact_changed
from practice import clock, outbox, pace, providers, suppression, tenancy, vault
from practice.channels.base import Letter
from practice.models import Message, Practice

KIND = "proof"
DIGITS = 6
GOOD_FOR = datetime.timedelta(minutes=10)
TRIES = 5
#: Codes that one person may ask for in an hour, and that one number may be sent in a day, whoever asks.
AN_HOUR, A_DAY = 3, 6
HOUR = datetime.timedelta(hours=1)
#: How long the row of a code stays: as long as it is counted, and a little more.
KEPT = datetime.timedelta(days=1)
#: What a code lifts. Only the number itself takes back its STOP, by saying START.
MENDS = frozenset({suppression.Reason.BOUNCE.value, suppression.Reason.COMPLAINT.value})

MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


class TooMany(Exception):
    """Enough codes for now."""


class NotUsable(Exception):
    """This number or address cannot be used here, and nobody is told why."""


def number_of(text: str, country: str) -> str:
    """Return a mobile number in its international form; raise ValueError for what is none."""
    try:
        parsed = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise ValueError("no number") from None
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in MOBILE:
        raise ValueError("no mobile number")
    served = settings.ATTUNE_SMS_COUNTRIES
    if served and phonenumbers.region_code_for_number(parsed) not in served:
        raise ValueError("a country that no text is sent to")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def spelled(number: str) -> str:
    """Return a number as people write it."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


# ── asking ───────────────────────────────────────────────────────────────────


@transaction.atomic
def begin(client: Client, channel: str, address: str) -> AddressProof:
    """Send a code to an address; one sent before is dead. Raise :class:`TooMany` when it was asked for too often."""
    Contact.objects.select_for_update(no_key=True).get(client=client)
    now = clock.now()
    if AddressProof.objects.filter(client=client, made_at__gt=now - HOUR).count() >= AN_HOUR:
        raise TooMany
    AddressProof.objects.filter(client=client, used_at=None).update(tries=TRIES)
    with tenancy.elevated():
        AddressProof.objects.filter(client=client, made_at__lt=now - KEPT).delete()
    proof = AddressProof(client=client, channel=channel, address=address, made_at=now)
    proof.code_hash = _hash(proof, code_of(proof))
    proof.save()
    if not _enough_today(channel, address):
        _plan(proof, now)
    return proof


def _enough_today(channel: str, address: str) -> bool:
    """Whether an address was sent codes enough, whoever asked for them: nobody is pestered by way of us."""
    with tenancy.elevated():
        key = f"proof:{suppression.hash_of(channel, address)[:40]}"
        granted, _again = pace.take(key, 1, limit=A_DAY, window=pace.DAY)
    return not granted


def _plan(proof: AddressProof, now: datetime.datetime) -> None:
    outbox.plan(
        KIND,
        person_id=proof.client_id,
        about_id=proof.pk,
        couple_id=None,
        occasion=f"proof:{proof.pk}",
        due_at=now,
        fresh_for=GOOD_FOR,
        channel=proof.channel,
    )


def waiting(client: Client) -> AddressProof | None:
    """Return the proof whose code can still be typed in."""
    rows = AddressProof.objects.filter(client=client, used_at=None, tries__lt=TRIES, made_at__gt=clock.now() - GOOD_FOR)
    return rows.order_by("-made_at").first()


# ── answering ────────────────────────────────────────────────────────────────


@transaction.atomic
def confirm(client: Client, typed: str) -> AddressProof | None:
    """Take a code: return the proof that it completes, or None for a wrong one, which is counted.

    Raise :class:`NotUsable` when the right code was typed and the number is somebody else's by now.
    """
    contact = Contact.objects.select_for_update(no_key=True).get(client=client)
    proof = waiting(client)
    if proof is None:
        return None
    proof.tries += 1
    right = hmac.compare_digest(proof.code_hash, _hash(proof, "".join(one for one in typed if one.isdigit())))
    proof.used_at = clock.now() if right else None
    proof.save(update_fields=["tries", "used_at"])
    if not right:
        return None
    if is_taken(client, proof.channel, proof.address):
        raise NotUsable
    if proof.channel == Message.Channel.SMS:
        contact.phone = proof.address
    contact.confirmed_at = clock.now()
    contact.save(update_fields=["phone", "confirmed_at"])
    _lift(proof)
    contact_changed.send(sender=Client, client=client)
    return proof


@transaction.atomic
def forget_number(client: Client) -> None:
    """Forget a person's number, and with it everything that would go there."""
    contact = Contact.objects.select_for_update(no_key=True).get(client=client)
    contact.phone, contact.confirmed_at = "", clock.now()
    contact.save(update_fields=["phone", "confirmed_at"])
    reach.stop(client, by=reach.Reach.Ended.YOU, channel=Message.Channel.SMS)


def is_taken(client: Client, channel: str, address: str) -> bool:
    """Tell whether another partner of the same couple, present or former, is reached at this number."""
    if channel != Message.Channel.SMS:
        return False
    with tenancy.elevated():
        couples = Partner.objects.filter(client=client).values("couple_id")
        others = Partner.objects.filter(couple_id__in=couples).exclude(client=client).values("client_id")
        return any(one.phone == address for one in Contact.objects.filter(client_id__in=others))


def _lift(proof: AddressProof) -> None:
    """End the silence that a proof mends, for every sender of this practice."""
    with tenancy.elevated():
        for route in providers.routes().get(proof.channel, []):
            reason = suppression.reasons(proof.channel, route.sender, [proof.address]).get(proof.address)
            if reason in MENDS:
                suppression.lift(proof.channel, route.sender, proof.address)


# ── the code ─────────────────────────────────────────────────────────────────


def code_of(proof: AddressProof) -> str:
    """Return the code of a proof: it follows from the row's own random id."""
    made = hmac.new(vault.secret_for("address proof"), proof.pk.bytes, hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8]) % 10**DIGITS:0{DIGITS}d}"


def _hash(proof: AddressProof, code: str) -> str:
    key = vault.secret_for("address proof hash")
    return hashlib.blake2b(proof.pk.bytes + code.encode(), key=key, digest_size=32).hexdigest()


class Proof(outbox.Handler):
    """The message with the code: at once, whatever the hour, because its reader has just asked for it."""

    despite = MENDS
    passes_holds = True

    def wanted(self, message: Message) -> str:
        proof = AddressProof.objects.filter(pk=message.about_id).select_related("client").first()
        if proof is None or proof.used_at or proof.tries >= TRIES:
            return "no longer asked for"
        if is_taken(proof.client, proof.channel, proof.address):
            return "cannot be used"
        return ""

    def compose(self, message: Message) -> Letter:
        proof = AddressProof.objects.select_related("client").get(pk=message.about_id)
        contact = Contact.objects.get(client=proof.client)
        practice = Practice.objects.values_list("language", flat=True).first() or ""
        language = letters.language_for(contact.language, practice)
        with translation.override(language):
            words = _("Your code: %(code)s") % {"code": code_of(proof)}
        return Letter(words, f"{words}\n", short=words, to_address=proof.address)


outbox.register(KIND, Proof())
kinds.register(kinds.Kind(KIND, listed=False))

__all__ = ["NotUsable", "TooMany", "begin", "confirm", "forget_number", "number_of", "spelled", "waiting"]
