"""One's own sign-ins: where they are, how to end them, and what waits after one has ended by itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from practice import identity, signing_in, still_here, tenancy, through_provider
from practice.access import read_or_send
from practice.fresh import after_fresh_sign_in
from practice.models import AccountEvent, SignIn

#: So many of the latest changes are shown.
LATELY = 20
#: Where the pages are that a sign-in through a practice's provider reaches.
STAFF_PAGES = "/desk/"


@require_safe
@after_fresh_sign_in
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in, and what changed lately about how they are: for their own eyes.

    After a fresh sign-in, like both endings: whoever finds a phone unlocked does not learn where else they are.
    """
    key = request.session.session_key
    rows = [(one, one.session_key == key) for one in signing_in.of_user(request.user)]  # type: ignore[arg-type]
    rows.sort(key=lambda row: not row[1])
    events = AccountEvent.objects.filter(user=request.user).order_by("-at", "-pk")[:LATELY]
    zone = request.user.zone  # type: ignore[union-attr]
    return render(request, "practice/sign_ins.html", {"rows": rows, "events": events, "zone": zone})


@require_POST
@after_fresh_sign_in
def sign_in_end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End one sign-in of one's own, somewhere else or here."""
    one = SignIn.objects.filter(user=request.user, pk=pk).first()
    if one is None:
        raise Http404
    if one.session_key == request.session.session_key:
        logout(request)
        return redirect("account_login")
    signing_in.end([one])
    messages.success(request, _("That sign-in is ended."))
    return redirect("sign_ins")


@require_POST
@after_fresh_sign_in
def sign_ins_end_others(request: HttpRequest) -> HttpResponse:
    """End all sign-ins but this one."""
    signing_in.end_all(request.user, but=request.session.session_key or "")  # type: ignore[arg-type]
    messages.success(request, _("You are signed in only here now."))
    return redirect("sign_ins")


@require_POST
def still_here_press(request: HttpRequest) -> HttpResponse:
    """Somebody says that they are still there: the middleware has noted it."""
    return HttpResponse(status=204)


@require_POST
def rest(request: HttpRequest) -> HttpResponse:
    """End a sign-in at which nobody has done anything for a while; what the page held waits for its owner."""
    still_here.end_keeping(request, request.POST.get("path", ""), request.POST.lists())
    return HttpResponse(status=204)


@read_or_send
def kept_form(request: HttpRequest) -> HttpResponse:
    """What somebody sent when their sign-in was over: shown to them again, to be sent or let go."""
    if request.method == "POST":
        still_here.forget_kept(request)
        return redirect("home")
    if signing_in.closed_since(request):
        return redirect("closed")  # it waits for an open sign-in: whoever has the mailbox has not written it
    found = still_here.kept(request)
    if found is None:
        return redirect("home")
    if through_provider.of(request) and not found["path"].startswith(STAFF_PAGES):
        return redirect("home")  # what the same person typed elsewhere waits for a sign-in of their own
    texts = [text for _name, values in found["fields"] for text in values if len(text) > 2 and " " in text]
    fields = [(name, value) for name, values in found["fields"] for value in values]
    return render(request, "practice/kept_form.html", {"path": found["path"], "fields": fields, "texts": texts})


@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    """Why something private is not shown, and what opens it."""
    if not signing_in.closed_since(request):
        return redirect("home")
    recovery = signing_in.open_recovery(request.user)  # type: ignore[arg-type]
    code = signing_in.code_to_show(request)
    shown = {"recovered": recovery is not None, "code": f"{code[:3]} {code[3:]}" if code else ""}
    return render(request, "practice/closed.html", {**shown, **_ways(request)})


def _ways(request: HttpRequest) -> dict[str, Any]:
    tenancy.bind_user(request.user.pk)  # type: ignore[arg-type]
    who = identity.of(request)
    return {
        "has_factor": identity.has_second_factor(request.user),
        "is_client": who is not None and who.person,
        "is_staff": who is not None and who.membership is not None,
    }
