"""From a message to what a mail server gets: neutral words, an address that is true now, plain headers.

A letter says that there is something to look at, and nothing else: no names, no titles, no counts, no ids in
links. All letters of one kind differ in nothing but date, address and Message-ID, so nobody who sees one
learns what it is about.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from practice import clock, multipart
from practice.channels.base import Device, Letter
from practice.models import Membership, Message, User

#: Where an address will stand. No address of ours can look like it.
PLACE = "https://{}.invalid/"


def write(
    name: str,
    *,
    link: str,
    to_user_id: uuid.UUID | None = None,
    to_address: str = "",
    devices: tuple[Device, ...] = (),
    subject: str = "",
    language: str = "",
    unsubscribe: str = "",
    **words: Any,
) -> Letter:
    """Write the letter ``templates/email/<name>.txt`` and ``.html``, in the given language.

    Both extend ``email/base``, which needs ``link`` and ``subject`` (without one it is the neutral one);
    ``words`` is whatever else they use. Text messages and notifications say the subject alone.
    """
    language = language or settings.LANGUAGE_CODE
    if set(words) <= {"stop"}:
        heading, text, html = _with_places(name, subject, language, frozenset(words))
        text, html = _filled(text, html, {"link": link, **words})
    else:
        heading, text, html = _rendered(name, subject, language, {"link": link, **words})
    return Letter(
        subject=heading,
        text=text,
        html=html,
        short=heading,
        link=link,
        unsubscribe=unsubscribe,
        to_user_id=to_user_id,
        to_address=to_address,
        devices=devices,
    )


def to_review(message: Message, page: str) -> Letter:
    """Write a member of staff that there is an item to review; ``page`` is its path, and says no more than that."""
    return write(
        "review",
        subject=_("There is an item to review"),
        link=settings.ATTUNE_URL + page,
        to_user_id=Membership.objects.values_list("user_id", flat=True).get(pk=message.person_id),
    )


def _rendered(name: str, subject: str, language: str, words: Mapping[str, Any]) -> tuple[str, str, str]:
    with translation.override(language):
        heading = subject or _("You have something to look at")
        context = {**words, "subject": heading}
        text = render_to_string(f"email/{name}.txt", context)
        return heading, text, render_to_string(f"email/{name}.html", context)


@lru_cache(maxsize=64)
def _with_places(name: str, subject: str, language: str, places: frozenset[str]) -> tuple[str, str, str]:
    """Letters that differ in nothing but their addresses are rendered once, with places for those."""
    return _rendered(name, subject, language, {one: PLACE.format(one) for one in {"link", *places}})


def _filled(text: str, html: str, addresses: Mapping[str, str]) -> tuple[str, str]:
    for place, address in addresses.items():
        text = text.replace(PLACE.format(place), address)
        html = html.replace(PLACE.format(place), escape(address))
    return text, html


def addresses_of(letters: Mapping[uuid.UUID, Letter]) -> dict[uuid.UUID, str]:
    """Return where each letter goes; '' where there is no such address now."""
    users = {one.to_user_id for one in letters.values() if not one.to_address} - {None}
    known: dict[uuid.UUID | None, str] = {}
    if users:
        known |= User.objects.filter(pk__in=users, is_active=True).values_list("pk", "email")
    return {pk: one.to_address or known.get(one.to_user_id, "") for pk, one in letters.items()}


def enclose(message: Message, letter: Letter, address: str, *, sender: str = "") -> EmailMultiAlternatives:
    """Return the mail. Its Message-ID is the same at every try, so that mailboxes can fold repeats."""
    headers = {
        "Message-ID": message.message_id,
        "Date": format_datetime(message.handed_off_at or clock.now()),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if letter.unsubscribe:
        headers |= {
            "List-Unsubscribe": f"<{letter.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    mail = EmailMultiAlternatives(
        subject=letter.subject, body=letter.text, from_email=sender or None, to=[address], headers=headers
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    head = {"Subject": letter.subject, "From": mail.from_email, "To": address} | headers
    ready = multipart.write(head, letter.text, letter.html)
    # Whatever can not be written down fails here, while nothing has left yet.
    mail.ready = ready or mail.message().as_bytes(linesep="\r\n")  # type: ignore[attr-defined, call-arg]
    return mail
