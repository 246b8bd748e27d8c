"""Inviting colleagues: one open invitation for an address, single use, bound to address and role."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from practice import mailboxes, outbox, tenancy, tickets
from practice.models import Membership, Message, Practice, StaffInvitation, User
from practice.models.practice import in_two_weeks, random_nonce

KIND = "staff_invitation"
PURPOSE = "staff"
FRESH_FOR = datetime.timedelta(days=14)


class NotOpen(Exception):
    """The link is unknown, used, withdrawn, expired, or for somebody else: to its holder all the same."""


def invite(*, name: str, email: str, role: str, by: Membership) -> StaffInvitation:
    """Invite a colleague and plan the letter. An expired invitation to the address makes way."""
    address = mailboxes.normal(email)
    invitation = StaffInvitation.objects.create(name=name, email=address, role=role, invited_by=by)
    plan_letter(invitation)
    return invitation


def resend(invitation: StaffInvitation) -> None:
    """Send a new link; the old one is dead from now on."""
    invitation.nonce = random_nonce()
    invitation.expires_at = in_two_weeks()
    invitation.save(update_fields=["nonce", "expires_at"])
    plan_letter(invitation)


def withdraw(invitation: StaffInvitation) -> None:
    """Close the door again; a letter that has not left stays here."""
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    outbox.cancel(invitation.pk, reason="invitation withdrawn")


def plan_letter(invitation: StaffInvitation) -> None:
    outbox.plan(
        KIND,
        person_id=invitation.pk,
        about_id=invitation.pk,
        couple_id=None,
        occasion=f"staff-invitation:{invitation.nonce[:12]}",
        due_at=timezone.now(),
        fresh_for=FRESH_FOR,
    )


def link(invitation: StaffInvitation) -> str:
    """Return the address that the letter carries."""
    return link_for(invitation, PURPOSE, "join_team")


def opened(ticket_text: str, *, lock: bool = False) -> StaffInvitation:
    """Return the open invitation that a link proves, or raise :class:`NotOpen`. Changes nothing.

    Needs the ticket's practice to be bound; ``lock`` makes others wait who hold the same link.
    """
    invitation = proved(StaffInvitation.objects.all(), PURPOSE, ticket_text, lock=lock)
    if not invitation.is_open or invitation.invited_by.ended_at:
        raise NotOpen
    return invitation


def link_for(invitation: Any, purpose: str, view: str) -> str:
    """Return the address of ``view`` with a ticket for an invitation of any kind."""
    ticket = tickets.issue(purpose, practice_id=invitation.practice_id, row_id=invitation.pk, nonce=invitation.nonce)
    return settings.ATTUNE_URL + reverse(view, args=[ticket])


def proved(rows: QuerySet[Any], purpose: str, ticket_text: str, *, lock: bool) -> Any:
    """Return the invitation among ``rows`` that a link was made for, or raise :class:`NotOpen`."""
    ticket = tickets.read(ticket_text)
    if ticket is None:
        raise NotOpen
    found = (rows.select_for_update() if lock else rows).filter(pk=ticket.row_id).first()
    if found is None or not ticket.proves(purpose, found.nonce):
        raise NotOpen
    return found


def practice_of(ticket_text: str) -> uuid.UUID:
    """Return the practice that a link claims, to be bound before anything is believed."""
    ticket = tickets.read(ticket_text)
    if ticket is None:
        raise NotOpen
    return ticket.practice_id


@transaction.atomic
def accept(ticket_text: str, *, password: str = "", user: User | None = None, by_provider: bool = False) -> User:
    """Make the invited colleague a member: a new account with ``password``, or the signed-in ``user``.

    ``by_provider``: the practice's provider has vouched for the very address, and the new account has no password.

    Of many who try at once one succeeds. Raises :class:`NotOpen`.
    """
    system = tenancy.as_system(practice_of(ticket_text))
    with tenancy.acting(system):
        invitation = opened(ticket_text, lock=True)
    if by_provider:
        account = mailboxes.open_account(invitation.email, None, zone="UTC", verified=True)
    else:
        account = account_for(invitation.email, password=password, user=user, zone="")
    with tenancy.acting(system):
        practice = Practice.objects.get(pk=invitation.practice_id)
        Membership.objects.update_or_create(
            user=account,
            defaults={"role": invitation.role, "name": invitation.name, "ended_at": None},
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
    if password or by_provider:
        User.objects.filter(pk=account.pk).update(time_zone=practice.time_zone)
    return account


def account_for(email: str, *, password: str, user: User | None, zone: str) -> User:
    """Return the account an invitation is for: made now, or signed in and proved to read this address."""
    if user is not None:
        if not mailboxes.reads(user, email):
            raise NotOpen
        return user
    known = mailboxes.account_of(email)
    if not password or (known is not None and mailboxes.proved(known)):
        raise NotOpen
    return mailboxes.open_account(email, password, zone=zone or "UTC", verified=True)


class StaffInvitationLetter(outbox.Handler):
    """The letter with the link, as long as the door is open."""

    def wanted(self, message: Message) -> str:
        invitation = StaffInvitation.objects.select_for_update().filter(pk=message.about_id).first()
        if invitation is None or not invitation.is_open:
            return "invitation closed"
        return "" if message.occasion.endswith(invitation.nonce[:12]) else "a newer link was sent"

    def compose(self, message: Message) -> outbox.Letter:
        invitation = StaffInvitation.objects.get(pk=message.about_id)
        return invitation_letter(link(invitation), invitation.email)


def invitation_letter(address_of_page: str, to_address: str) -> outbox.Letter:
    """Return the letter of any invitation: it names nobody and says nothing about what waits there."""
    subject = _("An invitation for you")
    words = {"subject": subject, "link": address_of_page, "days": FRESH_FOR.days}
    return outbox.Letter(
        subject=subject,
        text=render_to_string("email/invitation.txt", words),
        html=render_to_string("email/invitation.html", words),
        to_address=to_address,
    )


outbox.register(KIND, StaffInvitationLetter())
