"""Who a signed-in user is here: a member of staff, or a client, in one practice at a time."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from practice import narrow, roles, tenancy, through_provider
from practice.models import Membership, User
from practice.tenancy import Asker
from practice.written import Written

#: Which practice a user with several has chosen, kept in the session.
CHOICE = "practice"


@dataclass(frozen=True)
class Identity:
    """One of the things a user is. Exactly one of ``membership`` and ``person`` is set."""

    user: User
    practice_id: uuid.UUID
    membership: Membership | None = None
    person: Any = None

    def asker(self, closed: str = "") -> Asker:
        role = self.membership.database_role if self.membership else roles.PORTAL
        return Asker(
            role=role,
            practice_id=self.practice_id,
            user_id=self.user.pk,
            person_id=self.person.pk if self.person else None,
            sharing=self.membership.shares_with if self.membership else None,
            closed=closed if self.person else "",
        )


PersonFinder = Callable[[User], list[Any]]
_person_finders: list[PersonFinder] = []


def register_person_finder(finder: PersonFinder) -> PersonFinder:
    """Let the app that knows clients say which of them a user is."""
    _person_finders.append(finder)
    return finder


def is_person(user_id: uuid.UUID) -> bool:
    """Tell whether a user is somebody's client, in whatever practice. Needs the login role with that user bound."""
    return any(finder(User(pk=user_id)) for finder in _person_finders)


_WORKS: Written[Membership] = Written(
    lambda user: Membership.objects.filter(user_id=user, ended_at=None).order_by("joined_at"), user=uuid.UUID
)


def all_of(user: User) -> list[Identity]:
    """Return everything ``user`` is, staff before client. Needs :func:`tenancy.bind_user` before."""
    staff = _WORKS.all(user=user.pk)
    people = [person for finder in _person_finders for person in finder(user)]
    return [
        *(Identity(user, one.practice_id, membership=one) for one in staff),  # type: ignore[arg-type]
        *(Identity(user, one.practice_id, person=one) for one in people),
    ]


ZoneFinder = Callable[[Any], str]
_zone_finders: list[ZoneFinder] = []


def register_zone_finder(finder: ZoneFinder) -> ZoneFinder:
    """Let the app that knows clients say by which clock one of them is reached; empty where it is not known."""
    _zone_finders.append(finder)
    return finder


def here(request: HttpRequest) -> list[Identity]:
    """Return what of all that a user is this sign-in reaches. Needs :func:`tenancy.bind_user` before."""
    return through_provider.reaches(request, all_of(request.user))  # type: ignore[arg-type]


def of(request: HttpRequest) -> Identity | None:
    """Return the identity the request acts under: the chosen one, else the first; None for nobody."""
    found = here(request)
    token = getattr(request, "token", None)
    if token is not None:
        return next((one for one in found if one.membership and one.membership.pk == token.membership_id), None)
    lent = narrow.of(request)
    if lent is not None:
        return next((one for one in found if one.person and str(one.person.pk) == lent.person_id), None)
    sharing = next((one for one in found if one.membership and one.membership.shares_with), None)
    if sharing is not None:
        return sharing  # whatever else they are waits until nobody looks along
    chosen = request.session.get(CHOICE)
    for one in found:
        if str(one.practice_id) == chosen:
            return one
    return found[0] if found else None


def still(asker: Asker) -> Asker | None:
    """Return a member of staff's asker as things stand now, None when they work here no more.

    For what outlasts its request: each piece of a download is read by who may read it then.
    """
    with tenancy.acting(replace(asker, role=roles.SYSTEM)):
        member = Membership.objects.filter(user_id=asker.user_id, ended_at=None).first()
    if member is None:
        return None
    bare = replace(asker, role=member.database_role, couples=(), people=(), emergencies=(), notes=())
    return tenancy.scoped(bare)


def has_second_factor(user: Any) -> bool:
    """Tell whether a user signs in with two things."""
    return bool(is_mfa_enabled(user))


def second_factor_missing(user: Any) -> bool:
    """Tell whether a member of staff still has to set up a second factor."""
    return settings.STAFF_NEED_SECOND_FACTOR and not is_mfa_enabled(user)


def needs_second_factor(request: HttpRequest) -> bool:
    """Tell whether a member of staff has to set up a second factor before this sign-in opens anything."""
    through = through_provider.of(request)
    return second_factor_missing(request.user) and not (through is not None and through.has_factor)


def zone_of(request: Any) -> zoneinfo.ZoneInfo:
    """Return the zone the person lives in: times on pages are theirs.

    A client's is the one that their reminders go by, whoever said it last; an account has one of its own for the desk.
    """
    own = next(filter(None, (finder(request.person) for finder in _zone_finders)), "") if request.person else ""
    name = own or request.user.time_zone
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return request.practice.zone
