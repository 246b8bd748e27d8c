"""Calling the addresses that practices registered: signed, once and again, and never into our own house.

A call is signed as `Standard Webhooks <https://www.standardwebhooks.com>`_ has it: ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature``, HMAC-SHA256 over ``id.timestamp.body`` with each secret that counts.
Each line is claimed in a transaction of its own and called outside of any (:mod:`practice.channels.wire`: public
addresses alone, one answer, no redirects, within a deadline). A worker that dies leaves a line that is called again
once its lease has run out: receivers see the same id. What became of a call is written down only where the line is
still its worker's: what was called off meanwhile stays called off.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import logging
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from practice import circuits, clock, dispatch, held, tenancy, webhooks
from practice.channels.wire import NoAnswer, NotConnected, Wire, seconds_until
from practice.clock import Now
from practice.keyring import KeyOutOfReach, SealBroken
from practice.logs import place_of
from practice.models import Webhook, WebhookDelivery

log = logging.getLogger(__name__)
State = WebhookDelivery.State

#: Longer than one call may last, looking the name up and three addresses included.
LEASE = datetime.timedelta(seconds=90)
#: For how long an event is tried.
DEAD_AFTER = datetime.timedelta(days=1)
#: How long an address may fail before it is switched off.
OFF_AFTER = datetime.timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 4 * 3600.0
#: For how long one run works.
SECONDS = 45.0
GONE = 410
UNREADABLE = "its secret can not be read"


@dataclass(frozen=True)
class Call:
    """What one call needs, read in the transaction that claimed it."""

    practice_id: uuid.UUID
    delivery_id: uuid.UUID
    worker: str
    address: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Ended:
    """How a call ended: with a status, or the reason why there is none.

    ``after``: the seconds for which the other side asked to be left alone.
    """

    status: int | None
    reason: str
    after: float = 0

    @property
    def went_well(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def deliver(seconds: float = SECONDS) -> Counter[str]:
    """Make the calls that are due, in all practices. Any number of these may run at once."""
    until, tally = time.monotonic() + seconds, Counter[str]()
    waiting = dispatch.practices_with_calls()
    # In turns of one call: a practice whose other side is slow holds up nobody else for longer than that.
    while waiting and time.monotonic() < until:
        for practice_id in list(waiting):
            if time.monotonic() >= until:
                break
            try:
                state = _one_of(practice_id)
            except Exception as error:
                log.error("Calls of practice %s wait for the next run: %s", practice_id, place_of(error))
                state = ""
            if state:
                tally[state] += 1
            else:
                waiting.remove(practice_id)
    return tally


def _one_of(practice_id: uuid.UUID) -> str:
    """Make one call of a practice; return what became of the line, empty where none is due."""
    claimed = _claim(practice_id)
    if isinstance(claimed, str):
        return claimed
    return _settle(claimed, call(claimed))


# ── claiming ─────────────────────────────────────────────────────────────────


def _claim(practice_id: uuid.UUID) -> Call | str:
    with tenancy.acting(tenancy.as_system(practice_id)):
        standing = held.at_hand_off(practice_id)
        now = clock.now()
        delivery = _next_due()
        if delivery is None:
            return ""
        if standing.is_held or (standing.released_at is not None and delivery.happened_at < standing.released_at):
            return _over(delivery, State.DROPPED, held.REASON, now)
        if delivery.happened_at + DEAD_AFTER <= now:
            return _over(delivery, State.GIVEN_UP, delivery.reason or "a day has passed", now)
        try:
            return _begun(delivery, now)
        except KeyOutOfReach:
            raise  # nothing is lost: the key comes back, and the line waits for it
        except (SealBroken, ValueError):
            return _never_again(delivery, now)


def _next_due() -> WebhookDelivery | None:
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    # Rests are looked at with the address held, so that one that failed is tried by one worker at a time.
    rested = Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=Now())
    usable = Q(webhook__off_at=None) | Q(event=webhooks.TEST)
    rows = WebhookDelivery.objects.filter(free, rested, usable, state=State.WAITING, next_at__lte=Now())
    rows = rows.select_related("webhook").select_for_update(of=("self", "webhook"), skip_locked=True)
    return rows.order_by("next_at", "pk").first()


def _over(delivery: WebhookDelivery, state: State, reason: str, now: datetime.datetime) -> str:
    delivery.state, delivery.reason, delivery.finished_at = state, reason[:60], now
    delivery.worker, delivery.lease_until = "", None
    delivery.save(update_fields=["state", "reason", "finished_at", "worker", "lease_until"])
    return str(state)


def _begun(delivery: WebhookDelivery, now: datetime.datetime) -> Call:
    hook, body = delivery.webhook, body_of(delivery)
    # Opened before anything is written down: a line whose secret can not be read was not called.
    address = str(hook.address)
    headers = signed(body, str(delivery.event_id), now, _secrets_of(hook, now))
    delivery.attempts += 1
    delivery.worker, delivery.lease_until, delivery.last_at = str(uuid.uuid4()), now + LEASE, now
    delivery.save(update_fields=["attempts", "worker", "lease_until", "last_at"])
    if hook.failures:
        hook.rests_until = now + LEASE
        hook.save(update_fields=["rests_until"])
    return Call(
        practice_id=tenancy.current_practice_id(),
        delivery_id=delivery.pk,
        worker=delivery.worker,
        address=address,
        body=body,
        headers=headers,
    )


def _never_again(delivery: WebhookDelivery, now: datetime.datetime) -> str:
    """Its address or secret does not open: no later run can do better, so it is switched off and the owners told."""
    if delivery.webhook.off_at is None:
        webhooks.switch_off(delivery.webhook)
    return _over(delivery, State.DROPPED, UNREADABLE, now)


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return what is sent: ids and a time, and where the API says more to whoever may read it."""
    event = webhooks.event_of(delivery.event)
    said = {
        "id": str(delivery.event_id),
        "type": delivery.event,
        "time": delivery.happened_at.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        "practice": str(delivery.practice_id),
        "resources": delivery.about,
        "api": event.address(delivery.about) or None,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def _secrets_of(hook: Webhook, now: datetime.datetime) -> list[str]:
    former = [str(hook.former_secret)] if hook.former_until and hook.former_until > now else []
    return [str(hook.secret), *former]


def signed(body: bytes, event_id: str, at: datetime.datetime, secrets: list[str]) -> dict[str, str]:
    """Return the headers of a call: one signature for each secret, the newest first."""
    stamp = str(int(at.timestamp()))
    what = f"{event_id}.{stamp}.".encode() + body
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(webhooks.PREFIX))
        signatures.append("v1," + base64.b64encode(hmac.new(key, what, hashlib.sha256).digest()).decode())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Attune",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


