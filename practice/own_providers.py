"""A practice's own mail servers, mail services and gateways: kept, put in order, tried out, ended."""

from __future__ import annotations

import datetime
import json
import queue
import secrets
import threading
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from practice import circuits, clock, pace, providers, tenancy
from practice.channels.base import Letter, NotNow, Refused, Unreachable
from practice.ids import uuid7
from practice.models import Circuit, Message, Provider
from practice.provider_forms import ProviderForm
from practice.providers import Route

#: How long somebody waits for a test, and how many they may make in a minute.
TEST_SECONDS = 10.0
TESTS_A_MINUTE = 5
DAY = datetime.timedelta(days=1)
#: What a hook is still checked with after its service ended: news of old letters come late.
KEPT_FOR_HOOKS = ("service", "hook_secret", "webhook_signing_key")

State = Message.State


@transaction.atomic
def save(form: ProviderForm) -> Provider:
    """Keep what a valid form says, as a new provider behind the others or in the place of the one it edits."""
    provider = form.provider
    if provider is None:
        others = in_use().filter(channel=form.channel).select_for_update()
        rank = max([one.rank for one in others], default=0) + 1
        provider = Provider(channel=form.channel, kind=form.kind, rank=rank)
    provider.sender = form.cleaned_data["sender"]
    provider.access = json.dumps(form.made)
    provider.save()
    with tenancy.elevated():
        circuits.works(str(provider.pk))  # whatever was wrong may be mended now
    return provider


def in_use() -> Any:
    """Return the practice's own providers, in their order."""
    return Provider.objects.filter(ended_at=None).order_by("channel", "rank")


@transaction.atomic
def put_first(provider: Provider) -> None:
    """Let a provider be the first choice of its channel; the others follow in their order."""
    rows = list(in_use().filter(channel=provider.channel).select_for_update())
    rows.sort(key=lambda one: (one.pk != provider.pk, one.rank))
    highest = max(one.rank for one in rows)
    for start in (highest, 0):  # ranks are unique at every moment: first out of the way, then into place
        for place, row in enumerate(rows, start + 1):
            Provider.objects.filter(pk=row.pk).update(rank=place)


@transaction.atomic
def end(provider: Provider) -> None:
    """Use a provider no more, and forget its secrets."""
    known = json.loads(provider.access or "{}")
    provider.access = json.dumps({key: known[key] for key in KEPT_FOR_HOOKS if known.get(key)})
    provider.ended_at = clock.now()
    provider.save()


def new_hook_address(provider: Provider) -> str:
    """Make the address at which a mail service reports; the one before works no more. It is shown once."""
    access = json.loads(provider.access or "{}")
    access["hook_secret"] = f"attune:{secrets.token_urlsafe(24)}"
    provider.access = json.dumps(access)
    provider.save()
    parts = urlsplit(settings.ATTUNE_URL)
    path = reverse("mail_hook_own", args=[provider.pk])
    return f"{parts.scheme}://{access['hook_secret']}@{parts.netloc}{path}"


# --- how they are doing -------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """One way out, as the owner's page shows it. Without a provider it is the installation's."""

    route: Route
    provider: Provider | None
    sender: str
    is_used: bool
    resting_until: datetime.datetime | None
    failures: int
    trouble: str
    sent: int
    came_back: int
    not_known: int


def standings() -> list[Standing]:
    """Return every way out of the bound practice's messages, its own ones first, each with its last day."""
    own = {str(one.pk): one for one in in_use()}
    routes = [one for channel in providers.routes().values() for one in channel]
    used = {one.key for one in routes}
    routes += [one for one in providers.installation() if one.key not in used]
    with tenancy.elevated():
        health = {one.key: one for one in Circuit.objects.filter(failures__gt=0)}
    counts = _last_day()
    return [
        _standing(one, own.get(one.key), one.key in used, health.get(one.key), counts[one.key])
        for one in routes
        if one.channel != Message.Channel.PORTAL
    ]


