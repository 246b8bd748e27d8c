"""Taking a couple on: the people, their places in the couple, how to reach each, and who looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clients import inviting, reach
from clients.models import CaseloadEntry, Client, Contact, Couple, Partner
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
        couple = Couple.objects.create(time_zone=time_zone)
        people = [_partner(couple, one, position) for position, one in enumerate(partners)]
        for therapist in therapists:
            CaseloadEntry.objects.create(membership=therapist, couple=couple)
        if invite:
            for person in people:
                inviting.invite(person, couple, by=by)
    return couple


def _partner(couple: Couple, new: NewPartner, position: int) -> Client:
    client = Client.objects.create(name=new.name, pronouns=new.pronouns)
    Contact.objects.create(client=client, email=new.email, time_zone=new.time_zone)
    reach.begin(client)
    Partner.objects.create(couple=couple, client=client, position=position)
    return client


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
