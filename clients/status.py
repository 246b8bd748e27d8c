"""A couple's status, and everything that follows from changing it."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import F
from django.utils import timezone

from clients import events, inviting
from clients.models import Appointment, ClientInvitation, Couple, Parting, Pin
from clients.signals import appointments_changed, parted, together_changed
from practice import outbox, tenancy
from practice.models import Membership

#: In these, the partners' portal shows nothing of the couple any more, from the next request on.
ENDED = (Couple.Status.SEPARATED, Couple.Status.CLOSED)
#: Why what was on its way does not leave.
NOT_IN_CARE, LEFT = "not in care", "left the couple"


def change(couple: Couple, status: str, *, by: Membership | None = None) -> None:
    """Set the status. Parting or closing also ends what is still on its way to the partners.

    The person wall reads the status anew with every request (:mod:`clients.scope`): who is no longer in
    care together reads nothing of the couple, and loses nothing that was theirs alone. ``by`` is who decided it,
    where somebody of the practice did.
    """
    couple.status = status
    couple.ended_at = (couple.ended_at or timezone.now()) if status in ENDED else None
    couple.save(update_fields=["status", "ended_at"])
    together_changed.send(sender=Couple, couple_id=couple.pk)
    if status == Couple.Status.CLOSED:
        events.closed(couple)
    if status in ENDED:
        _end(couple)
        if by is not None and status == Couple.Status.SEPARATED:
            with tenancy.elevated():
                Parting.objects.create(couple=couple, decided_by=by, noted_by=by, noted_at=timezone.now())


def _end(couple: Couple) -> None:
    with tenancy.elevated():
        for invitation in ClientInvitation.objects.filter(couple=couple, accepted_at=None, withdrawn_at=None):
            inviting.withdraw(invitation, NOT_IN_CARE)
        outbox.cancel_for_couple(couple.pk, NOT_IN_CARE)
        now = timezone.now()
        ahead = Appointment.objects.filter(couple=couple, cancelled_at=None, starts_at__gt=now)
        if ahead.update(cancelled_at=now, changed_at=now, sequence=F("sequence") + 1):
            appointments_changed.send(sender=Appointment, couple=couple)
        end_together(couple, [partner.client_id for partner in couple.partners.all()])


def end_together(couple: Couple, who: Collection[uuid.UUID]) -> None:
    """End what people still have together from whom ``who`` parted. Needs Attune itself.

    The codes by which a phone is handed from one to the other are forgotten: whoever had seen one knows nothing.
    """
    Pin.objects.filter(client_id__in=who).delete()
    parted.send(sender=Couple, couple_id=couple.pk, who=list(who))