def _standing(
    route: Route, provider: Provider | None, is_used: bool, health: Circuit | None, counts: Counter[str]
) -> Standing:
    return Standing(
        route,
        provider,
        provider.sender if provider else route.sender,
        is_used,
        health.open_until if health else None,
        health.failures if health else 0,
        explained(health.reason) if health else "",
        counts[State.ACCEPTED] + counts[State.DELIVERED],
        counts[State.BOUNCED] + counts[State.COMPLAINED],
        counts[State.UNKNOWN],
    )


def _last_day() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Message.objects.filter(handed_off_at__gt=clock.now() - DAY).exclude(provider="")
    for key, state, number in rows.values_list("provider", "state").annotate(number=Count("pk")).order_by():
        found[key][state] += number
    return found


# --- trying one out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How a test ended, in plain words."""

    went_well: bool
    words: str


class TooMany(Exception):
    """Enough tests for this minute."""


def attempt(route: Route, address: str) -> Outcome:
    """Send a neutral test through exactly this way out, and say within ten seconds how that went."""
    with tenancy.elevated():
        allowed, _next = pace.take(f"{tenancy.current_practice_id()}:try", 1, limit=TESTS_A_MINUTE, window=pace.MINUTE)
    if not allowed:
        raise TooMany
    message = Message(pk=uuid7(), kind="provider test", channel=route.channel, handed_off_at=clock.now())
    letter = Letter(
        subject=_("You have something to look at"),
        text=_("This is a test. It works."),
        html="",
        short=_("You have something to look at"),
        link=settings.ATTUNE_URL,
    )
    answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    threading.Thread(target=_carry, args=(route, message, letter, address, answers), daemon=True).start()
    try:
        return answers.get(timeout=TEST_SECONDS)
    except queue.Empty:
        return Outcome(False, _("No answer within ten seconds. Messages through it would wait, and be tried again."))


def _carry(route: Route, message: Message, letter: Letter, address: str, answers: queue.SimpleQueue[Outcome]) -> None:
    try:
        carrier = route.build()
        try:
            carrier.open()
            carrier.send(carrier.prepare(message, letter, address))
        finally:
            carrier.close()
        answers.put(Outcome(True, _("It was taken. Now look whether it arrives.")))
    except Exception as error:
        answers.put(Outcome(False, _outcome(error)))
    finally:
        connection.close()


def _outcome(error: Exception) -> str:
    match error:
        case Unreachable():
            return explained(str(error))
        case NotNow():
            return _("It does not take messages now (%(code)s). They would wait, and be tried again.") % {"code": error}
        case Refused(address=True):
            return _("It refuses this address (%(code)s).") % {"code": error}
        case Refused():
            return _("It refuses the message itself (%(code)s).") % {"code": error}
        case _:
            return _("It gave no clear answer. Nobody knows whether it took the message.")


def explained(reason: str) -> str:
    """Return in plain words what a carrier's code means."""
    for codes, words in _explanations():
        if any(code in reason for code in codes):
            return words
    return _("It could not be reached (%(code)s).") % {"code": reason}


def _explanations() -> list[tuple[tuple[str, ...], str]]:
    return [
        (("Authentication", "status 401", "status 403"), _("It does not accept the user name, password or key.")),
        (("status 402",), _("It wants to be paid first.")),
        (("status 400", "status 422", "status 404"), _("It knows nothing of this sender, or of this account.")),
        (("NotOutside",), _("It does not stand on the public internet.")),
        (("SSL", "Certificate"), _("Its certificate is not valid, or it speaks no TLS here.")),
        (("NotSupported",), _("It offers no encryption on this port.")),
        (("Timeout", "timed out"), _("It does not answer on this port.")),
        (("Refused",), _("Nothing listens on this port.")),
        (("no answer",), _("It broke off without an answer.")),
    ]


def route_of(key: str) -> Route | None:
    """Return the way out with this key, in use or the installation's."""
    known = [one for channel in providers.routes().values() for one in channel] + providers.installation()
    return next((one for one in known if one.key == key and one.channel != Message.Channel.PORTAL), None)


def own(pk: uuid.UUID) -> Provider | None:
    """Return one of the practice's own providers that is in use."""
    return in_use().filter(pk=pk).first()
