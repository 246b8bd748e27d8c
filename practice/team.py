"""Who works in a practice: changing roles and ending memberships, never of the last owner."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from practice import archives, outbox, tenancy
from practice.api import tokens
from practice.models import Membership, Practice, StaffInvitation
from practice.signals import member_left, role_changed


class LastOwner(Exception):
    """A practice keeps at least one owner."""


class NobodyTakesOver(Exception):
    """A clinician leaves to somebody who looks after what was theirs: another clinician who works here."""


def change_role(member: Membership, role: str) -> None:
    """Give somebody another role; whoever is no owner now loses the exports they asked for.

    Raises :class:`LastOwner`.
    """
    if role != Membership.Role.OWNER:
        _keep_an_owner(member)
        archives.destroy_all(kinds=archives.OF_SEVERAL, of_user=member.user_id)
    if role != member.role:
        tokens.end_all(member)  # they were made for what somebody was before
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    role_changed.send(sender=Membership, member=member, before=before)


def successors(member: Membership) -> list[Membership]:
    """Return who may take over from somebody: everybody else who reads answers."""
    others = Membership.objects.filter(ended_at=None).exclude(pk=member.pk)
    return list(others.exclude(role=Membership.Role.COORDINATOR).order_by("name", "pk"))


def leave(member: Membership, *, to: Membership | None = None) -> None:
    """End a membership and hand over, all of it or nothing.

    From their next request on this person finds nothing of the practice; couples, covers, alerts, and duty are
    ``to``'s from the same moment, and what was being made for them ends (:data:`practice.signals.member_left`).
    Raises :class:`LastOwner`, and :class:`NobodyTakesOver` when a clinician leaves to nobody.
    """
    with transaction.atomic(), tenancy.elevated():
        held = {one.pk: one for one in Membership.objects.select_for_update().filter(ended_at=None).order_by("pk")}
        if member.pk not in held:
            return  # the same button twice
        _keep_an_owner(member)
        takes = held.get(to.pk) if to is not None else None
        if takes is not None and (takes.pk == member.pk or not takes.is_clinician):
            raise NobodyTakesOver
        if takes is None and member.is_clinician:
            raise NobodyTakesOver
        member.ended_at = timezone.now()
        member.save(update_fields=["ended_at"])
        _hand_over_duty(member, takes)
        outbox.cancel_for_person(member.pk, "left")
        archives.destroy_of_member(member.user_id)
        tokens.end_all(member)
        member_left.send(sender=Membership, member=member, to=takes)


def is_last_owner(member: Membership) -> bool:
    """Whether a practice would be left without an owner."""
    others = Membership.objects.filter(role=Membership.Role.OWNER, ended_at=None).exclude(pk=member.pk)
    return member.runs_practice and not others.exists()


def _hand_over_duty(member: Membership, to: Membership | None) -> None:
    """What the practice itself named them for. Doors that they opened to others close with them."""
    practice = Practice.objects.filter(pk=member.practice_id)
    practice.filter(duty_cover=member).update(duty_cover=to)
    leads = to is not None and to.leads
    practice.filter(duty_lead=member).update(duty_lead=to if leads else None)
    StaffInvitation.objects.filter(invited_by=member, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )


def _keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.select_for_update().filter(role=Membership.Role.OWNER, ended_at=None)
    if [one.pk for one in owners] == [member.pk]:
        raise LastOwner
