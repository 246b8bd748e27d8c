"""When somebody leaves or changes roles: what was theirs is a colleague's, or ends, from the same moment."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from clients import duty, sight
from clients.models import Absence, CaseloadEntry, Cover, EmergencyAccess, Supervision
from practice import clock, tenancy
from practice.models import Membership
from practice.signals import member_left, role_changed


@receiver(member_left)
def hand_over(sender: object, member: Membership, to: Membership | None, **kwargs: Any) -> None:
    """End what ``member`` may see, and give their couples, their covers and what they promised to cover to ``to``.

    Called in the transaction in which somebody leaves; without ``to`` nobody takes over. Who else looks after the
    couples is told, or the other owners.
    """
    now = timezone.now()
    EmergencyAccess.objects.filter(membership=member, ended_at=None).update(ended_at=now)
    Supervision.objects.filter(supervisor=member, ended_at=None).update(ended_at=now)
    Supervision.objects.filter(therapist=member, ended_at=None).update(ended_at=now)
    covers = list(Cover.objects.filter(membership=member, ended_at=None))
    Cover.objects.filter(membership=member, ended_at=None).update(ended_at=now)
    entries = CaseloadEntry.objects.filter(membership=member)
    couples = list(entries.values_list("couple_id", flat=True))
    entries.delete()
    _own_absences_end(member)
    if to is None:
        return
    there = set(CaseloadEntry.objects.filter(membership=to).values_list("couple_id", flat=True))
    new = [one for one in couples if one not in there]
    CaseloadEntry.objects.bulk_create(
        CaseloadEntry(practice_id=to.practice_id, membership=to, couple_id=one) for one in new
    )
    if new:
        sight.gained(to, new, occasion=f"handed over:{member.pk}")
    for one in covers:
        if one.until is None or one.until > now:
            duty.let_in(to, one.couple_id, until=one.until)
    _cover_instead(member, to)


@receiver(role_changed)
def end_what_the_role_gave(sender: object, member: Membership, before: str, **kwargs: Any) -> None:
    """A grant does not come back with the role: an owner grants it anew. Whoever reads no answers has nothing open."""
    now = timezone.now()
    with tenancy.elevated():
        if member.role != Membership.Role.SUPERVISOR:
            Supervision.objects.filter(supervisor=member, ended_at=None).update(ended_at=now)
        if not member.is_clinician:
            Supervision.objects.filter(therapist=member, ended_at=None).update(ended_at=now)
            EmergencyAccess.objects.filter(membership=member, ended_at=None).update(ended_at=now)
            Cover.objects.filter(membership=member, ended_at=None).update(ended_at=now)


def _own_absences_end(member: Membership) -> None:
    Absence.objects.filter(membership=member, called_off_at=None).update(called_off_at=clock.now())


def _cover_instead(member: Membership, to: Membership) -> None:
    """Whoever they would have stood in for has ``to`` now; nobody stands in for themselves, or while away."""
    promised = Absence.objects.select_for_update().filter(covered_by=member, called_off_at=None).order_by("pk")
    for absence in promised:
        absence.called_off_at = clock.now()
        absence.save(update_fields=["called_off_at"])
        away = Absence.objects.filter(
            membership=to, called_off_at=None, begins_on__lte=absence.ends_on, ends_on__gte=absence.begins_on
        )
        if absence.membership_id == to.pk or away.exists():
            continue  # the page about absences says that nobody covers any more: the ladder goes to the lead
        Absence.objects.create(
            membership_id=absence.membership_id,
            begins_on=absence.begins_on,
            ends_on=absence.ends_on,
            covered_by=to,
            made_by=to,
        )
