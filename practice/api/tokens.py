"""Access tokens: how a program signs in as a member of staff, for some things and for some time.

A token names its practice and its row, so that both can be bound before anything is believed, and proves itself with
32 bytes that nobody can guess. Only their hash is stored: whoever has the database has no token. Whoever issues
tokens for OAuth one day replaces :func:`proved` and nothing else.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import secrets
import uuid

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from practice import bearers, notices, tenancy, vault
from practice.models import AccessToken, AccountEvent, Membership, User
from practice.written import Written

#: So that scanners for secrets know one when it stands where it should not.
PREFIX = "attune_"
LONGEST = datetime.timedelta(days=366)
#: How exactly the last use is kept.
GRAIN = datetime.timedelta(minutes=10)


_TOKEN: Written[AccessToken] = Written(
    lambda token: AccessToken.objects.select_related("membership").filter(pk=token), token=uuid.UUID
)
_USER: Written[User] = Written(lambda user: User.objects.filter(pk=user, is_active=True), user=uuid.UUID)


class Refused(Exception):
    """No token, a wrong one, one that has ended, or one of somebody who works here no more: all the same."""


def issue(
    membership: Membership, *, name: str, scopes: list[str], expires_at: datetime.datetime, draft: str = ""
) -> tuple[AccessToken, str]:
    """Make a token for a member of the bound practice; return it and its text, which is known only now.

    A form that is sent twice carries the same ``draft`` and says the same: it is answered with the same token (see
    :func:`new_draft`). Raises :class:`ValueError` for an end that has passed or lies further away than
    :data:`LONGEST`.
    """
    if not timezone.now() < expires_at <= timezone.now() + LONGEST:
        raise ValueError("A token ends within a year.")
    secret = _secret_of(draft or new_draft(), membership, name, *sorted(set(scopes)), str(expires_at.date()))
    token = _made_before(secret, membership)
    if token is None:
        with tenancy.elevated():  # the office has no key to what is sealed, and names its tokens all the same
            token = AccessToken.objects.create(
                membership=membership,
                user_id=membership.user_id,
                name=name,
                scopes=sorted(set(scopes)),
                expires_at=expires_at,
                digest=bearers.digest(secret),
            )
        tell(token, AccountEvent.What.TOKEN_MADE)
    return token, PREFIX + bearers.written(tenancy.current_practice_id(), token.pk, secret)


def new_draft() -> str:
    """Return what a form for a new token carries. Nothing of it is stored.

    The token's secret comes from it and from the key of this installation: the form alone opens nothing, and neither
    does the key.
    """
    return secrets.token_urlsafe(bearers.SECRET_BYTES)


def _secret_of(draft: str, membership: Membership, *said: str) -> bytes:
    what = json.dumps([draft, str(membership.pk), *said]).encode()
    return hmac.new(vault.secret_for("access tokens"), what, hashlib.sha256).digest()


def _made_before(secret: bytes, membership: Membership) -> AccessToken | None:
    """Return the token that was made with this secret. Of two that ask at the same time the second waits."""
    digest = bearers.digest(secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])
    return AccessToken.objects.filter(membership=membership, digest=digest).first()


def open_of(membership: Membership) -> list[AccessToken]:
    """Return somebody's tokens that open something, newest first."""
    with tenancy.elevated():
        found = list(_open().filter(membership=membership))
        for one in found:
            str(one.name)  # opened here: the office has no key to what is sealed
    return found


def open_of_others(owner: Membership) -> list[AccessToken]:
    """Return the tokens of everybody else in the practice, for an owner, who answers for what they open."""
    with tenancy.elevated():
        return list(_open().exclude(membership=owner).order_by("membership__name", "-pk"))


def withdraw(token_id: uuid.UUID, *, by: Membership) -> None:
    """Let a token open nothing any more, from the next request on: one's own, or, for an owner, anybody's.

    Whose it is reads of it in their account. Raises :class:`AccessToken.DoesNotExist` for any other.
    """
    with tenancy.elevated():
        theirs = _open() if by.runs_practice else _open().filter(membership=by)
        token = theirs.get(pk=token_id)
        token.ended_at = timezone.now()
        token.save(update_fields=["ended_at"])
    tell(token, AccountEvent.What.TOKEN_ENDED)


def end_all(member: Membership) -> None:
    """End a member's tokens: they leave, or are something else from now on. Whoever comes back makes new ones."""
    with tenancy.elevated():
        AccessToken.objects.filter(membership=member, ended_at=None).update(ended_at=timezone.now())


def end_all_of_account(user: User) -> int:
    """End the tokens that an account has in all practices, and tell its owner; return how many those were."""
    with tenancy.signing_in(user.pk):
        practices = list(Membership.objects.filter(user=user).values_list("practice_id", flat=True))
    ended, now = 0, timezone.now()
    for practice_id in practices:
        with tenancy.acting(tenancy.as_system(practice_id)):
            ended += AccessToken.objects.filter(user_id=user.pk, ended_at=None, expires_at__gt=now).update(ended_at=now)
    if ended:
        with tenancy.signing_in(user.pk):
            notices.tell(user, AccountEvent.What.TOKENS_ENDED)
    return ended


def tell(token: AccessToken, what: str) -> None:
    """Write down in the account of a token's owner what became of it, and tell them outside."""
    with tenancy.signing_in(token.user_id):
        notices.tell(User.objects.get(pk=token.user_id), what)


def _open() -> QuerySet[AccessToken]:
    rows = AccessToken.objects.select_related("membership").filter(ended_at=None, expires_at__gt=timezone.now())
    return rows.filter(membership__ended_at=None).order_by("-pk")


def proved(text: str) -> AccessToken:
    """Return the token that ``text`` proves, with its membership; raise :class:`Refused`."""
    practice_id, token_id, secret = _parts(text)
    with tenancy.acting(tenancy.as_system(practice_id)):
        token = _TOKEN.first(token=token_id)
        digest = token.digest if token else bearers.digest(b"")
        if not hmac.compare_digest(digest, bearers.digest(secret)) or token is None or not token.is_open:
            raise Refused
        _was_used(token)
        return token


def user_of(token: AccessToken) -> User:
    """Return whose token it is; raise :class:`Refused` for an account that was switched off."""
    user = _USER.first(user=token.user_id)
    if user is None:
        raise Refused
    return user


def _was_used(token: AccessToken) -> None:
    now = timezone.now()
    if token.used_at is None or now - token.used_at > GRAIN:
        AccessToken.objects.filter(pk=token.pk).update(used_at=now)


def _parts(text: str) -> tuple[uuid.UUID, uuid.UUID, bytes]:
    if not text.startswith(PREFIX):
        raise Refused
    try:
        return bearers.parts(text.removeprefix(PREFIX))
    except bearers.NoBearer:
        raise Refused from None
