"""Pauses of a couple: what rests, until when, and who asked for it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients.models import Couple
from exercises import pausing, record
from exercises.access import couple_or_404
from exercises.models import Assignment, Pause
from exercises.pause_form import DEEP, PauseForm
from exercises.views.desk_plan import given_or_404
from practice.access import PracticeRequest, for_clinicians, read_or_send


@read_or_send
@for_clinicians
def rests(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID | None = None) -> HttpResponse:
    """Let things rest, and see what does. One partner's own thing has a page of its own."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id) if assignment_id else None
    form = PauseForm(request.POST or None, couple=couple, assignment=assignment)
    if request.method == "POST" and form.is_valid():
        _pause(request, couple, assignment, form.cleaned_data)
        messages.success(request, _("It rests. They find that it does, and not why."))
        return redirect("plan", couple.pk, assignment.pk) if assignment else redirect("rests", couple.pk)
    context = {
        "couple": couple,
        "assignment": assignment,
        "form": form,
        "pauses": _listed(couple, assignment),
    }
    return render(request, "exercises/desk/rests.html", context, status=422 if form.errors else 200)


def _listed(couple: Couple, assignment: Assignment | None) -> list[Pause]:
    """The pauses of a page. On the page of all, nothing that one partner has alone is named."""
    every = pausing.of_couple(couple, timezone.now())
    if assignment is not None:
        return [one for one in every if pausing.covers(one, assignment)]
    return [one for one in every if one.assignment is None or one.assignment.lane not in record.APART]


def _pause(request: PracticeRequest, couple: Couple, assignment: Assignment | None, said: dict[str, Any]) -> None:
    pausing.pause(
        couple,
        by=request.membership,
        kind=said["kind"],
        starts_on=said["starts_on"],
        ends_on=said["ends_on"],
        reason=said["reason"],
        assignment=assignment if assignment and said["what"] == str(assignment.pk) else None,
        deep_only=said["what"] == DEEP,
    )


@require_POST
@for_clinicians
def rest_act(request: PracticeRequest, couple_id: uuid.UUID, pause_id: uuid.UUID) -> HttpResponse:
    """End a pause, take that back, or say that one has seen it."""
    couple = couple_or_404(couple_id)
    one = Pause.objects.filter(couple=couple, pk=pause_id).select_related("couple", "assignment").first()
    if one is None:
        raise Http404
    act = request.POST.get("act", "")
    if act == "lift":
        pausing.lift(one)
        messages.success(request, _("The rest is over. What still has time is asked again."))
    elif act == "resume":
        pausing.resume(one)
        messages.success(request, _("It rests again."))
    elif act == "seen":
        pausing.acknowledge(one, request.membership)
        messages.success(request, _("Noted."))
    return redirect("rests", couple.pk) if one.assignment is None else redirect("plan", couple.pk, one.assignment_id)
