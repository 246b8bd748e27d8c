"""When somebody changes the address they sign in with: the old mailbox is told, in neutral words."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(email_changed)
def tell_the_old_address(request: HttpRequest, from_email_address: EmailAddress | None = None, **kwargs: Any) -> None:
    if from_email_address is not None and from_email_address.verified:
        get_adapter(request).send_mail("account/email/email_changed", from_email_address.email, {})
