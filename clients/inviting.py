"""Inviting partners to the portal: each through their own mailbox, one open door at a time."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.models import Client, ClientInvitation, Contact, Couple
from clients.signals import contact_changed
from practice import outbox, tenancy
from practice.inviting import FRESH_FOR, NotOpen, account_for, invitation_letter, link_for, practice_of, proved
from practice.models import Membership, Message, User
from practice.models.practice import in_two_weeks, random_nonce

KIND = "client_invitation"
PURPOSE = "client"


def invite(client: Client, couple: Couple, *, by: Membership) -> ClientInvitation | None:
    """Send a partner their own link; a link sent before is dead. None for who needs or can get none."""
    contact = Contact.objects.filter(client=client).first()
    if client.user_id or contact is None or not contact.email:
        return None
    open_one = ClientInvitation.objects.filter(client=client, accepted_at=None, withdrawn_at=None).first()
    if open_one is None:
        invitation = ClientInvitation.objects.create(client=client, couple=couple, email=contact.email, invited_by=by)
    else:
        invitation = _renewed(open_one, couple, contact.email, by)
    plan_letter(invitation)
    return invitation


def _renewed(invitation: ClientInvitation, couple: Couple, email: str, by: Membership) -> ClientInvitation:
    invitation.couple, invitation.email, invitation.invited_by = couple, email, by
    invitation.nonce, invitation.expires_at = random_nonce(), in_two_weeks()
    invitation.save(update_fields=["couple", "email", "invited_by", "nonce", "expires_at"])
    return invitation


def withdraw(invitation: ClientInvitation, reason: str = "invitation withdrawn") -> None:
    """Close the door; a letter that has not left stays here."""
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    outbox.cancel(invitation.pk, reason=reason)


def plan_letter(invitation: ClientInvitation) -> None:
    outbox.plan(
        KIND,
        person_id=invitation.client_id,
        about_id=invitation.pk,
        couple_id=invitation.couple_id,
        occasion=f"invitation:{invitation.nonce[:12]}",
        due_at=timezone.now(),
        fresh_for=FRESH_FOR,
    )


def link(invitation: ClientInvitation) -> str:
    """Return the address that the letter carries."""
    return link_for(invitation, PURPOSE, "join")


def opened(ticket_text: str, *, lock: bool = False) -> ClientInvitation:
    """Return the open invitation that a link proves, or raise :class:`NotOpen`. Changes nothing.

    Needs the ticket's practice to be bound; ``lock`` makes others wait who hold the same link.
    """
    invitation = proved(ClientInvitation.objects.all(), PURPOSE, ticket_text, lock=lock)
    if not invitation.is_open or invitation.invited_by.ended_at or invitation.client.user_id:
        raise NotOpen
    if invitation.couple.status not in (Couple.Status.ACTIVE, Couple.Status.PAUSED):
        raise NotOpen
    return invitation


@transaction.atomic
def accept(ticket_text: str, *, password: str = "", user: User | None = None) -> User:
    """Give the invited partner their portal: a new account with ``password``, or the signed-in ``user``.

    Of many who try at once one succeeds. Raises :class:`NotOpen`, also for an account that is a client of
    this practice already.
    """
    system = tenancy.as_system(practice_of(ticket_text))
    with tenancy.acting(system):
        invitation = opened(ticket_text, lock=True)
        zone = Contact.objects.values_list("time_zone", flat=True).get(client=invitation.client_id)
    account = account_for(invitation.email, password=password, user=user, zone=zone)
    with tenancy.acting(system):
        client = Client.objects.select_for_update().get(pk=invitation.client_id)
        if Client.objects.filter(user=account).exists():
            raise NotOpen
        client.user = account
        client.save(update_fields=["user"])
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        contact_changed.send(sender=Client, client=client)  # what lies ahead can remind them from now on
    return account


class ClientInvitationLetter(outbox.Handler):
    """The letter with the link, as long as the door is open and the couple is in care."""

    def wanted(self, message: Message) -> str:
        couple = Couple.objects.select_for_update().filter(pk=message.couple_id).first()
        if couple is None or couple.status not in (Couple.Status.ACTIVE, Couple.Status.PAUSED):
            return "not in care"
        invitation = ClientInvitation.objects.select_for_update().filter(pk=message.about_id).first()
        if invitation is None or not invitation.is_open:
            return "invitation closed"
        return "" if message.occasion.endswith(invitation.nonce[:12]) else "a newer link was sent"

    def compose(self, message: Message) -> outbox.Letter:
        invitation = ClientInvitation.objects.get(pk=message.about_id)
        return invitation_letter(link(invitation), invitation.email)


outbox.register(KIND, ClientInvitationLetter())