# ── calling ──────────────────────────────────────────────────────────────────


def call(one: Call) -> Ended:
    """Call once, outside of any transaction. No answer's words are read, and none are kept."""
    if not one.address.startswith("https://") and not settings.ATTUNE_LOCAL_PROVIDERS:
        return Ended(None, "not an https address")
    try:
        answer = Wire().post(one.address, one.body, one.headers)
    except NotConnected as error:
        return Ended(None, f"not connected: {error}")
    except NoAnswer as error:
        return Ended(None, f"no answer: {error}")
    return Ended(answer.status_code, "", seconds_until(answer.headers.get("Retry-After")))


# ── afterwards ───────────────────────────────────────────────────────────────


def _settle(one: Call, ended: Ended) -> str:
    with tenancy.acting(tenancy.as_system(one.practice_id)):
        rows = WebhookDelivery.objects.select_related("webhook").select_for_update(of=("self", "webhook"))
        delivery = rows.filter(pk=one.delivery_id, worker=one.worker, state=State.WAITING).first()
        if delivery is None:  # called off meanwhile, or taken for dead: then it is somebody else's
            return "lost"
        now, hook = clock.now(), delivery.webhook
        delivery.status = ended.status
        delivery.save(update_fields=["status"])
        if ended.went_well:
            hook.failures, hook.failing_since, hook.rests_until = 0, None, None
            hook.save(update_fields=["failures", "failing_since", "rests_until"])
            return _over(delivery, State.DELIVERED, "", now)
        _failed(hook, ended, now)
        state = _again_or_never(delivery, ended, now)
        if hook.off_at is None and (ended.status == GONE or _for_long(hook, now)):
            webhooks.switch_off(hook)
        return state


def _failed(hook: Webhook, ended: Ended, now: datetime.datetime) -> None:
    hook.failures = min(hook.failures + 1, 1000)
    hook.failing_since = hook.failing_since or now
    hook.rests_until = now + circuits.rest_after(hook.failures, ended.after)
    hook.save(update_fields=["failures", "failing_since", "rests_until"])


def _for_long(hook: Webhook, now: datetime.datetime) -> bool:
    return hook.failing_since is not None and hook.failing_since + OFF_AFTER <= now


def _again_or_never(delivery: WebhookDelivery, ended: Ended, now: datetime.datetime) -> str:
    again = now + pause_after(delivery.attempts)
    if delivery.event == webhooks.TEST or again >= delivery.happened_at + DEAD_AFTER:
        return _over(delivery, State.GIVEN_UP, ended.reason, now)
    delivery.next_at, delivery.reason = again, ended.reason[:60]
    delivery.worker, delivery.lease_until = "", None
    delivery.save(update_fields=["next_at", "reason", "worker", "lease_until"])
    return str(State.WAITING)


def pause_after(attempts: int) -> datetime.timedelta:
    """Return how long an event waits after so many calls: half a minute, then twice as long each time."""
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 12))
    return datetime.timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311 no secret
