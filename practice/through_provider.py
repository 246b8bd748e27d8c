"""What a sign-in through a practice's provider reaches: this one practice, as staff, and nothing else of the account.

Whoever runs that provider can come in as anybody they like who is linked there. So such a sign-in never reaches
another practice, what the same person is as somebody's client, or how the account is signed in to: no password,
address or second step is changed in it, no invitation accepted.

And the other way round: where a practice lets staff in through its provider alone, a sign-in by password reaches
everything of theirs but that practice. Owners always have both ways.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from practice import destinations, tenancy
from practice.models import Membership, ProviderLink, SignInDoor, User

#: How allauth's record of a sign-in calls this way.
METHOD = "openid_connect"
#: In a session that came this way: practice, link, and whether the provider showed a second step.
KEY = "through_provider"
#: In a session that came another way: practices that it does not reach.
ELSEWHERE_ONLY = "only_by_provider"

#: Where a path begins that is about the account, and not about the practice.
OF_THE_ACCOUNT = ("/account/", "/join/", "/choose/", "/sign-up/")
#: What of that is open all the same: ending it, staying, showing once more who one is.
OPEN = frozenset(
    {
        "account_logout", "account_login", "account_reauthenticate", "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn", "provider_again", "provider_limits", "still_here", "rest", "kept_form", "closed",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Through:
    """What the session says of such a sign-in."""

    practice_id: uuid.UUID
    link_id: uuid.UUID
    #: The provider showed a second step, and the practice lets it count.
    has_factor: bool


def of(request: HttpRequest) -> Through | None:
    """Return what a request's session says, None for one that came another way."""
    session = getattr(request, "session", None)
    held = session.get(KEY) if session is not None else None
    if not held:
        return None
    return Through(uuid.UUID(held["practice"]), uuid.UUID(held["link"]), bool(held["factor"]))


def record_of(records: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the record of the way in through a provider among those of a sign-in, whichever other ones there are."""
    return next((one for one in records if one.get("method") == METHOD and not one.get("reauthenticated")), None)


def begin(request: HttpRequest, user: User) -> bool:
    """Write in a new session what it reaches; tell whether it came through a provider."""
    record = record_of(get_authentication_records(request, user))
    if record is not None:
        request.session[KEY] = {name: record[name] for name in ("practice", "link", "factor")}
        return True
    closed = closed_to_password(user)
    if closed:
        request.session[ELSEWHERE_ONLY] = closed
    return False


def closed_to_password(user: User) -> list[str]:
    """Return the practices that this user, who came in by their own means, does not reach so.

    Whoever is linked is held by that, too: another address of theirs is no way around. Whoever is barred stays so while
    single sign-on is off.
    """
    domain = user.email.rpartition("@")[2]
    with tenancy.signing_in(user.pk):
        links = {one.practice_id: one for one in ProviderLink.objects.filter(user_id=user.pk, ended_at=None)}
        barred = {one.practice_id for one in links.values() if one.barred_at}
        works = Membership.objects.filter(user=user, ended_at=None).exclude(role=Membership.Role.OWNER)
        ids = list(works.values_list("practice_id", flat=True))
        doors = SignInDoor.objects.filter(practice_id__in=ids) if ids else []
        required = {
            one.practice_id for one in doors
            if domain in one.only_way_for or (one.only_way_for and one.practice_id in links)
        }  # fmt: skip
    return [str(one) for one in ids if one in required | barred]


def reaches(request: HttpRequest, found: list[Any]) -> list[Any]:
    """Return those of somebody's identities that this sign-in reaches. Needs the user to be bound, and nobody else."""
    session = getattr(request, "session", None)
    through = of(request)
    if through is None:
        closed = session.get(ELSEWHERE_ONLY, ()) if session is not None else ()
        return [one for one in found if not (one.membership and str(one.practice_id) in closed)] if closed else found
    works = [one for one in found if one.membership and one.practice_id == through.practice_id]
    if not works or not ProviderLink.objects.filter(
        pk=through.link_id, user_id=request.user.pk, membership_id=works[0].membership.pk, is_on=True,
        barred_at=None, ended_at=None,
    ).exists():  # fmt: skip
        return []
    return works


class HeldToPractice:
    """Keep a sign-in through a provider out of everything that is the account's, not the practice's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if of(request) is None or not request.path.startswith(OF_THE_ACCOUNT) or not request.user.is_authenticated:
            return self.get_response(request)
        if destinations.name_of(request) in OPEN:
            return self.get_response(request)
        return redirect("provider_limits")
