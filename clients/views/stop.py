"""Stopping messages from a mail: one click of a mailbox, or a page with a button. Nobody signs in for it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from clients import stopping
from practice.access import read_or_send

#: What RFC 8058 has a mailbox send.
ONE_CLICK = ("List-Unsubscribe", "One-Click")
THESE, ALL = "these", "all"


@login_not_required
@csrf_exempt
@read_or_send
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, or do it. A page that is only looked at changes nothing; nor does a form that is sent untouched.

    The same answer for the first time and every time after, whoever is signed in and whoever the token is for.
    """
    asked = stopping.read(token)
    if asked is None:
        raise Http404
    choice = request.POST.get("stop", "")
    one_click = request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]
    if request.method == "POST" and (one_click or choice in (THESE, ALL)):
        stopping.obey(asked, whole_channel=choice == ALL)
        return render(request, "clients/stop.html", {"done": True})
    unanswered = request.method == "POST"
    words = {"done": False, "unanswered": unanswered, "these": THESE, "all": ALL}
    return render(request, "clients/stop.html", words, status=422 if unanswered else 200)
