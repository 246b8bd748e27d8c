"""Webhooks: other systems of a practice are told that something happened, and nothing of what.

An app says which events it has (:func:`register`) and tells of one inside the transaction in which it happens
(:func:`tell`): what is rolled back was never told, and what is committed is told, if late. :mod:`practice.calling_out`
makes the calls. An event holds ids and a time; whoever wants more asks the API, as somebody, with that person's rights.

Which partner did something is never in one. What one partner has alone, an app does not tell of at all.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practice import clock, dispatch, envelopes, outbox, roles, tenancy, vault
from practice.clock import Now
from practice.keyring import KeyOutOfReach, SealBroken
from practice.models import Membership, Message, Webhook, WebhookDelivery
from practice.written import Written

State = WebhookDelivery.State

#: What a secret begins with, so that scanners for secrets know one; receivers' libraries know it, too.
PREFIX = "whsec_"
SECRET_BYTES = 32
#: For how long calls are signed with the former secret as well.
BOTH_FOR = datetime.timedelta(hours=24)
#: Addresses of one practice.
MOST = 10
#: For how long a form that is sent twice is a double click.
JUST_MADE = datetime.timedelta(minutes=10)
#: Lines of the log on a page, and for how long it is kept.
SHOWN = 50
KEPT_FOR = datetime.timedelta(days=30)
#: Events are known by what they are about: told twice, it is the same one.
NAMES = uuid.UUID("6b9e6b64-6a0c-4c0d-9f0a-2f6d1d1f9a58")
TEST = "test"
KIND = "webhook_off"
FRESH_FOR = datetime.timedelta(days=3)


class TooMany(Exception):
    """The practice has as many addresses as it may have."""


@dataclass(frozen=True)
class Event:
    """One kind of event. ``door`` is the API's address where more is read, ``named`` the ids in its path."""

    name: str
    words: Promise | str
    door: str = ""
    named: tuple[str, ...] = ()

    def address(self, about: dict[str, str]) -> str:
        """Return where the API says more, empty where there is nothing more."""
        if not self.door:
            return ""
        return settings.ATTUNE_URL + reverse(self.door, kwargs={name: about[name] for name in self.named})


_events: dict[str, Event] = {TEST: Event(TEST, _("A test"))}


def register(name: str, words: Promise | str, *, door: str, named: tuple[str, ...] = ()) -> None:
    """Say that there is an event; called once when an app is loaded."""
    _events[name] = Event(name, words, door, named)


def events() -> list[Event]:
    """Return the events that somebody can choose, by name."""
    return sorted((one for one in _events.values() if one.name != TEST), key=lambda one: one.name)


def event_of(name: str) -> Event:
    """Return an event; raise :class:`LookupError` where there is none of this name."""
    return _events[name]


# ── telling ──────────────────────────────────────────────────────────────────


def are_wanted(name: str) -> bool:
    """Tell whether the bound practice has an address that is told of such events."""
    with _as_attune():
        return _TOLD.first(event=name) is not None


def tell(name: str, *, occasion: str, about: dict[str, uuid.UUID], couple_id: uuid.UUID | None = None) -> int:
    """Tell of an event of the bound practice in the running transaction; return how many addresses are told.

    The same ``occasion`` is told of once. ``about`` holds ids and nothing else. Erasing somebody of the couple with
    ``couple_id`` calls off what has not left.
    """
    event = event_of(name)
    if not all(isinstance(one, uuid.UUID) for one in about.values()) or not set(event.named) <= set(about):
        raise ValueError(f"{name} is about ids, among them those of its address.")
    with _as_attune():
        hooks = list(_told_of(name).only("pk"))
        return _plan(event, hooks, occasion, about, couple_id) if hooks else 0


def _as_attune() -> AbstractContextManager[Any]:
    # Most of what is told happens as Attune itself already: then it costs one question, and no more.
    asker = tenancy.current()
    return nullcontext() if asker is not None and asker.role == roles.SYSTEM else tenancy.elevated()


def _told_of(name: str) -> QuerySet[Webhook]:
    return Webhook.objects.filter(events__contains=[name], paused_at=None, off_at=None).order_by("pk")


_TOLD: Written[uuid.UUID] = Written(lambda event: _told_of(event).values_list("pk", flat=True)[:1], event=str)


