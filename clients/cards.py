"""What the couple's page shows about people, sessions and clearance, asked where it is shown."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from clients import clearing, consents
from clients.models import (
    Appointment,
    CaseloadEntry,
    Client,
    ClientInvitation,
    Contact,
    Couple,
    Partner,
    Reach,
)
from practice.models import Message
from practice.written import Asked, Written

#: So long after its beginning a session still counts.
RUNS = datetime.timedelta(hours=1)
A_FEW = 4


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


_CONTACTS: Written[Contact] = Written(
    lambda clients: Contact.objects.filter(client_id__in=clients), clients=[uuid.UUID]
)
_INVITED: Written[ClientInvitation] = Written(
    lambda clients: ClientInvitation.objects.filter(client_id__in=clients, accepted_at=None, withdrawn_at=None),
    clients=[uuid.UUID],
)
_REACHES: Written[Reach] = Written(
    lambda clients: Reach.objects.filter(client_id__in=clients).order_by(F("ended_at").desc(nulls_first=True), "pk"),
    clients=[uuid.UUID],
)
_CASELOAD: Written[CaseloadEntry] = Written(
    lambda couple: CaseloadEntry.objects.filter(couple=couple).select_related("membership"), couple=uuid.UUID
)
_AHEAD: Written[Appointment] = Written(
    lambda couple, earliest: Appointment.objects.filter(couple=couple).ahead(earliest)[:A_FEW],
    couple=uuid.UUID,
    earliest=datetime.datetime,
)


def asked(couple: Couple, now: datetime.datetime) -> list[Asked[list[Any]]]:
    """Return what is asked here of a couple, for whoever sees answers, to be asked ahead."""
    clients = [one.client_id for one in couple.partners.all()]
    return [
        *(one.of(clients=clients) for one in (_CONTACTS, _INVITED, _REACHES, consents.OF)),
        _AHEAD.of(couple=couple.pk, earliest=now - RUNS),
        _CASELOAD.of(couple=couple.pk),
        clearing.CURRENT.of(couple=couple.pk),
    ]


def partner_cards(couple: Couple) -> list[PartnerCard]:
    """The partners by position, in a few queries for all of them. The couple comes ``with_partners``."""
    partners = couple.partners.all()
    ids = [one.client_id for one in partners]
    contacts = {one.client_id: one for one in _CONTACTS.all(clients=ids)}
    invitations = {one.client_id: one for one in _INVITED.all(clients=ids)}
    reaches = defaultdict(list)
    for one in _REACHES.all(clients=ids):
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


def sessions_ahead(couple: Couple, now: datetime.datetime) -> list[Appointment]:
    """The next sessions, the nearest first; one that runs right now still counts."""
    return _AHEAD.all(couple=couple.pk, earliest=now - RUNS)


def caseload_names(couple: Couple) -> list[str]:
    """Who looks after the couple."""
    return sorted(one.membership.name for one in _CASELOAD.all(couple=couple.pk))
