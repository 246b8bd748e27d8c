"""Who works in a practice: changing roles and ending memberships, never of the last owner."""

from __future__ import annotations

from django.utils import timezone

from practice.models import Membership


class LastOwner(Exception):
    """A practice keeps at least one owner."""


def change_role(member: Membership, role: str) -> None:
    if role != Membership.Role.OWNER:
        _keep_an_owner(member)
    member.role = role
    member.save(update_fields=["role"])


def end(member: Membership) -> None:
    """From their next request on, this person finds nothing of the practice any more."""
    _keep_an_owner(member)
    member.ended_at = timezone.now()
    member.save(update_fields=["ended_at"])


def _keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.select_for_update().filter(role=Membership.Role.OWNER, ended_at=None)
    if [one.pk for one in owners] == [member.pk]:
        raise LastOwner
