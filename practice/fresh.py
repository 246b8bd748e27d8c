"""A fresh sign-in before what cannot be undone: the password or second step was given again in the last minutes.

Looks at the session alone, so that it works inside a practice, and never plays back what was sent before: whoever
has signed in once more sees the page again and presses the button themselves.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from practice import through_provider
from practice.access import View


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether whoever asks gave their password or second step again in the last minutes, in this very session.

    Or, where they came in through a practice's provider, signed in there once more.

    Having come in by a code from a mailbox is not enough: others may read that mailbox.
    """
    proofs = [one for one in get_authentication_records(request, request.user) if one.get("reauthenticated")]
    return bool(proofs) and time.time() - proofs[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def ask_again(request: HttpRequest, *, back: str = "") -> HttpResponse:
    """Lead to signing in once more, and from there to ``back``, the path of a page; without it to this one."""
    door = "provider_again" if through_provider.of(request) else "account_reauthenticate"
    there = f"{reverse(door)}?{urlencode({'next': back or request.path})}"
    if request.headers.get("HX-Request"):
        # A part of a page that renews itself: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": there})
    return redirect(there)


def by_own_means(view: View) -> View:
    """Let nobody in who came through a provider: it decides neither on itself nor on what needs two people."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("provider_limits") if through_provider.of(request) else view(request, *args, **kwargs)

    return guarded


def after_fresh_sign_in(view: View) -> View:
    """Let a request in only shortly after somebody signed in once more, whatever its method.

    The first sign-in never counts, however recent: only a password or second step given again in that session
    (:func:`is_fresh`), within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if is_fresh(request) else ask_again(request)

    guarded.asks_who_it_is = True  # type: ignore[attr-defined]
    return guarded
