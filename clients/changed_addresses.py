"""When a client changes the address they sign in with, their practices write to the new one."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from django.dispatch import receiver

from clients.models import Contact
from clients.scope import clients_of
from clients.starting import in_use
from practice import tenancy
from practice.models import User


@receiver(email_changed)
def follow_the_address(user: User, to_email_address: EmailAddress, **kwargs: Any) -> None:
    """Runs in the request that proved the new address; needs the login role around it.

    Where somebody else in a practice is reached there already, that practice keeps the old address: one
    address for each person.
    """
    tenancy.bind_user(user.pk)
    for client in clients_of(user):
        with tenancy.acting(tenancy.as_system(client.practice_id, user_id=user.pk)):  # type: ignore[arg-type]
            if in_use(to_email_address.email, besides=client):
                continue
            for contact in Contact.objects.filter(client=client).exclude(email=""):
                contact.email = to_email_address.email
                contact.save(update_fields=["email"])
