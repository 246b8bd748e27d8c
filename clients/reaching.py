"""What the page 'How we reach you' shows of one person, and what its button keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.forms import BoundField

from clients import fates, letters, proving, reach, trying
from clients.fates import Fate
from clients.letters import Glance
from clients.models import Client, Contact
from clients.reach import Choice
from practice import clock, providers, tenancy
from practice.models import Message, Practice

Channel = Message.Channel


@dataclass
class Way:
    """One channel as the page shows it. ``address`` is '' as long as none is proven."""

    channel: str
    address: str
    glance: Glance
    silence: str
    test: Message | None
    switches: list[BoundField] = field(default_factory=list)

    @property
    def can_be_mended(self) -> bool:
        return self.silence in proving.MENDS

    @property
    def fate(self) -> Fate | None:
        return fates.of(self.test) if self.test else None


class Page:
    """Everything the page needs, read once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.contact = Contact.objects.get(client=client)
        self.chosen = reach.chosen(client)
        self.tests = trying.newest(client)
        with tenancy.elevated():
            routes = providers.routes()
            senders = {one.value: _sender(one, routes[one][0].sender) for one in reach.OUTWARD if routes.get(one)}
            addresses = {one: reach.address_of(client, self.contact, one) for one in senders}
            silenced = reach.silenced(addresses, routes)
        language = letters.language_for(self.contact.language, Practice.objects.get().language)
        self.ways = [
            Way(
                channel,
                proving.spelled(address) if channel == Channel.SMS else address,
                letters.glance(channel, language=language, sender=senders[channel]),
                silenced.get(channel, ""),
                self.tests.get(channel),
            )
            for channel, address in addresses.items()
        ]
        self.sms_sender = senders.get(Channel.SMS, "")

    @property
    def pages_only(self) -> bool:
        """Whether nothing at all is switched on."""
        return not self.chosen

    @property
    def here(self) -> Fate | None:
        """What became of the last test on these pages themselves."""
        test = self.tests.get(Channel.PORTAL)
        return fates.of(test) if test else None

    @property
    def moving(self) -> bool:
        return any(fates.of(one).moving for one in self.tests.values())


def keep(client: Client, said: dict[str, Any], wanted: Iterable[Choice], *, among: Collection[str]) -> None:
    """Keep hours and switches together."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(client=client)
        for name in ("quiet_from", "quiet_until", "remind_at"):
            setattr(contact, name, said[name])
        contact.confirmed_at = clock.now()
        contact.save(update_fields=["quiet_from", "quiet_until", "remind_at", "confirmed_at"])
        reach.choose_all(client, wanted, among=among, told=True)


def pages_only(client: Client) -> None:
    """Switch everything off, whatever this practice offers."""
    with transaction.atomic():
        Contact.objects.filter(client=client).update(confirmed_at=clock.Now())
        reach.choose_all(client, (), among=reach.OUTWARD)


def can_be_tried(client: Client) -> set[str]:
    """Return the channels that a test can go to: those with an address, and the pages themselves."""
    contact = Contact.objects.get(client=client)
    ready = {one for one in reach.offered() if reach.address_of(client, contact, one)}
    return ready | {Channel.PORTAL.value}


def can_be_mended(client: Client, channel: str) -> bool:
    """Tell whether an address is left alone for a reason that a code takes away."""
    with tenancy.elevated():
        address = reach.address_of(client, Contact.objects.get(client=client), channel)
        return reach.silenced({channel: address}, providers.routes()).get(channel) in proving.MENDS


def _sender(channel: str, sender: str) -> str:
    if channel == Channel.PUSH:
        return urlsplit(settings.ATTUNE_URL).hostname or ""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if channel == Channel.EMAIL and sender == address:
        return name or address
    return parseaddr(sender)[0] or sender
