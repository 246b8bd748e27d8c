"""What the couple's page shows about people, sessions and clearance, asked where it is shown."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django import template
from django.utils import timezone

from clients import clearing
from clients.models import (
    Appointment,
    CaseloadEntry,
    Clearance,
    Client,
    ClientInvitation,
    Contact,
    Couple,
    Partner,
)

register = template.Library()


@dataclass(frozen=True)
class PartnerCard:
    """One partner, how they are reached, and how far their invitation is."""

    partner: Partner
    contact: Contact | None
    invitation: ClientInvitation | None

    @property
    def client(self) -> Client:
        return self.partner.client

    @property
    def state(self) -> str:
        """joined, no_address, not_invited, invited or expired."""
        if self.client.user_id:
            return "joined"
        if self.contact is None or not self.contact.email:
            return "no_address"
        if self.invitation is None:
            return "not_invited"
        return "invited" if self.invitation.is_open else "expired"


@register.filter
def partner_cards(couple: Couple) -> list[PartnerCard]:
    """The partners by position, in two queries for all of them."""
    partners = list(couple.partners.select_related("client").order_by("position"))
    ids = [one.client_id for one in partners]
    contacts = {one.client_id: one for one in Contact.objects.filter(client_id__in=ids)}
    waiting = ClientInvitation.objects.filter(client_id__in=ids, accepted_at=None, withdrawn_at=None)
    invitations = {one.client_id: one for one in waiting}
    return [PartnerCard(one, contacts.get(one.client_id), invitations.get(one.client_id)) for one in partners]


@register.filter
def sessions_ahead(couple: Couple) -> list[Appointment]:
    """The next sessions, the nearest first; one that runs right now still counts."""
    earliest = timezone.now() - datetime.timedelta(hours=1)
    return list(Appointment.objects.filter(couple=couple).ahead(earliest)[:4])


@register.filter
def clearance(couple: Couple) -> Clearance | None:
    return clearing.current(couple)


@register.filter
def caseload_names(couple: Couple) -> list[str]:
    """Who looks after the couple."""
    entries = CaseloadEntry.objects.filter(couple=couple).select_related("membership")
    return sorted(one.membership.name for one in entries)
