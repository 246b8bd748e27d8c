"""Correcting what is known of a partner: a name, a time zone, an address, and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.inviting import withdraw
from clients.models import Client, ClientInvitation, Contact
from clients.signals import contact_changed


def correct(client: Client, contact: Contact, said: Mapping[str, Any]) -> None:
    """Keep what :class:`clients.forms.ClientForm` found good. At another address an open invitation ends."""
    client.name, client.pronouns = said["name"], said["pronouns"]
    client.save(update_fields=["name", "pronouns"])
    contact.time_zone = said["time_zone"]
    moved = "email" in said and said["email"] != contact.email
    contact.email = said.get("email", contact.email)
    contact.save(update_fields=["time_zone", "email"])
    if moved:
        for invitation in ClientInvitation.objects.filter(client=client, accepted_at=None, withdrawn_at=None):
            withdraw(invitation, "another address")
    contact_changed.send(sender=Client, client=client)
