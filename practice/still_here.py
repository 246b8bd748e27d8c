"""How long a sign-in lasts: a quarter of an hour without an act, half a day in all, for everybody alike.

What a page does by itself (asking for news, saving a draft) is no act of a person: it neither keeps a sign-in
alive nor gets past its end. A form that arrives too late is not done and not lost: it waits, sealed, for the same
person to sign in again.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from practice import destinations, narrow, secret_fields, vault
from practice.models import SignIn

BEGAN, SEEN, KEPT = "began", "seen", "kept"
#: Of a rest, an act is written down at most once in so much: a sign-in may end so much sooner than promised, never
#: later.
GRAINS = 15
#: Bytes of a form that can wait, and how long it does.
LARGEST = 512 * 1024
WAITS = datetime.timedelta(hours=2)
PLACE = "kept form"

#: Addresses that pages call by themselves; upper apps add theirs with :func:`by_itself`.
BY_ITSELF: set[str] = set()
#: How the regions of a page that ask for news again and again say so.
HEADER = "X-By-Itself"
_HEADER = f"HTTP_{HEADER.upper().replace('-', '_')}"


def by_itself(*names: str) -> None:
    """Say that these addresses are called by pages, not by people."""
    BY_ITSELF.update(names)


def begin(request: HttpRequest) -> None:
    """Start the clock of a sign-in."""
    now = timezone.now().timestamp()
    request.session[BEGAN] = request.session[SEEN] = now


def is_over(session: Any) -> bool:
    """Tell whether a sign-in has ended by itself. One that does not say when it began has."""
    now = timezone.now().timestamp()
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    if now - began >= settings.SIGN_IN_LASTS.total_seconds():
        return True
    return narrow.KEY not in session and now - seen >= settings.SIGN_IN_RESTS.total_seconds()


def is_past(one: SignIn, now: datetime.datetime) -> bool:
    """Tell the same of a sign-in as its owner sees it listed."""
    return now - one.began_at >= settings.SIGN_IN_LASTS or now - one.seen_at >= settings.SIGN_IN_RESTS


class StillSignedIn:
    """End what has lasted long enough, before anybody asks who somebody is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY not in request.session:
            return self.get_response(request)
        if is_over(request.session):
            return self._ended(request)
        if not _is_by_itself(request):
            _was_seen(request)
        return self.get_response(request)

    def _ended(self, request: HttpRequest) -> HttpResponse:
        user_id = request.session[SESSION_KEY]
        SignIn.objects.filter(session_key=request.session.session_key).delete()
        name = destinations.name_of(request)
        if name == "rest":
            end_keeping(request, request.POST.get("path", ""), request.POST.lists())
            return HttpResponse(status=204)
        form = None if narrow.KEY in request.session else _form_of(request, name)
        logout(request)
        if form is not None:
            _keep(request, user_id, form)
        if name in ("leave", "account_login", "account_logout") or request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        if "HX-Request" in request.headers or _is_by_itself(request):
            response = HttpResponse(status=401)
            if "HX-Request" in request.headers:
                response["HX-Redirect"] = sign_in_again(urlsplit(request.headers.get("HX-Current-URL", "")).path)
            return response
        if request.method in ("GET", "HEAD"):
            return redirect(sign_in_again(request.get_full_path()))
        return redirect(sign_in_again(reverse("kept_form") if form else ""))


def sign_in_again(then: str) -> str:
    """Return where to sign in again, and where that leads."""
    login = reverse("account_login")
    return f"{login}?{urlencode({'next': then})}" if then.startswith("/") and not then.startswith("//") else login


def _was_seen(request: HttpRequest) -> None:
    now = timezone.now()
    if now.timestamp() - request.session.get(SEEN, 0) >= settings.SIGN_IN_RESTS.total_seconds() / GRAINS:
        request.session[SEEN] = now.timestamp()
        SignIn.objects.filter(session_key=request.session.session_key).update(seen_at=now)


def _is_by_itself(request: HttpRequest) -> bool:
    return _HEADER in request.META or destinations.name_of(request) in BY_ITSELF


# ── forms that came too late ──


def _form_of(request: HttpRequest, name: str) -> dict[str, Any] | None:
    """Return what was sent, as far as it may wait; None where nothing of it may."""
    if request.method != "POST" or not name or name.startswith(("account_", "mfa_")) or name == "leave":
        return None
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return None
    return form_to_keep(request.get_full_path(), request.POST.lists())


def form_to_keep(path: str, fields: Any) -> dict[str, Any] | None:
    """Return a form as it can wait: no secrets, no tokens; None when nothing is left of it."""
    kept = [(name, values) for name, values in fields if not secret_fields.never_waits(name)]
    return {"path": path, "fields": kept} if any(any(values) for _name, values in kept) else None


def end_keeping(request: HttpRequest, path: str, fields: Any) -> None:
    """End a sign-in; what its page held waits for the same person."""
    user_id = request.session[SESSION_KEY]
    local = path.startswith("/") and not path.startswith("//") and len(path) < 1000
    form = form_to_keep(path, [one for one in fields if one[0] != "path"]) if local else None
    logout(request)
    if form is not None:
        _keep(request, user_id, form)


def _keep(request: HttpRequest, user_id: str, form: dict[str, Any]) -> None:
    """Let a form wait in the browser's new, empty session: sealed, and for one user alone."""
    sealed = vault.seal_for_installation(json.dumps(form), f"{PLACE} {user_id}")
    request.session[KEPT] = {"user": user_id, "form": sealed, "at": timezone.now().timestamp()}
    request.session.set_expiry(int(WAITS.total_seconds()))


def kept(request: HttpRequest) -> dict[str, Any] | None:
    """Return the form that waits for the user who is signed in; None when there is none for them."""
    held = request.session.get(KEPT)
    if not held or str(request.user.pk) != held["user"]:
        return None
    if timezone.now().timestamp() - held["at"] > WAITS.total_seconds():
        return None
    found: dict[str, Any] = json.loads(vault.unseal_for_installation(held["form"], f"{PLACE} {held['user']}"))
    return found


def forget_kept(request: HttpRequest) -> None:
    """Throw away the form that waits in this session, whoever's it is."""
    request.session.pop(KEPT, None)


def clear_for(request: HttpRequest) -> None:
    """Somebody signed in: what waits for anybody else goes, and the session lasts as long as any other."""
    held = request.session.get(KEPT)
    if held and held["user"] != request.session.get(SESSION_KEY):
        forget_kept(request)
    if BACKEND_SESSION_KEY in request.session:
        request.session.set_expiry(0)
