"""From a message to what a mail server gets: neutral words, an address that is true now, plain headers.

A letter says that there is something to look at, and nothing else: no names, no titles, no counts, no ids in
links. All letters of one kind differ in nothing but date, address and Message-ID, so nobody who sees one
learns what it is about.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from practice.models import Message, User
from practice.outbox import Letter


def write(
    name: str,
    *,
    link: str,
    to_user_id: uuid.UUID | None = None,
    to_address: str = "",
    subject: str = "",
    language: str = "",
    **words: Any,
) -> Letter:
    """Write the letter ``templates/email/<name>.txt`` and ``.html``, in the given language.

    Both extend ``email/base``, which needs ``link`` and ``subject`` (without one it is the neutral one);
    ``words`` is whatever else they use.
    """
    with translation.override(language or settings.LANGUAGE_CODE):
        heading = subject or _("You have something to look at")
        words |= {"subject": heading, "link": link}
        return Letter(
            subject=heading,
            text=render_to_string(f"email/{name}.txt", words),
            html=render_to_string(f"email/{name}.html", words),
            to_user_id=to_user_id,
            to_address=to_address,
        )


def address_of(letter: Letter) -> str:
    """Return where a letter goes; '' when there is no such address now."""
    if letter.to_user_id is None:
        return letter.to_address
    user = User.objects.filter(pk=letter.to_user_id, is_active=True).only("email").first()
    return user.email if user else ""


def enclose(message: Message, letter: Letter, address: str) -> EmailMultiAlternatives:
    """Return the mail. Its Message-ID is the same at every try, so that mailboxes can fold repeats."""
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[address],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    mail.message()  # whatever can not be written down fails here, while nothing has left yet
    return mail
