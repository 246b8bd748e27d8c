"""Goals on the desk: what all partners want, and what one of them has alone; and where the work stands."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.models import Client, Couple
from exercises import goals, threads
from exercises.access import couple_or_404, partner_or_404
from exercises.models import Goal
from exercises.review_forms import GoalForm, PhaseForm, audience_of
from exercises.views.desk_couple import around
from exercises.vocabulary import Lane
from practice.access import PracticeRequest, for_clinicians, read_or_send


@require_safe
@for_clinicians
def goals_of_couple(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """Each goal with where it began, where it is and what was given for it."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    rows = goals.private_of(couple, client) if client else goals.for_all(couple)
    standings = goals.standings(couple, list(rows))
    context = {
        **around(request, couple),
        "client": client,
        "running": [one for one in standings if not one.is_over],
        "over": [one for one in standings if one.is_over],
        "phases": Couple.Phase.choices,
    }
    return render(request, "exercises/desk/goals.html", context)


@read_or_send
@for_clinicians
def goal_new(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """Write a goal down, in the couple's words."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    partners = [one for one in threads.present(couple) if client is None or one.client_id == client.pk]
    form = GoalForm(request.POST or None, partners=partners, initial={"to": str(client.pk) if client else "all"})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        goal = goals.set_goal(
            couple,
            audience_of(said["to"], partners),
            said["words"],
            by=request.membership,
            review_on=said["review_on"],
            key=said["key"],
        )
        messages.success(request, _("Written down. They are asked how near it feels."))
        return redirect(_list_of(goal, couple))
    context = {**around(request, couple), "client": client, "form": form}
    return render(request, "exercises/desk/goal_edit.html", context, status=422 if form.errors else 200)


@read_or_send
@for_clinicians
def goal_edit(request: PracticeRequest, couple_id: uuid.UUID, goal_id: uuid.UUID) -> HttpResponse:
    """Change the words or the day to look again."""
    couple = couple_or_404(couple_id)
    goal = goals.goal_or_404([couple.pk], goal_id)
    initial = {"words": goal.words, "review_on": goal.review_on, "was": goal.words}
    form = GoalForm(request.POST or None, partners=[], known=True, initial=initial)
    theirs = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            goals.change(goal, said["words"], said["review_on"], was=said["was"])
        except goals.Overtaken as meanwhile:
            theirs = meanwhile.current
            form = GoalForm(partners=[], known=True, initial={**said, "was": theirs.words})
        else:
            return redirect(_list_of(goal, couple))
    context = {
        **around(request, couple),
        "client": _whose(goal, couple),
        "form": form,
        "goal": goal,
        "theirs": theirs,
    }
    status = 409 if theirs else 422 if form.errors else 200
    return render(request, "exercises/desk/goal_edit.html", context, status=status)


@require_POST
@for_clinicians
def goal_end(request: PracticeRequest, couple_id: uuid.UUID, goal_id: uuid.UUID) -> HttpResponse:
    """Close a goal as reached or let go, or take it up again."""
    couple = couple_or_404(couple_id)
    goal = goals.goal_or_404([couple.pk], goal_id)
    match request.POST.get("how"):
        case "reached":
            goals.end(goal, reached=True)
        case "dropped":
            goals.end(goal, reached=False)
        case "again":
            goals.take_up_again(goal)
    return redirect(_list_of(goal, couple))


@require_POST
@for_clinicians
def couple_phase(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Say where the work with a couple stands."""
    couple = couple_or_404(couple_id)
    form = PhaseForm(request.POST)
    if form.is_valid():
        goals.set_phase(couple, form.cleaned_data["phase"])
        messages.success(request, _("Noted: %(phase)s.") % {"phase": couple.get_phase_display()})
    else:
        messages.error(request, _("Please choose one of the five phases."))
    return redirect("goals_of_couple", couple.pk)


def _whose(goal: Goal, couple: Couple) -> Client | None:
    """Return the one partner who has a goal alone."""
    people = [client for client in couple.clients if client.pk in goal.audience]
    return people[0] if goal.lane == Lane.PRIVATE and people else None


def _list_of(goal: Goal, couple: Couple) -> str:
    client = _whose(goal, couple)
    if client is None:
        return reverse("goals_of_couple", args=[couple.pk])
    return reverse("goals_private", args=[couple.pk, client.pk])
