"""What mail services report by calling us: who may, and what their words mean.

A hook is checked with a secret of its own (as HTTP basic authentication, in the address that is pasted at the
service) and with the service's signature where there is one. django-anymail reads each service's own format.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.http import HttpRequest

from practice import dispatch, fates, mail_services, providers, tenancy
from practice.fates import Event, Report
from practice.mail_services import MailService
from practice.models import Message, Provider

#: More at once than any service sends; the rest would hold rows for too long.
MOST_EVENTS = 20_000


class Forged(Exception):
    """Whoever called does not know the secret."""


class Nonsense(Exception):
    """What came is none of the service's reports."""


@dataclass(frozen=True)
class Hook:
    """A web hook: whose reports it takes, and what they must be signed with. No practice: the installation's own."""

    service: MailService
    provider: str
    sender: str
    secret: str
    practice_id: uuid.UUID | None = None
    keys: dict[str, str] = field(default_factory=dict)


def installation() -> Hook | None:
    """Return the hook of the installation's own mail service; None where it has none, or no secret for it."""
    access, secret = settings.ATTUNE_MAIL_SERVICE, settings.ATTUNE_MAIL_HOOK_SECRET
    if not access or not secret:
        return None
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return _hook(access, Message.Channel.EMAIL.value, sender, secret)


def of_provider(provider_id: uuid.UUID) -> Hook | None:
    """Return the hook of a practice's own mail service. It stays open when the service is no longer used."""
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        found = Provider.objects.filter(pk=provider_id).values_list("practice_id", flat=True).first()
    if found is None:
        return None
    with tenancy.acting(tenancy.as_system(found)):
        provider = Provider.objects.get(pk=provider_id)
        access = json.loads(provider.access or "{}")
    if provider.kind != Provider.Kind.SERVICE or not access.get("hook_secret"):
        return None
    return _hook(access, str(provider.pk), providers.silence_of(provider), access["hook_secret"], found)


def _hook(access: dict[str, Any], key: str, sender: str, secret: str, practice_id: uuid.UUID | None = None) -> Hook:
    service = mail_services.SERVICES[access["service"]]
    keys = {one: access.get(one, "") for one in service.hook_keys}
    return Hook(service, key, sender, secret, practice_id, keys)


def read(hook: Hook, request: HttpRequest) -> list[Report]:
    """Return what the service reports; raise :class:`Forged` or :class:`Nonsense`."""
    if not all(hook.keys.values()):
        raise Forged("a key is missing")
    try:
        view = hook.service.hook()(webhook_secret=hook.secret, **hook.keys)
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailWebhookValidationFailure:
        raise Forged("wrong secret or signature") from None
    except (
        ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, AnymailConfigurationError,
    ):  # fmt: skip
        raise Nonsense("not a report") from None
    return [one for event in events[:MOST_EVENTS] if (one := _report(event, hook.service))]


def take(hook: Hook, reports: list[Report]) -> int:
    """Apply the reports to the messages they are about; return how many changed something."""
    return sum(
        fates.apply(practice_id, those, provider=hook.provider, sender=hook.sender)
        for practice_id, those in _by_practice(hook, reports)
    )


def _by_practice(hook: Hook, reports: list[Report]) -> Iterator[tuple[uuid.UUID, list[Report]]]:
    if hook.practice_id is not None:
        yield hook.practice_id, reports
        return
    ids = {one.message_id for one in reports}
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        whose = dict(Message.objects.filter(pk__in=ids, provider=hook.provider).values_list("pk", "practice_id"))
    groups: dict[uuid.UUID, list[Report]] = defaultdict(list)
    for report in reports:
        if report.message_id in whose:
            groups[whose[report.message_id]].append(report)
    yield from sorted(groups.items())


EVENTS = {
    EventType.QUEUED: Event.ACCEPTED,
    EventType.SENT: Event.ACCEPTED,
    EventType.DELIVERED: Event.DELIVERED,
    EventType.AUTORESPONDED: Event.DELIVERED,
    EventType.DEFERRED: Event.DEFERRED,
    EventType.BOUNCED: Event.BOUNCED,
    EventType.COMPLAINED: Event.COMPLAINED,
    EventType.UNSUBSCRIBED: Event.STOPPED,
}
#: Why a service did not even try: it remembers what became of earlier ones.
REJECTED = {
    RejectReason.INVALID: Event.BOUNCED,
    RejectReason.BOUNCED: Event.BOUNCED,
    RejectReason.SPAM: Event.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Event.STOPPED,
}


def _report(event: AnymailTrackingEvent, service: MailService) -> Report | None:
    """Return what one event means here; None for openings, clicks, and letters that are not of the outbox."""
    kind = EVENTS.get(event.event_type)
    if event.event_type in (EventType.REJECTED, EventType.FAILED):
        kind = REJECTED.get(event.reject_reason, Event.RETURNED)
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    if event.event_type == EventType.BOUNCED and service.soft(raw):
        kind = Event.RETURNED
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    try:
        message_id = uuid.UUID(hex=str(metadata.get("message", "")))
    except ValueError:
        return None
    at = event.timestamp if event.timestamp and event.timestamp.tzinfo else None
    return Report(message_id, kind, at, str(event.recipient or "")[:254]) if kind else None
