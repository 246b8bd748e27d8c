"""The quick exit: ends the session and shows another site, with or without script.

The script's beacon brings along what was typed and not saved yet: it is kept on the server before the session ends,
because nothing of it may stay on the device. What saves itself is saved; any other form waits, sealed, for the same
person to sign in again (:mod:`practice.still_here`).
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from practice import narrow, signing_in, still_here, tenancy
from practice.middleware import SignedIn


def neutral_address() -> str:
    """Where Leave leads: a site anybody might have open, that knows nothing of the reader."""
    return str(settings.ATTUNE_LEAVE_URL)


#: Addresses that keep what is being typed, by name.
_keepers: set[str] = set()
#: So many answers in one beacon; a page has fewer.
MOST = 100


def register_keeper(name: str) -> None:
    """Let an app say which of its addresses keeps what somebody types: one POST, one answer."""
    _keepers.add(name)


def _keep_what_was_typed(request: HttpRequest) -> None:
    """Post each draft of a beacon to its own address, as the one who is leaving. Whatever fails, they leave."""
    path, drafts = request.POST.get("save", ""), request.POST.getlist("draft")[:MOST]
    lent = narrow.of(request)
    if not drafts or not request.user.is_authenticated or (lent is not None and lent.about not in path):
        return
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return
    if match.url_name not in _keepers or CsrfViewMiddleware(_nothing).process_view(request, match.func, (), {}):
        return
    for draft in drafts:
        request.POST = QueryDict(draft)
        with suppress(Exception), tenancy.of_request():
            SignedIn(lambda asked: match.func(asked, *match.args, **match.kwargs)).as_somebody(request)
    for _saved in messages.get_messages(request):
        pass  # what a page would say now is for nobody who sees this browser next


def _end(request: HttpRequest) -> None:
    """End the sign-in. A form that was begun waits for its author; on a lent phone nothing does."""
    form = QueryDict(request.POST.get("form", ""))
    waits = form and request.user.is_authenticated and narrow.of(request) is None
    if waits and CsrfViewMiddleware(_nothing).process_view(request, _nothing, (), {}) is None:
        still_here.end_keeping(request, request.POST.get("path", ""), form.lists())
    else:
        logout(request)


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


# Exempt on purpose: a beacon carries no token, and a forged one could only sign somebody out.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out; the link (GET) goes on to a neutral site, the script's beacon (POST) needs no page.

    Clearing the browser's stores takes time, so only the beacon asks for it: nobody waits for that answer.
    """
    if hasattr(request, "session"):
        if request.method == "POST":
            sent = request.POST
            _keep_what_was_typed(request)
            request.POST = sent
            _end(request)
        else:
            logout(request)
    if request.method == "POST":
        response = HttpResponse(status=204)
        response["Clear-Site-Data"] = signing_in.CLEARED
        return response
    response = HttpResponseRedirect(neutral_address())
    response["Referrer-Policy"] = "no-referrer"
    return response
