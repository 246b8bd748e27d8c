"""The portal's door: for clients who have read and agreed."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework.exceptions import PermissionDenied

from clients import consents
from practice.access import View, for_clients


def for_consenting_clients(view: View) -> View:
    """Let clients in who have agreed to everything in its present words; lead others to the welcome.

    Anybody who is no client finds the same 404 as for an unknown page.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if consents.missing_at_first(request.person):  # type: ignore[attr-defined]
            return redirect("welcome")
        return view(request, *args, **kwargs)

    return for_clients(guarded)


def for_consenting_callers(view: View) -> View:
    """Let in by the API whom :func:`for_consenting_clients` lets in; tell others to agree first."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if consents.missing_at_first(request.person):
            raise PermissionDenied("Agree first: the portal's welcome page says to what.", "agree_first")
        return view(request, *args, **kwargs)

    return for_clients(guarded)
