"""The shared screen: a therapist and a couple look at the same thing, and nothing private is there.

While it is on, the database shows this member of staff of one couple only what every partner in the room may read
by themselves: what one of them wrote to the therapist alone, what is still sealed, notes, signals and letters do not
exist, in whatever browser they sign in. Pages that were not made for it are not there either. It ends with a fresh
sign-in: whoever picks up the laptop does not get out of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from practice import audit, tenancy
from practice.models import Membership
from practice.views import errors

#: The page that stands in for all others.
SCREEN = "shared_screen"
#: What leads there instead of nowhere.
FRONT = frozenset({"home", "desk", "couple"})

_open: set[str] = {SCREEN, "shared_screen_end"}


def let_in(*names: str) -> frozenset[str]:
    """Let an app say which of its pages know nothing but what the shared screen may show; return all of them."""
    _open.update(names)
    return frozenset(_open)


def begin(member: Membership, couple_id: uuid.UUID) -> None:
    """Share the screen with a couple from now on. It is written down with its time."""
    _set(member, couple_id)
    audit.looked("shared the screen with", "clients_couple", couple_id)


def end(member: Membership) -> None:
    """Have everything back. It is written down with its time."""
    couple_id = member.shares_with
    if couple_id is None:
        return
    _set(member, None)
    audit.looked("stopped sharing the screen with", "clients_couple", couple_id)


def _set(member: Membership, couple_id: uuid.UUID | None) -> None:
    since = timezone.now() if couple_id else None
    with tenancy.elevated():
        Membership.objects.filter(pk=member.pk).update(shares_with=couple_id, shares_since=since)
    member.shares_with, member.shares_since = couple_id, since


def signed_in_since(request: HttpRequest, member: Membership) -> bool:
    """Tell whether somebody proved who they are after the screen was shared: in this browser, by password or key."""
    if member.shares_since is None:
        return True
    proofs = get_authentication_records(request, request.user)
    return any(one["at"] > member.shares_since.timestamp() for one in proofs)


class SharedScreen:
    """Keep a shared screen to the pages that were made for it. Everything else is the 404 of an unknown page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        member = getattr(request, "membership", None)
        if member is None or member.shares_with is None or request.resolver_match is None:
            return None
        name = request.resolver_match.url_name
        if name in _open:
            return None
        if name in FRONT and request.method in ("GET", "HEAD"):
            return redirect(SCREEN)
        return errors.not_found(request, Http404())
