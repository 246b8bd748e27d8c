"""After a task: how it went, if one likes to say."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from clients.access import for_consenting_clients
from exercises import doing as doings
from exercises import feedback
from exercises.after_form import AfterForm
from exercises.doing import Doing
from exercises.lane_words import said
from exercises.models import Occurrence
from exercises.vocabulary import Lane
from practice import tenancy
from practice.access import read_or_send


@read_or_send
@for_consenting_clients
def after(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Say how it went: one page, once it was sent or left out."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is None and doing.occurrence.state not in (Occurrence.State.DONE, Occurrence.State.SKIPPED):
        raise Http404
    form = AfterForm(request.POST if request.method == "POST" else None, initial=_start(doing))
    if request.method == "POST" and form.is_valid() and _kept(request, doing, form):
        messages.success(request, _("Thank you. That helps to find what fits you."))
        return redirect("portal_today")
    may_show = feedback.may_show(doing.occurrence, doing.now) and bool(doing.circle.others)
    own = doing.assignment.lane == Lane.OWN
    return render(
        request,
        "exercises/portal/after.html",
        {
            "doing": doing,
            "form": form,
            "may_show": may_show,
            "read_by": said(Lane.OWN if own else Lane.PRIVATE, doing.circle),
            "ten": range(11),
        },
        status=422 if form.errors else 200,
    )


def _kept(request: Any, doing: Doing, form: AfterForm) -> bool:
    """Keep what was said; where this sign-in may not write over what was said before it, say so on the form."""
    try:
        feedback.give(doing.occurrence, request.person, form.said())
    except tenancy.Closed:
        form.add_error(
            None, _("You said how it went before this sign-in, and that stays. What you typed is still here.")
        )
        return False
    return True


def _start(doing: Doing) -> dict[str, Any]:
    there = feedback.given(doing.occurrence, doing.person)
    win = feedback.win_of(doing.occurrence, doing.person)
    if there is None:
        return {}
    return {
        "extent": there.extent,
        "usefulness": there.usefulness,
        "difficulty": there.difficulty,
        "too_much": there.too_much,
        "obstacles": there.obstacles,
        "words": there.words,
        "win": win.words if win else "",
        "show": there.lane == Lane.SHARED,
    }
