"""Secret links to calendars: made, renewed, ended, and believed when a calendar program comes with one.

A link names its practice and its row, so that both can be bound before anything is believed, and proves itself with
32 bytes that nobody can guess. Only their hash is stored. A new one lets the old one open nothing from that moment on.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from dataclasses import replace
from typing import Any, TypeVar

from allauth.account import signals as account
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, PersonCalendar, StaffCalendar
from practice import bearers, identity, notices, tenancy
from practice.identity import Identity
from practice.models import AccountEvent, Membership, User
from practice.signals import member_left, programs_ended, role_changed

Link = TypeVar("Link", PersonCalendar, StaffCalendar)


class Refused(Exception):
    """No link, a wrong one, one that has ended, or one of somebody who does not come in any more: all the same."""


def of_person(person: Client) -> PersonCalendar:
    """Return a person's own calendar, not saved yet where there never was one."""
    return PersonCalendar.objects.filter(client=person).first() or PersonCalendar(client=person)


def of_member(member: Membership) -> StaffCalendar:
    """Return a member's own calendar, not saved yet where there never was one."""
    found = StaffCalendar.objects.filter(membership=member).first()
    return found or StaffCalendar(membership=member, user_id=member.user_id)


def renew(row: Link) -> str:
    """Switch a calendar on, or give it another link; return the secret, which is known only now.

    Whose it is reads of it in their account, and is told outside where that is safe.
    Raises :class:`tenancy.Closed` for a sign-in that shows only that somebody reads the mailbox: a link would stay.
    """
    tenancy.only_if_open()
    secret = secrets.token_bytes(bearers.SECRET_BYTES)
    row.digest, row.made_at = bearers.digest(secret), timezone.now()
    row.save()
    _tell(_owner_of(row))
    return bearers.written(tenancy.current_practice_id(), row.pk, secret)


def end(row: Link) -> None:
    """Let the link open nothing any more. Doing it again changes nothing."""
    type(row).objects.filter(pk=row.pk).update(digest="")


@receiver(member_left)
@receiver(role_changed)
@receiver(programs_ended)
def _somebody_else_from_now_on(member: Membership, **kwargs: Any) -> None:
    """A link was made for what somebody was before. Whoever comes back makes a new one."""
    with tenancy.elevated():
        StaffCalendar.objects.filter(membership=member).update(digest="")


def _owner_of(row: Any) -> uuid.UUID | None:
    return row.client.user_id if isinstance(row, PersonCalendar) else row.user_id


def _tell(user_id: uuid.UUID | None) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        with tenancy.signing_in(user.pk):
            notices.tell(user, AccountEvent.What.CALENDAR_MADE)


@receiver([account.password_reset, account.password_changed, account.password_set, account.email_changed])
def _signs_in_otherwise(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Somebody else may have been in the account, and made a link: it opens nothing from now on."""
    if _end_all_of_account(user) and request is not None:
        messages.warning(request, _("Your link to a calendar was ended. Make a new one where you need it."))


@receiver(post_delete, sender=Authenticator)
def _factor_removed(instance: Authenticator, **kwargs: Any) -> None:
    """The same where a second step was taken away. Recovery codes go whenever new ones are made."""
    user = User.objects.filter(pk=instance.user_id).first()
    if user is not None and instance.type != Authenticator.Type.RECOVERY_CODES:
        _end_all_of_account(user)


def _end_all_of_account(user: User) -> int:
    """End the links that an account has, in all practices; return how many those were."""
    with tenancy.signing_in(user.pk):
        practices = {one.practice_id for one in identity.all_of(user)}
    ended = 0
    for practice_id in practices:
        with tenancy.acting(tenancy.as_system(practice_id)):
            ended += PersonCalendar.objects.filter(client__user=user).exclude(digest="").update(digest="")
            ended += StaffCalendar.objects.filter(user_id=user.pk).exclude(digest="").update(digest="")
    return ended


def proved(text: str) -> tuple[Any, Identity]:
    """Return the row that a link proves, and who it is of; raise :class:`Refused`. Nobody needs to be bound."""
    practice_id, row_id, secret = _parts(text)
    with tenancy.acting(tenancy.as_system(practice_id)):
        row: Any = PersonCalendar.objects.select_related("client").filter(pk=row_id).first()
        row = row or StaffCalendar.objects.select_related("membership").filter(pk=row_id).first()
        known = row.digest if row is not None and row.is_on else "0" * 64
        if not hmac.compare_digest(known, bearers.digest(secret)) or row is None:
            raise Refused
        user_id = _user_of(row)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise Refused
    if isinstance(row, PersonCalendar):
        return row, Identity(user, practice_id, person=row.client)
    return row, Identity(user, practice_id, membership=row.membership)


def asker_of(who: Identity) -> tenancy.Asker:
    """Return what a calendar is read as: its owner, with the couples that are theirs at this moment.

    A screen that is shared meanwhile changes nothing in a calendar, which is fetched by a program far away.
    """
    return tenancy.scoped(replace(who.asker(), sharing=None))


def _user_of(row: Any) -> uuid.UUID | None:
    if isinstance(row, PersonCalendar):
        return None if row.client.erased_at else row.client.user_id
    works_here = row.membership.ended_at is None and row.membership.is_clinician
    return row.membership.user_id if works_here else None


def _parts(text: str) -> tuple[uuid.UUID, uuid.UUID, bytes]:
    try:
        return bearers.parts(text)
    except bearers.NoBearer:
        raise Refused from None
