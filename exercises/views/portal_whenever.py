"""Beginning something when it is needed, and asking for a rest from deep talks."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients.access import for_consenting_clients
from clients.models import Couple
from exercises import on_demand, pausing
from exercises.lane_words import circles
from exercises.models import Assignment
from exercises.views.portal import own_couples
from practice.access import read_or_send


@require_POST
@for_consenting_clients
def begin(request: Any, assignment_id: uuid.UUID) -> HttpResponse:
    """Begin something now. Pressed twice, it is begun once."""
    assignment = Assignment.objects.filter(pk=assignment_id, couple__in=own_couples()).first()
    if assignment is None or assignment.due != Assignment.Due.ON_DEMAND:
        raise Http404
    try:
        mine = on_demand.begin(assignment, request.person)
    except on_demand.NotNow:
        messages.info(request, _("This is not there at the moment. Your therapist can tell you more."))
        return redirect("portal_today")
    return redirect("do", mine.pk)


class RestForm(forms.Form):
    """How long deep talks should rest."""

    weeks = forms.TypedChoiceField(
        label=gettext_lazy("For how long?"),
        coerce=int,
        choices=[
            (1, gettext_lazy("One week")),
            (2, gettext_lazy("Two weeks")),
            (4, gettext_lazy("Four weeks")),
        ],
        widget=forms.RadioSelect,
        initial=2,
        error_messages={"required": gettext_lazy("Please choose how long.")},
    )


@read_or_send
@for_consenting_clients
def rest(request: Any) -> HttpResponse:
    """Ask for a rest from deep talks, or end the one that one asked for.

    The page is the same for everybody, whatever a partner has asked for.
    """
    couples = list(Couple.objects.filter(pk__in=own_couples()).order_by("pk"))
    if not couples:
        raise Http404
    running = [one for one in (pausing.own_rest(request.person, couple) for couple in couples) if one is not None]
    form = RestForm(request.POST if request.POST.get("act") == "ask" else None, label_suffix="")
    if request.method == "POST" and request.POST.get("act") == "end":
        for one in running:
            pausing.lift(one)
        messages.info(request, _("Your rest is over. Deep talks may come again."))
        return redirect("portal_today")
    if request.method == "POST" and form.is_valid():
        for couple in couples:
            until = timezone.localdate(timezone=couple.zone) + timedelta(weeks=form.cleaned_data["weeks"])
            pausing.ask_for_rest(request.person, couple, until)
        messages.info(request, _("Deep talks rest now. Your therapist knows. Nobody else is told that it was you."))
        return redirect("portal_today")
    around = circles(request.person, request.practice, [couples[0].pk])[couples[0].pk]
    context = {"form": form, "rest": running[0] if running else None, "therapist": around.therapist}
    return render(request, "exercises/portal/rest.html", context, status=422 if form.errors else 200)
