"""A narrow sign-in: one person on somebody else's phone, for one thing and for a short while.

It reaches the pages that an upper app registers for it, about the one thing it was given for. Leaving and help
are always there. Whatever closes the thing ends the sign-in; everything else is the same 404 as for an unknown
page. It ends by itself when nothing happens for :data:`IDLE`.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch
from django.utils import timezone

from practice import destinations
from practice.models import User
from practice.views import errors

KEY = "narrow"
IDLE = datetime.timedelta(minutes=15)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

#: Open to it beside its own pages: they know nobody, or end it.
ALWAYS = frozenset({"leave", "portal_help", "portal_limits"})
HOME = "home"


@dataclass(frozen=True)
class Reach:
    """The pages of the one thing: ``argument`` names it in their paths, ``start`` is the first of them.

    A visit to one of ``closing`` means that the thing is done: the sign-in ends and ``end`` is shown.
    """

    argument: str
    start: str
    pages: frozenset[str]
    closing: frozenset[str]
    end: str


_reach: list[Reach] = []


def register(reach: Reach) -> None:
    """Let the app that knows the thing say which pages belong to it."""
    _reach[:] = [reach]


@dataclass(frozen=True)
class Narrow:
    """What the session says of a narrow sign-in."""

    person_id: str
    about: str
    seen: float

    @property
    def is_over(self) -> bool:
        return timezone.now().timestamp() - self.seen > IDLE.total_seconds()


def begin(request: HttpRequest, user: User, *, person_id: uuid.UUID, about: uuid.UUID) -> None:
    """Sign ``user`` in for one thing. Whatever the browser's session held before is gone."""
    logout(request)
    login(request, user, backend=BACKEND)
    request.session[KEY] = {"person": str(person_id), "about": str(about), "seen": timezone.now().timestamp()}
    request.session.set_expiry(int(IDLE.total_seconds()))  # from the last touch on, not from now


def sign_out(request: HttpRequest, keeping: dict[str, Any]) -> None:
    """End the sign-in as soon as this request is answered; the new, empty session holds only ``keeping``."""
    request.ended_with = keeping  # type: ignore[attr-defined]


def of(request: HttpRequest) -> Narrow | None:
    """Return what narrow sign-in a request comes with; None for an ordinary one and for nobody."""
    session = getattr(request, "session", None)
    held = session.get(KEY) if session is not None else None
    return Narrow(held["person"], held["about"], held["seen"]) if held else None


class NarrowSignIn:
    """Hold a narrow sign-in to its pages. Stands before anything else asks who somebody is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = of(request)
        if found is None or not _reach:
            return self._answered(request)
        reach, match = _reach[0], destinations.of(request)
        name = match.url_name if match else ""
        mine = match is not None and self._is_about(match, reach, found)
        closing = match is not None and name in reach.closing and (mine or not match.kwargs)
        if found.is_over or closing or name == reach.end:
            logout(request)
            return self.get_response(request) if name in {reach.end, *ALWAYS} else redirect(reach.end)
        if name == HOME:
            return redirect(reach.start, found.about)
        if name in ALWAYS or (mine and name in reach.pages):
            request.session[KEY] = {**request.session[KEY], "seen": timezone.now().timestamp()}
            return self.get_response(request)
        return errors.not_found(request, Http404())

    def _answered(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        keeping = getattr(request, "ended_with", None)
        if keeping is not None and response.status_code < 400:
            logout(request)
            request.session.update(keeping)
        return response

    @staticmethod
    def _is_about(match: ResolverMatch, reach: Reach, found: Narrow) -> bool:
        return str(match.kwargs.get(reach.argument)) == found.about
