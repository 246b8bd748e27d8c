"""One phone, two people: the first one's part leaves the screen, the second one's opens by their own proof."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.views.portal_code import code_input
from exercises import doing as doings
from exercises import handover
from exercises.handover import Passed
from practice import narrow
from practice.access import read_or_send


class ProofForm(forms.Form):
    """Only shows the field: what is typed is looked at elsewhere, and never shown again."""

    code = forms.CharField(
        label=gettext_lazy("Your own code"),
        widget=code_input(),
        error_messages={
            "required": gettext_lazy("That did not fit. Try again in a moment, or have a code sent to you.")
        },
    )


@require_POST
@for_consenting_clients
def give(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Pass the phone on: this sign-in ends here and now."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    chosen = request.POST.get("to", "")
    taker = next((one for one in handover.takers(doing) if str(one.client_id) == chosen), None)
    if taker is None:
        raise Http404
    handover.give(request, doing, taker)
    return redirect("pass")


@login_not_required
@read_or_send
def receive(request: Any) -> HttpResponse:
    """The blank page between the two. Every refusal looks the same."""
    passed = handover.waiting(request)
    if passed is None:
        return _put_down(request)
    if request.method != "POST":
        return _blank_page(request, passed)
    if "lock" in request.POST:
        return _put_down(request)
    if "mail" in request.POST:
        with handover.bound(passed):
            passed = handover.send_code(request, passed)
        handover.keep(request, passed)
        return _blank_page(request, passed, mailed=True)
    return _tried(request, passed)


def _put_down(request: Any) -> HttpResponse:
    handover.drop(request)
    return redirect("pass_end")


def _tried(request: Any, passed: Passed) -> HttpResponse:
    with handover.bound(passed):
        proved = handover.proves(passed, request.POST.get("code", ""))
        part = handover.part_of(passed) if proved else None
    if not proved:
        passed = replace(passed, tries=passed.tries + 1)
        handover.keep(request, passed)
        return _put_down(request) if passed.is_over else _blank_page(request, passed, wrong=True)
    handover.drop(request)
    if part is None:
        return render(request, "exercises/portal/pass_nothing.html")
    narrow.begin(request, part.user, person_id=part.person, about=part.occurrence)
    return redirect("do", part.occurrence)


def _blank_page(request: Any, passed: Passed, *, wrong: bool = False, mailed: bool = False) -> HttpResponse:
    with handover.bound(passed):
        two = handover.the_two(passed)
        if two is None:
            return _put_down(request)
        giver, taker = two
        form = ProofForm({"code": ""} if wrong else None)
        words = {"giver": giver, "taker": taker, "form": form, "mailed": mailed}
        return render(request, "exercises/portal/pass.html", words, status=422 if wrong else 200)


@login_not_required
@require_safe
def end(request: Any) -> HttpResponse:
    """The neutral page at the end, whatever came before."""
    return render(request, "exercises/portal/pass_end.html")
