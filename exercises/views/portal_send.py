"""Looking over the answers, sending them, and what comes after; or putting it aside."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Appointment
from exercises import amending, answering, looking_over
from exercises import doing as doings
from exercises.doing import Doing
from exercises.lane_words import said
from exercises.next_steps import next_steps
from exercises.views.portal_do import over
from exercises.views.portal_save import script_words
from exercises.vocabulary import Lane
from practice.access import read_or_send
from practice.sensors import with_microphone


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What got in the way?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@for_consenting_clients
@with_microphone
def check(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """All answers by who will read them, each with a way back to it."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    elsewhere = over(request, doing)
    if elsewhere is not None:
        return elsewhere
    if not doing.questions:
        return redirect("do", occurrence_id)
    return _check_page(request, doing)


def _check_page(request: Any, doing: Doing, status: int = 200) -> HttpResponse:
    groups = looking_over.by_lane(doing)
    every = [line for _box, lines in groups for line in lines]
    return render(
        request,
        "exercises/portal/check.html",
        {
            "doing": doing,
            "groups": groups,
            "back_to": doing.before(len(doing.pages) + 1) or 1,
            "script_words": script_words(),
            "errors": [
                {"id": f"{line.spot}-line", "message": f"{line.label}: {line.error}"} for line in every if line.error
            ],
            "may_keep_none": not doing.is_amending and answering.may_go_without_a_copy(doing.assignment),
            "all_left_out": all(line.left_out for line in every),
        },
        status=status,
    )


@read_or_send
@for_consenting_clients
def send(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Send the draft as it stands. Pressed twice, it is sent once."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if request.method != "POST":
        return redirect("do_check", occurrence_id)
    try:
        if doing.is_amending:
            amending.amend(doing.occurrence, author=request.person, raw=doing.kept.raw)
        else:
            keep = request.POST.get("copy") != "none"
            answering.submit(doing.occurrence, author=request.person, raw=doing.kept.raw, keep=keep)
    except answering.NotYetRight:
        return _check_page(request, doing, status=422)
    except answering.NotOpen as closed:
        doing.occurrence.state = closed.occurrence.state
        return over(request, doing) or redirect("portal_today")
    return redirect("do_sent", occurrence_id)


@require_safe
@for_consenting_clients
def sent(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """It has been sent: thanks, and what happens next. Nothing of the answers is shown again here."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is None:
        return redirect("do", occurrence_id)
    session = Appointment.objects.filter(couple=doing.occurrence.couple_id).ahead(timezone.now()).first()
    context = {
        "doing": doing,
        "sent_at": doing.sent.submitted_at,
        "steps": next_steps(doing, session),
        "session": session,
        "evening": timezone.localtime(doing.now).hour >= 17,
        "was_late": doing.occurrence.came_late,
        "unsent": looking_over.lines(doing) if doing.kept.version and not doing.may_amend else [],
        "ask_at": _where_to_ask(doing),
    }
    return render(request, "exercises/portal/sent.html", context)


def _where_to_ask(doing: Doing) -> str:
    """The address to write to the therapist at about this; empty where there is none."""
    try:
        return f"{reverse('portal_thread_new')}?response={doing.sent.pk}" if doing.sent else ""
    except NoReverseMatch:
        return ""


@require_POST
@for_consenting_clients
def amend(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Change what was sent, while nobody else may read it; or let it stand as it is."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is None:
        return redirect("do", occurrence_id)
    if request.POST.get("to") == "keep":
        amending.give_up(doing.sent)
        messages.info(request, _("Nothing was changed. What you sent stands as it was."))
    elif doing.questions and amending.begin(doing.sent):
        return redirect("do_check", occurrence_id)
    else:
        messages.info(request, _("Somebody may have read it by now, so it stays as it is."))
    return redirect("do_sent", occurrence_id)


@read_or_send
@for_consenting_clients
def skip(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Put it aside this time, with a word about why if one likes."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.occurrence.client_id is None:
        raise Http404  # nobody puts aside for both
    elsewhere = over(request, doing)
    if elsewhere is not None:
        return elsewhere
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answering.skip(doing.occurrence, author=request.person, reason=form.cleaned_data["reason"])
        messages.info(request, _("Put aside. Nothing more will come for this one."))
        return redirect("portal_today")
    return render(
        request,
        "exercises/portal/skip.html",
        {"doing": doing, "form": form, "private_line": said(Lane.PRIVATE, doing.circle).line},
        status=422 if form.errors else 200,
    )
