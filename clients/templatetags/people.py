"""What the couple's page shows about people, sessions and clearance, asked where it is shown."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django import template
from django.db.models import F
from django.utils import timezone

from clients import clearing, consents
from clients.models import (
    Appointment,
    CaseloadEntry,
    Clearance,
    Client,
    ClientInvitation,
    Contact,
    Couple,
    Partner,
    Reach,
)
from practice.models import Message

register = template.Library()


@dataclass(frozen=True)
class PartnerCard:
    """One partner, how they are reached, and how far their invitation is."""

    partner: Partner
    contact: Contact | None
    invitation: ClientInvitation | None
    #: What they switched on, and what came to an end, the newest first.
    reaches: tuple[Reach, ...] = ()
    #: "agreed", "taken_back" or "not_yet": the state of what they agreed to, never more.
    agreed: str = "not_yet"

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

    @property
    def ways(self) -> list[str]:
        """By which channels anything comes to them at present, in words."""
        used = {one.channel for one in self.reaches if one.ended_at is None}
        return [str(channel.label) for channel in Message.Channel if channel in used]

    @property
    def stopped(self) -> Reach | None:
        """The newest choice that ended otherwise than on their own pages, unless that way is open again."""
        used = {one.channel for one in self.reaches if one.ended_at is None}
        ended = (one for one in self.reaches if one.ended_at and one.ended_by != Reach.Ended.YOU)
        return next((one for one in ended if one.channel not in used), None)


@register.filter
def partner_cards(couple: Couple) -> list[PartnerCard]:
    """The partners by position, in a few queries for all of them. The couple comes ``with_partners``."""
    partners = couple.partners.all()
    ids = [one.client_id for one in partners]
    contacts = {one.client_id: one for one in Contact.objects.filter(client_id__in=ids)}
    waiting = ClientInvitation.objects.filter(client_id__in=ids, accepted_at=None, withdrawn_at=None)
    invitations = {one.client_id: one for one in waiting}
    reaches = defaultdict(list)
    for one in Reach.objects.filter(client_id__in=ids).order_by(F("ended_at").desc(nulls_first=True), "pk"):
        reaches[one.client_id].append(one)
    agreed = consents.states(ids)
    return [
        PartnerCard(
            one,
            contacts.get(one.client_id),
            invitations.get(one.client_id),
            tuple(reaches[one.client_id]),
            agreed[one.client_id],
        )
        for one in partners
    ]


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
