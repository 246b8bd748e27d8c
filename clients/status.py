"""A couple's status, and everything that follows from changing it."""

from __future__ import annotations

from django.utils import timezone

from clients import inviting
from clients.models import Appointment, ClientInvitation, Couple
from clients.signals import appointments_changed, together_changed
from practice import outbox, tenancy

#: In these, the partners' portal shows nothing of the couple any more, from the next request on.
ENDED = (Couple.Status.SEPARATED, Couple.Status.CLOSED)


def change(couple: Couple, status: str) -> None:
    """Set the status. Parting or closing also ends what is still on its way to the partners.

    The person wall reads the status anew with every request (:mod:`clients.scope`): who is no longer in
    care together reads nothing of the couple, and loses nothing that was theirs alone.
    """
    couple.status = status
    couple.save(update_fields=["status"])
    together_changed.send(sender=Couple, couple_id=couple.pk)
    if status in ENDED:
        _end(couple)


def _end(couple: Couple) -> None:
    with tenancy.elevated():
        for invitation in ClientInvitation.objects.filter(couple=couple, accepted_at=None, withdrawn_at=None):
            inviting.withdraw(invitation, "not in care")
        outbox.cancel_for_couple(couple.pk, "not in care")
        ahead = Appointment.objects.filter(couple=couple, cancelled_at=None, starts_at__gt=timezone.now())
        if ahead.update(cancelled_at=timezone.now()):
            appointments_changed.send(sender=Appointment, couple=couple)
