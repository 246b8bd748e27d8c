"""Telling people that something about how they sign in has changed: first in their own account, then outside.

Outside, it goes by what an upper app registers as a person's safe contact; who has none is not written to. Staff
get a neutral letter to the address they sign in with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from practice import mailboxes, tenancy, unwaited
from practice.ids import uuid7
from practice.models import AccountEvent, Membership, User

What = AccountEvent.What

#: Given a user and what happened, plans the message by the person's safe contact; True where that is theirs to do.
Teller = Callable[[User, str], bool]
_tellers: list[Teller] = []

#: Given a user, tells whether a letter may leave to the mailbox they sign in with at this moment.
Gate = Callable[[User], bool]
_gates: list[Gate] = []

#: Too ordinary to be written about.
QUIET = frozenset({What.NEW_BROWSER, What.OPENED_AGAIN})


def register(teller: Teller) -> Teller:
    """Let the app that knows somebody's safe contact take notices there."""
    _tellers.append(teller)
    return teller


def register_gate(gate: Gate) -> Gate:
    """Let the app that knows somebody's safe contact hold back letters to the account's own mailbox."""
    _gates.append(gate)
    return gate


def may_leave_now(address: str) -> bool:
    """Tell whether a letter about signing in may leave to this address now.

    An address that nobody signs in with is looked up alike, for the sake of the time that it takes.
    """
    user = mailboxes.account_of(address) or User(pk=uuid7(), email=mailboxes.normal(address))
    return all(gate(user) for gate in _gates)


def tell(user: User, what: str) -> None:
    """Write down what happened in the user's account, and tell them outside where that is safe."""
    AccountEvent.objects.create(user=user, what=what, at=timezone.now())
    if what in QUIET:
        return
    taken = [teller(user, what) for teller in _tellers]
    if not any(taken) and _is_staff(user):
        _write_to(user)


def _write_to(user: User) -> None:
    letter = EmailMessage(
        render_to_string("account/email/security_notice_subject.txt").strip(),
        render_to_string("account/email/security_notice_message.txt").strip(),
        settings.DEFAULT_FROM_EMAIL,
        [user.email],
    )
    # What was changed stays changed, whether it leaves or not, and no page waits for a mail server.
    unwaited.begin(partial(unwaited.carry, letter))


def _is_staff(user: User) -> bool:
    with transaction.atomic():
        tenancy.bind_user(user.pk)
        return Membership.objects.filter(user=user, ended_at=None).exists()
