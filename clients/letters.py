"""Letters to people in care, for every channel: neutral words that are the same whatever they are about.

What differs between two letters is the address, the link that opens the right page after signing in, and the link
that stops them. Nothing else does, so nobody who sees one learns anything from it.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from clients import devices, kinds, stopping
from clients.models import Client, Contact, Reach
from practice import envelopes, tenancy
from practice.channels.base import Device, Letter
from practice.models import Message, Practice

Channel = Message.Channel


def write(message: Message, client: Client, name: str) -> Letter:
    """Write ``templates/email/<name>`` to one person, for the channel of the message."""
    return _write(message, name, client, *_known([message]))


def write_all(messages: Sequence[Message], name: str) -> dict[uuid.UUID, Letter]:
    """Write the same to many people; the number of queries does not grow with them."""
    clients = Client.objects.in_bulk({one.person_id for one in messages})
    known = _known(messages)
    return {one.pk: _write(one, name, clients[one.person_id], *known) for one in messages}


def opening(message: Message) -> str:
    """Return the link of a letter: it names the message, and leads on only after signing in."""
    return settings.ATTUNE_URL + reverse("open", args=[message.pk])


def language_for(wish: str, practice: str) -> str:
    """Return the language a letter is written in: of those that Attune speaks, the person's, else the practice's."""
    spoken = [code for code, _name in settings.LANGUAGES]
    for one in (wish, practice):
        near = [code for code in spoken if one and (code == one or code.split("-")[0] == one.split("-")[0])]
        if near:
            return one if one in near else near[0]
    return settings.LANGUAGE_CODE


@dataclass(frozen=True)
class Glance:
    """What somebody sees of a message without opening it: on a locked phone, over a shoulder."""

    sender: str
    title: str
    text: str


def glance(channel: str, *, language: str, sender: str) -> Glance:
    """Return the exact words that show on a locked phone, made from what is really sent."""
    letter = _words("reminder", channel, language=language, link="", stop="")
    if channel == Channel.EMAIL:
        body = [line for line in letter.text.splitlines() if line.strip()]
        return Glance(sender, letter.subject, body[1] if len(body) > 1 else "")
    return Glance(sender, letter.subject if channel == Channel.PUSH else "", letter.short)


# ── what letters need, read at once ──────────────────────────────────────────

_Known = tuple[dict[uuid.UUID, Contact], dict[uuid.UUID, tuple[Device, ...]], str]


def _known(messages: Sequence[Message]) -> _Known:
    contacts = {one.client_id: one for one in Contact.objects.filter(client__in={one.person_id for one in messages})}
    pushed = {one.person_id for one in messages if one.channel == Channel.PUSH}
    language = Practice.objects.values_list("language", flat=True).first() or ""
    return contacts, devices.for_people(pushed) if pushed else {}, language


def _write(
    message: Message,
    name: str,
    client: Client,
    contacts: dict[uuid.UUID, Contact],
    pushed_to: dict[uuid.UUID, tuple[Device, ...]],
    practice_language: str,
) -> Letter:
    contact = contacts.get(client.pk)
    stop = stopping.address(
        stopping.Stop(
            tenancy.current_practice_id(),
            client.pk,
            message.channel if message.channel in stopping.CHANNELS.values() else Channel.EMAIL,
            kinds.of(message.kind).topic or Reach.Topic.REMINDERS,
        )
    )
    letter = _words(
        name,
        message.channel,
        language=language_for(contact.language if contact else "", practice_language),
        link=opening(message),
        stop=stop,
    )
    match message.channel:
        case Channel.EMAIL:
            return dataclasses.replace(letter, unsubscribe=stop, to_user_id=client.user_id)
        case Channel.SMS:
            return dataclasses.replace(letter, to_address=contact.phone if contact else "")
        case Channel.PUSH:
            return dataclasses.replace(letter, devices=pushed_to.get(client.pk, ()))
    return letter


def _words(name: str, channel: str, *, language: str, link: str, stop: str) -> Letter:
    letter = envelopes.write(name, link=link, language=language, stop=stop)
    if channel != Channel.SMS:
        return letter
    with translation.override(language):
        short = _("%(heading)s. Stop: reply STOP") % {"heading": letter.subject}
    return dataclasses.replace(letter, short=short)
