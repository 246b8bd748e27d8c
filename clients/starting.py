"""Taking a couple on: the people, their places in the couple, how to reach each, and who looks after them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from clients import inviting, reach
from clients.models import CaseloadEntry, Client, Contact, Couple, Partner
from clients.status import ENDED
from practice import tenancy
from practice.mailboxes import mailbox
from practice.models import Membership


@dataclass(frozen=True)
class NewPartner:
    """One person as the form gives them."""

    name: str
    pronouns: str
    email: str
    time_zone: str


@dataclass(frozen=True)
class NewCouple:
    """One couple to be taken on. Without ``started_on``, care begins today; with ``status``, it rests or is over."""

    partners: Sequence[NewPartner]
    time_zone: str
    therapists: Sequence[Membership]
    started_on: datetime.date | None = None
    status: str = Couple.Status.ACTIVE

    def row(self) -> Couple:
        """Return the couple's row, not saved yet."""
        began = {"started_on": self.started_on} if self.started_on else {}
        ended_at = timezone.now() if self.status in ENDED else None
        return Couple(time_zone=self.time_zone, status=self.status, ended_at=ended_at, **began)


def take_on(
    partners: Sequence[NewPartner],
    *,
    time_zone: str,
    therapists: Sequence[Membership],
    by: Membership,
    invite: bool,
) -> Couple:
    """Make a couple of two or more partners; with ``invite``, send each who has an address their link.

    The first one named stands first for ever. Judge the addresses before with :func:`in_use`.
    """
    with tenancy.elevated():
        [couple] = take_on_all([NewCouple(partners, time_zone, therapists)])
        if invite:
            for partner in couple.partners.select_related("client"):
                inviting.invite(partner.client, couple, by=by)
    return couple


def take_on_all(new: Sequence[NewCouple]) -> list[Couple]:
    """Make many couples at once, in the order given, as Attune itself. Costs the same for any number.

    Nothing was given to any of them yet, so nothing in the apps above follows from their coming together; and what was
    over before they came does not end now: nobody is told.
    """
    couples = [one.row() for one in new]
    people = [[Client(name=person.name, pronouns=person.pronouns) for person in one.partners] for one in new]
    everybody = [client for clients in people for client in clients]
    Couple.objects.bulk_create(couples)
    Client.objects.bulk_create(everybody)
    Contact.objects.bulk_create(
        Contact(client=client, email=person.email.strip().lower(), time_zone=person.time_zone)
        for one, clients in zip(new, people, strict=True)
        for person, client in zip(one.partners, clients, strict=True)
    )
    reach.begin_all(everybody)
    Partner.objects.bulk_create(
        Partner(couple=couple, client=client, position=position)
        for couple, clients in zip(couples, people, strict=True)
        for position, client in enumerate(clients)
    )
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(membership=therapist, couple=couple)
        for couple, one in zip(couples, new, strict=True)
        for therapist in one.therapists
    )
    return couples


def in_use(address: str, *, besides: Client | None = None) -> bool:
    """Tell whether somebody in the bound practice is reached in this mailbox already: client or staff.

    Looks at the whole practice whoever asks, and tells no more than yes or no.
    """
    wanted = mailbox(address)
    local, _at, domain = wanted.rpartition("@")
    with tenancy.elevated():
        contacts = Contact.objects.filter(email__istartswith=local, email__iendswith=f"@{domain}")
        if besides is not None:
            contacts = contacts.exclude(client=besides)
        staff = Membership.objects.filter(
            ended_at=None, user__email__istartswith=local, user__email__iendswith=f"@{domain}"
        )
        known = [*contacts.values_list("email", flat=True), *staff.values_list("user__email", flat=True)]
    return any(mailbox(one) == wanted for one in known)


def known_mailboxes() -> frozenset[str]:
    """Return every mailbox in which somebody of the bound practice is reached: :func:`in_use` for many at once."""
    with tenancy.elevated():
        clients = Contact.objects.exclude(email="").values_list("email", flat=True)
        staff = Membership.objects.filter(ended_at=None).values_list("user__email", flat=True)
        return frozenset(mailbox(one) for one in (*clients, *staff))
