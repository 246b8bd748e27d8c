"""Who works in a practice: changing roles and ending memberships, never of the last owner."""

from __future__ import annotations

from django.utils import timezone

from practice import exporting
from practice.models import Membership


class LastOwner(Exception):
    """A practice keeps at least one owner."""


def change_role(member: Membership, role: str) -> None:
    if role != Membership.Role.OWNER:
        _keep_an_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    _take_back(member)


def end(member: Membership) -> None:
    """From their next request on, this person finds nothing of the practice any more."""
    _keep_an_owner(member)
    member.ended_at = timezone.now()
    member.save(update_fields=["ended_at"])
    _take_back(member)


def _take_back(member: Membership) -> None:
    if member.ended_at or not member.runs_practice:
        exporting.end_all(of_user=member.user_id)


def _keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.select_for_update().filter(role=Membership.Role.OWNER, ended_at=None)
    if [one.pk for one in owners] == [member.pk]:
        raise LastOwner
