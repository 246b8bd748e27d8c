"""Doors: which kind of person a view is for. Everybody else finds the same 404 as for an unknown page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from practice import audit, roles, tenancy
from practice.models import Membership, Practice

View = Callable[..., HttpResponse]

#: For a page with a form that is sent to its own address.
read_or_send = require_http_methods(["GET", "HEAD", "POST"])


class PracticeRequest(HttpRequest):
    """A request of a member of staff."""

    practice: Practice
    membership: Membership
    htmx: Any


class PortalRequest(HttpRequest):
    """A request of a client."""

    practice: Practice
    person: Any
    htmx: Any
    #: Their sign-in shows no more than that somebody reads their mailbox: it reads nothing private back.
    is_closed: bool


def for_staff(view: View) -> View:
    """Let any member of staff in."""
    return _only(view, lambda request: request.membership is not None)


def for_office(view: View) -> View:
    """Let any member of staff in; an owner also where a couple is not theirs, and then as the office sees it.

    An owner is a clinician among their own couples and runs the office of all others: names, dates, addresses,
    and no answer. The database holds it: there the view runs as a coordinator.
    """

    @wraps(view)
    def by_turns(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.membership.runs_practice or request.membership.shares_with:
            return view(request, *args, **kwargs)
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return _in_office(view)(request, *args, **kwargs)

    return for_staff(by_turns)


def for_whole_office(view: View) -> View:
    """Let any member of staff in, an owner as the office sees it: for lists of all couples."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        alone = request.membership.runs_practice and not request.membership.shares_with
        inside = _in_office(view) if alone else view
        return inside(request, *args, **kwargs)

    return for_staff(guarded)


def _in_office(view: View) -> View:
    @wraps(view)
    def as_coordinator(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        asker = tenancy.current()
        if asker is None:
            raise tenancy.NoPractice("An office is some practice's.")
        request.membership.in_office = True
        with tenancy.acting(replace(asker, role=roles.COORDINATOR)):
            return view(request, *args, **kwargs)

    return as_coordinator


def for_clinicians(view: View) -> View:
    """Let those in who may read answers: owners, supervisors, therapists."""
    return _only(view, lambda request: request.membership is not None and request.membership.is_clinician)


def for_owners(view: View) -> View:
    """Let those in who run the practice."""
    return _only(view, lambda request: request.membership is not None and request.membership.runs_practice)


def for_leads(view: View) -> View:
    """Let those in who may be the second person of an act: owners and supervisors."""
    return _only(view, lambda request: request.membership is not None and request.membership.leads)


def for_clients(view: View) -> View:
    """Let clients in who have accepted their invitation."""
    return _only(view, lambda request: request.person is not None)


def _only(view: View, allowed: Callable[[Any], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not allowed(request):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def page_or_part(request: Any, template: str, part: str) -> str:
    """Return the template, or only its named part when htmx asks for an update of it.

    Such a part holds no words of clients: it is asked for every second, or at every key, and leaves no line.
    """
    if not request.htmx or request.htmx.boosted:
        return template
    audit.nothing_told()
    return f"{template}#{part}"
