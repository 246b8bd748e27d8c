"""Leaving a couple: by one partner on their own pages, or for one of three or more by their therapist.

Where two are left over, they go on; where only one would be, nobody is in care together any more. What follows is
the same whoever decided it, and looks the same to everybody else: no page, letter or paper of a partner says who
it was (:class:`clients.models.Parting` is for their therapists alone).
"""

from __future__ import annotations

import datetime
import uuid

from django.db import transaction
from django.utils import timezone

from clients import inviting, status
from clients.models import Appointment, Client, ClientInvitation, Couple, Parting, Partner
from clients.signals import appointments_changed
from practice import outbox, tenancy
from practice.models import Membership


def present(couple_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the clients who are in a couple now, by position."""
    rows = Partner.objects.filter(couple_id=couple_id, left_at=None).order_by("position")
    return list(rows.values_list("client_id", flat=True))


def leave(person: Client, couple_id: uuid.UUID, *, by: Membership | None = None) -> bool:
    """Let ``person`` leave a couple, at once; return False when they had left or it had ended already.

    ``by`` is the member who wrote it down for them; None: they did it themselves.
    """
    with transaction.atomic(), tenancy.elevated():
        couple = Couple.objects.select_for_update(no_key=True).filter(pk=couple_id).first()
        if couple is None or couple.status in status.ENDED:
            return False
        there = present(couple_id)
        if person.pk not in there:
            return False
        now = timezone.now()
        if len(there) > 2:
            _goes(person, couple, now)
        else:
            status.change(couple, Couple.Status.SEPARATED)
        noted = {"decided_by": by, "noted_by": by, "noted_at": now} if by else {}
        Parting.objects.create(couple=couple, client=person, at=now, **noted)
    return True


def _goes(person: Client, couple: Couple, now: datetime.datetime) -> None:
    """Take one out of a couple that goes on."""
    partner = Partner.objects.get(couple=couple, client=person)
    partner.left_at = now
    partner.save(update_fields=["left_at"])
    for invitation in ClientInvitation.objects.filter(
        couple=couple, client=person, accepted_at=None, withdrawn_at=None
    ):
        inviting.withdraw(invitation, status.LEFT)
    outbox.cancel_for_partner(couple.pk, person.pk, status.LEFT)
    status.end_together(couple, [person.pk])
    _comes_no_more(person, couple, now)


def _comes_no_more(person: Client, couple: Couple, now: datetime.datetime) -> None:
    """Call off the sessions that were this person's alone, and take them off the list of the others."""
    theirs = Appointment.objects.filter(
        couple=couple, cancelled_at=None, starts_at__gt=now, audience__contains=[person.pk]
    )
    for one in theirs.order_by("pk"):
        one.audience = [other for other in one.audience if other != person.pk]
        if not one.audience:  # an empty list means everybody
            one.audience, one.cancelled_at = [person.pk], now
        one.save(update_fields=["audience", "cancelled_at"])
    if theirs:
        appointments_changed.send(sender=Appointment, couple=couple)


def to_note(couple: Couple) -> list[Parting]:
    """Return who parted, the newest first, for the couple's therapists."""
    return list(couple.partings.select_related("client", "decided_by", "noted_by").order_by("-at"))


def note(couple: Couple, by: Membership) -> None:
    """Write down that somebody of the practice has seen it."""
    couple.partings.filter(noted_at=None).update(noted_at=timezone.now(), noted_by=by)
