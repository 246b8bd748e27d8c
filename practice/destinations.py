"""Where a request leads, for what asks before Django does: looked up once for all of them.

It is kept apart from ``request.resolver_match``, which says that a view was reached.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

_FOUND = "_leads_to"


def of(request: HttpRequest) -> ResolverMatch | None:
    """Return what a request's address leads to, None for an address that nobody has."""
    if _FOUND not in request.__dict__:
        request.__dict__[_FOUND] = _look_up(request.path_info)
    found: ResolverMatch | None = request.__dict__[_FOUND]
    return found


def name_of(request: HttpRequest) -> str:
    """Return the name of a request's address, empty where it has none."""
    found = of(request)
    return found.url_name or "" if found else ""


def _look_up(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None
