"""Who a signed-in user is here: a member of staff, or a client, in one practice at a time."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import models
from django.http import HttpRequest

from practice import narrow, roles, tenancy, through_provider
from practice.models import Membership, Practice, User
from practice.tenancy import Asker
from practice.walls import USER
from practice.written import Asked, Written, together

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


class BoundUser(models.Func):
    """The user that :func:`tenancy.bind_user` or :func:`tenancy.signed_in_with` bound, for use in queries."""

    template = USER

    def __init__(self, **extra: Any) -> None:
        super().__init__(output_field=models.UUIDField(), **extra)


_WORKS: Written[Membership] = Written(
    lambda: Membership.objects.filter(user_id=BoundUser(), ended_at=None).order_by("joined_at")
)
_people: list[Written[Any]] = []


def register_people(query: Written[Any]) -> None:
    """Let the app that knows clients say which of them the bound user is."""
    _people.append(query)


def is_person() -> bool:
    """Tell whether the bound user is somebody's client, in whatever practice. Needs the login role."""
    return any(one.all() for one in _people)


def asked_of_bound_user() -> list[Asked[Any]]:
    """Return what tells what the bound user is, for :func:`made_of`."""
    return [_WORKS.of(), *(one.of() for one in _people)]


def made_of(user: User, staff: list[Membership], *people: list[Any]) -> list[Identity]:
    """Return everything that ``user`` is, staff before client, by the rows of :func:`asked_of_bound_user`."""
    return [
        *(Identity(user, one.practice_id, membership=one) for one in staff),  # type: ignore[arg-type]
        *(Identity(user, one.practice_id, person=one) for found in people for one in found),
    ]


def all_of(user: User) -> list[Identity]:
    """Return everything ``user`` is, staff before client. Needs :func:`tenancy.bind_user` before."""
    return made_of(user, *together(*asked_of_bound_user()))


class Wanted(NamedTuple):
    """What each page wants to know of the client who asks for it: a query for ``client``, and who keeps the rows."""

    query: Written[Any]
    keep: Callable[[Any, list[Any]], None]


_wanted: list[Wanted] = []


def register_wanted(query: Written[Any], keep: Callable[[Any, list[Any]], None]) -> None:
    """Let an app ask something of each client together with what every page asks; ``keep`` takes client and rows."""
    _wanted.append(Wanted(query, keep))


_PRACTICES: Written[Practice] = Written(
    lambda practice_id: Practice.objects.filter(pk=practice_id), practice_id=uuid.UUID
)


def practice_of(who: Identity) -> Practice:
    """Return the practice, with what apps want to know of a client kept on them. Needs them to be bound there."""
    wanted = _wanted if who.person else []
    asked = [one.query.of(client=who.person.pk) for one in wanted]
    [practice], *found = together(_PRACTICES.of(practice_id=who.practice_id), *asked)
    for one, rows in zip(wanted, found, strict=True):
        one.keep(who.person, rows)
    return practice


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
    """Return the identity the request acts under: the chosen one, else the first; None for nobody.

    Needs :func:`tenancy.bind_user` before.
    """
    return chosen(request, here(request))


def chosen(request: HttpRequest, found: list[Identity]) -> Identity | None:
    """Return which of these the request acts under."""
    token = getattr(request, "token", None)
    if token is not None:
        return next((one for one in found if one.membership and one.membership.pk == token.membership_id), None)
    lent = narrow.of(request)
    if lent is not None:
        return next((one for one in found if one.person and str(one.person.pk) == lent.person_id), None)
    sharing = next((one for one in found if one.membership and one.membership.shares_with), None)
    if sharing is not None:
        return sharing  # whatever else they are waits until nobody looks along
    choice = request.session.get(CHOICE)
    for one in found:
        if str(one.practice_id) == choice:
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
