"""Doors: which kind of person a view is for. Everybody else finds the same 404 as for an unknown page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from practice.models import Membership, Practice

View = Callable[..., HttpResponse]


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


def for_staff(view: View) -> View:
    """Let any member of staff in."""
    return _only(view, lambda request: request.membership is not None)


def for_clinicians(view: View) -> View:
    """Let those in who may read answers: owners, supervisors, therapists."""
    return _only(view, lambda request: request.membership is not None and request.membership.sees_answers)


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
    """Return the template, or only its named part when htmx asks for an update of it."""
    asked = request.htmx and not request.htmx.boosted
    return f"{template}#{part}" if asked else template