def _plan(
    event: Event,
    hooks: Sequence[Webhook],
    occasion: str,
    about: dict[str, uuid.UUID],
    couple_id: uuid.UUID | None,
) -> int:
    now = clock.now()
    event_id = uuid.uuid5(NAMES, f"{tenancy.current_practice_id()} {event.name} {occasion}")
    rows = [
        WebhookDelivery(
            webhook=hook,
            event_id=event_id,
            event=event.name,
            happened_at=now,
            about={key: str(one) for key, one in about.items()},
            couple_id=couple_id,
            next_at=now,
        )
        for hook in hooks
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def forget_couples(couples: Collection[uuid.UUID]) -> int:
    """Call off what has not left about these couples, and keep no ids of them; return how many lines that were.

    A call that is being made changes nothing of that when it ends.
    """
    with tenancy.elevated():
        rows = WebhookDelivery.objects.filter(couple_id__in=list(couples))
        _drop(rows, "erased")
        return rows.update(about={}, couple_id=None)


def _drop(rows: QuerySet[WebhookDelivery], reason: str) -> int:
    found = rows.filter(state=State.WAITING)
    return found.update(state=State.DROPPED, reason=reason, finished_at=Now(), worker="", lease_until=None)


# ── what owners do ───────────────────────────────────────────────────────────


def all_of_practice() -> list[Webhook]:
    """Return the addresses of the bound practice, the oldest first."""
    with tenancy.elevated():
        return [opened(one) for one in Webhook.objects.select_related("made_by").order_by("pk")]


def one_of(pk: uuid.UUID, *, lock: bool = False) -> Webhook:
    """Return one address, held for the rest of the transaction if asked; raise :class:`Webhook.DoesNotExist`."""
    with tenancy.elevated():
        rows = Webhook.objects.select_related("made_by")
        return opened((rows.select_for_update(of=("self",)) if lock else rows).get(pk=pk))


def opened(hook: Webhook) -> Webhook:
    """Return it with its address opened; empty, and so marked, where it or the secret does not open any more.

    Needs Attune itself, like all that is sealed here.
    """
    hook.is_readable = bool(_read(hook, "address")) and bool(_read(hook, "secret"))
    if hook.made_by is not None:
        str(hook.made_by.name)
    return hook


def _read(hook: Webhook, name: str) -> str:
    """Return what is sealed, empty where it does not open: an owner can still replace or delete it."""
    try:
        return str(getattr(hook, name))
    except KeyOutOfReach:
        raise
    except (SealBroken, ValueError):
        setattr(hook, name, "")
        return ""


def new_draft() -> str:
    """Return what a form for a new address carries. The secret comes from it and from this installation's key."""
    return secrets.token_urlsafe(SECRET_BYTES)


def add(*, address: str, events: Sequence[str], by: Membership | None = None, draft: str = "") -> tuple[Webhook, str]:
    """Register an address; return it and its secret, which is shown only now. Raises :class:`TooMany`.

    A form that is sent twice makes one, and a double click is answered alike. Sent again later, or after somebody made
    a new secret, it is answered without one: '' instead.
    """
    draft = draft or new_draft()
    known_by = hashlib.sha256(draft.encode()).hexdigest()
    secret = _secret_of(draft)
    with tenancy.elevated():
        _one_at_a_time()
        hook = Webhook.objects.filter(draft=known_by).first()
        if hook is None:
            if Webhook.objects.count() >= MOST:
                raise TooMany
            hook = Webhook.objects.create(
                address=address, events=sorted(set(events)), secret=secret, draft=known_by, made_by=by
            )
        is_its = _read(hook, "secret") == secret and clock.now() - hook.made_at < JUST_MADE
        return opened(hook), secret if is_its else ""


def change(hook: Webhook, *, address: str, events: Sequence[str]) -> None:
    """Set where and of what it is told. What waits goes to the new address; trouble with the old one is forgotten."""
    with tenancy.elevated():
        held = Webhook.objects.select_for_update().get(pk=hook.pk)
        moved = _read(held, "address") != address
        held.address, held.events = address, sorted(set(events))
        if moved:
            held.failures, held.failing_since, held.rests_until = 0, None, None
        held.save(update_fields=["address", "events", "failures", "failing_since", "rests_until"])


def renew(hook: Webhook) -> str:
    """Make a new secret and return it; calls are signed with the former one as well for :data:`BOTH_FOR`."""
    with tenancy.elevated():
        held = Webhook.objects.select_for_update().get(pk=hook.pk)
        held.former_secret = _read(held, "secret")
        held.former_until = clock.now() + BOTH_FOR if held.former_secret else None
        held.secret = _secret_of(new_draft())
        held.save(update_fields=["secret", "former_secret", "former_until"])
        return str(held.secret)


def pause(hook: Webhook) -> None:
    """Tell it of nothing any more; what waits is not sent."""
    with tenancy.elevated():
        Webhook.objects.filter(pk=hook.pk, paused_at=None).update(paused_at=Now())
        _drop(WebhookDelivery.objects.filter(webhook=hook), "paused")


def resume(hook: Webhook) -> None:
    """Tell it of what happens from now on: after a pause, or after it was switched off."""
    with tenancy.elevated():
        fresh = {"paused_at": None, "off_at": None, "failures": 0, "failing_since": None, "rests_until": None}
        Webhook.objects.filter(pk=hook.pk).update(**fresh)


def delete(hook: Webhook) -> None:
    """Forget the address, its secrets and its log."""
    with tenancy.elevated():
        WebhookDelivery.objects.filter(webhook=hook).delete()
        Webhook.objects.filter(pk=hook.pk).delete()


def test(hook: Webhook) -> None:
    """Send it a test, whether or not it is paused or off. It holds nothing but that."""
    with tenancy.elevated():
        Webhook.objects.filter(pk=hook.pk).update(rests_until=None)
        _plan(event_of(TEST), [hook], secrets.token_urlsafe(16), {}, None)


def log_of(hook: Webhook) -> list[WebhookDelivery]:
    """Return the newest lines of the log."""
    with tenancy.elevated():
        return list(WebhookDelivery.objects.filter(webhook=hook).order_by("-pk")[:SHOWN])


def forget_old() -> int:
    """Remove old lines of the log and secrets that count no more, in the bound practice, as Attune itself."""
    Webhook.objects.filter(former_until__lte=Now()).update(former_secret="", former_until=None)
    gone, _by_table = WebhookDelivery.objects.filter(finished_at__lte=clock.now() - KEPT_FOR).delete()
    return gone


def forget_old_everywhere(log: Any) -> None:
    """Do what :func:`forget_old` does, in all practices."""
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                forget_old()
        except Exception as error:
            log.error("Old calls of practice %s wait for the next run: %s", practice_id, type(error).__name__)


def _secret_of(draft: str) -> str:
    said = f"{tenancy.current_practice_id()} {draft}".encode()
    made = hmac.new(vault.secret_for("webhooks"), said, hashlib.sha256).digest()
    return PREFIX + base64.b64encode(made).decode()


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || %s, 0))",
            [str(tenancy.current_practice_id())],
        )


# ── when one fails for long ──────────────────────────────────────────────────


def switch_off(hook: Webhook) -> None:
    """Call it no more, and tell the owners. As Attune itself, in the transaction that found out."""
    hook.off_at = clock.now()
    hook.save(update_fields=["off_at"])
    _drop(WebhookDelivery.objects.filter(webhook=hook), "switched off")
    for owner in Membership.objects.filter(role=Membership.Role.OWNER, ended_at=None):
        outbox.plan(
            KIND,
            person_id=owner.pk,
            about_id=hook.pk,
            couple_id=None,
            occasion=f"webhook-off:{hook.pk}:{hook.off_at.isoformat()}",
            due_at=hook.off_at,
            fresh_for=FRESH_FOR,
        )


class SwitchedOffLetter(outbox.Handler):
    """That an address was switched off: neutral, as long as it is."""

    words = _("Letters about webhooks")

    def wanted(self, message: Message) -> str:
        off = Webhook.objects.filter(pk=message.about_id, off_at__isnull=False).exists()
        owner = Membership.objects.filter(pk=message.person_id, role=Membership.Role.OWNER, ended_at=None).exists()
        return "" if off and owner else "not needed any more"

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("webhooks"))


outbox.register(KIND, SwitchedOffLetter())
