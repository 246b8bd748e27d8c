"""Sessions as Django keeps them; whoever signed in with one comes along, in the same trip to the database.

What came along counts where the session itself says the same. Where anything differs (nobody's sign-in has this key,
the account was closed, the password is another one since), Django's own way decides.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from practice import identity, tenancy
from practice.identity import Identity
from practice.models import User
from practice.written import Written, together

_SESSION: Written[Session] = Written(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), key=str, now=datetime.datetime
)
_USER: Written[User] = Written(lambda: User.objects.filter(pk=identity.BoundUser()))


class Along(NamedTuple):
    """Who signed in with a session, and all that they are."""

    user: User
    identities: list[Identity]


class SessionStore(db.SessionStore):
    #: As it stood when the session was read; None where nobody came along.
    along: Along | None = None

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        if key is None:
            return None
        own = (_SESSION.of(key=key, now=timezone.now()), _USER.of())
        sessions, users, *rows = together(*own, *identity.asked_of_bound_user(), bind=tenancy.signed_in_with(key))
        if connection.in_atomic_block:
            tenancy.bind_user("")  # there it would hold on
        if not sessions:
            self._session_key = None
            return None
        self.along = Along(users[0], identity.made_of(users[0], *rows)) if users else None
        return sessions[0]


def identities_of(request: HttpRequest) -> list[Identity] | None:
    """Return all that the user of a request is, as it stood when the session was read; None where it was not asked."""
    found: Along | None = getattr(request.session, "along", None)
    return found.identities if found and found.user.pk == request.user.pk else None


class WhoSignedIn(AuthenticationMiddleware):
    """Take the user who came along with the session, where the session proves that it is theirs."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _proved(request.session) or get_user(request))  # type: ignore[assignment]


def _proved(session: SessionBase) -> User | None:
    user_id = session.get(SESSION_KEY)  # reads the session
    found: Along | None = getattr(session, "along", None)
    if found is None or user_id != str(found.user.pk) or not found.user.is_active:
        return None
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    proof = session.get(HASH_SESSION_KEY) or ""
    return found.user if constant_time_compare(proof, found.user.get_session_auth_hash()) else None
