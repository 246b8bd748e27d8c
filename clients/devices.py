"""The browsers in which people switched notifications on, and what happens when one of them is gone.

A browser belongs to one person at a time: who switches notifications on there ends whoever did so before, and
signing out switches them off. Nobody's notice may appear on a phone that somebody else uses now.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest

from clients import reach
from clients.models import Client, PushDevice, Reach
from clients.signals import contact_changed
from practice import clock, outbox, tenancy, vault
from practice.channels import push
from practice.channels.base import Device
from practice.models import Message
from practice.signals import device_gone

PUSH, EMAIL, SMS = Message.Channel.PUSH.value, Message.Channel.EMAIL.value, Message.Channel.SMS.value
#: More browsers than one person has; the oldest one makes room.
MOST = 5
#: Which device a session sits at: it is let go when the session ends.
OF_SESSION = "device"


class NoDevice(ValueError):
    """What a browser sent is no subscription at a push service that we know."""


def hash_of(endpoint: str) -> str:
    """Return what an endpoint is known by. Nobody without the installation's key can make it."""
    return hashlib.blake2b(endpoint.encode(), key=vault.secret_for("devices"), digest_size=32).hexdigest()


def subscription_of(said: Any) -> tuple[str, str]:
    """Return endpoint and JSON of what a browser's own script sent; raise :class:`NoDevice`."""
    try:
        endpoint, keys = said["endpoint"], said["keys"]
        point, secret = _bytes(keys["p256dh"]), _bytes(keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise NoDevice from None
    if not push.allowed(endpoint) or len(secret) != 16:
        raise NoDevice
    return endpoint, json.dumps({"endpoint": endpoint, "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}})


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def of(person: Client) -> QuerySet[PushDevice]:
    """Return the browsers that a person has switched on, the newest first."""
    return PushDevice.objects.filter(client=person, ended_at=None).order_by("-made_at", "-pk")


def for_people(people: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[Device, ...]]:
    """Return where notifications of each person go, for their letters."""
    found: dict[uuid.UUID, tuple[Device, ...]] = defaultdict(tuple)
    for one in PushDevice.objects.filter(client_id__in=people, ended_at=None).order_by("made_at", "pk"):
        found[one.client_id] += (Device(one.pk, one.subscription),)
    return found


def switch_on(person: Client, said: Any) -> PushDevice:
    """Let notifications reach the browser that sent this, and nobody else's through it."""
    endpoint, subscription = subscription_of(said)
    first = not of(person).exists()
    with transaction.atomic():
        _let_go(endpoint, but=None)
        device = PushDevice.objects.create(
            client=person, subscription=subscription, endpoint_hash=hash_of(endpoint), reached_at=None
        )
        too_many = list(of(person).values_list("pk", flat=True)[MOST:])
        PushDevice.objects.filter(pk__in=too_many).update(ended_at=clock.now())
        if first:
            for topic in Reach.Topic.values:
                reach.choose(person, PUSH, topic)
            contact_changed.send(sender=Client, client=person)
    return device


def is_here(person: Client, endpoint: str) -> PushDevice | None:
    """Return this person's device behind an endpoint. Anybody else's there ends: the browser is this person's now."""
    _let_go(endpoint, but=person)
    return of(person).filter(endpoint_hash=hash_of(endpoint)).first()


def _let_go(endpoint: str, *, but: Client | None) -> None:
    """End whoever has an endpoint, except for one person."""
    with tenancy.elevated():
        there = PushDevice.objects.filter(endpoint_hash=hash_of(endpoint), ended_at=None)
        for device in there.exclude(client=but) if but else there:
            end(device, by=Reach.Ended.YOU)


def end(device: PushDevice, *, by: str) -> bool:
    """Let a device go; tell whether it was there. With the last one, notifications are no longer chosen."""
    gone = PushDevice.objects.filter(pk=device.pk, ended_at=None).update(ended_at=clock.now())
    if gone and not PushDevice.objects.filter(client_id=device.client_id, ended_at=None).exists():
        reach.stop(device.client, by=by, channel=PUSH)
    return gone == 1


def were_lost(person: Client) -> bool:
    """Tell whether notifications ended because no browser took them any more, and not by the person's wish."""
    last = Reach.objects.filter(client=person, channel=PUSH).order_by("-since", "-pk").first()
    return last is not None and last.ended_by == Reach.Ended.BOUNCED


# ── what happens elsewhere ───────────────────────────────────────────────────


@receiver(device_gone)
def _device_gone(sender: object, device_id: uuid.UUID, message: Message, **kwargs: Any) -> None:
    device = PushDevice.objects.filter(pk=device_id).first()
    if device is None:
        return
    end(device, by=Reach.Ended.BOUNCED)
    if not PushDevice.objects.filter(client_id=device.client_id, ended_at=None).exists():
        fall_back(message)


def fall_back(message: Message) -> Message | None:
    """Plan by mail what no browser took, unless another channel says it, or the person wants no mail.

    Whether mail is wanted for just this is asked again when it leaves, as of every message.
    """
    wanted = Reach.objects.filter(client_id=message.person_id, channel=EMAIL, ended_at=None)
    others = Message.objects.filter(
        person_id=message.person_id, occasion=message.occasion, channel__in=[EMAIL, SMS]
    ).exclude(state__in=[Message.State.SKIPPED, Message.State.CANCELLED, Message.State.DEAD])
    now = clock.now()
    fresh_for = message.fresh_until - now
    if not wanted.exists() or others.exists() or fresh_for <= datetime.timedelta(0):
        return None
    copy = outbox.draft(
        message.kind,
        person_id=message.person_id,
        about_id=message.about_id,
        couple_id=message.couple_id,
        occasion=message.occasion,
        due_at=now,
        fresh_for=fresh_for,
        channel=EMAIL,
        step=message.step,
    )
    return next(iter(outbox.add([copy])), None)


def remember(request: HttpRequest, device: PushDevice) -> None:
    """Let a session know at which device it sits."""
    request.session[OF_SESSION] = [str(device.practice_id), str(device.pk)]


@receiver(user_logged_out)
def _signed_out(sender: object, request: HttpRequest | None, **kwargs: Any) -> None:
    """Switch notifications off where somebody signs out: whoever takes the phone next is somebody else."""
    sits_at = request.session.get(OF_SESSION) if request is not None and hasattr(request, "session") else None
    if not sits_at:
        return
    practice_id, device_id = (uuid.UUID(one) for one in sits_at)
    bound = tenancy.current()
    if bound is not None and bound.practice_id != practice_id:
        return
    with tenancy.acting(tenancy.as_system(practice_id)):
        device = PushDevice.objects.filter(pk=device_id, ended_at=None).first()
        if device is not None:
            end(device, by=Reach.Ended.YOU)
