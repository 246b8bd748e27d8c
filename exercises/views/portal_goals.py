"""What a client wants to reach, and how near it feels."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.access import for_consenting_clients
from clients.models import Client, Couple
from exercises import goals
from exercises.lane_words import Circle, circles, said
from exercises.models import Goal, GoalRating
from exercises.review_forms import EVERYBODY, OwnGoalForm, RateForm
from exercises.views.portal import own_couples_in_order
from exercises.vocabulary import Lane
from practice.access import PortalRequest, read_or_send


@require_safe
@for_consenting_clients
def own_goals(request: PortalRequest) -> HttpResponse:
    """The goals this person may know of: those of all, and their own."""
    couples = own_couples_in_order()
    standings = standings_of(request.person, couples)
    context = {
        "shared": [one for one in standings if not one.is_over and not one.is_private],
        "own": [one for one in standings if not one.is_over and one.is_private],
        "over": [one for one in standings if one.is_over],
        "circle": circles(request.person, request.practice, [couples[0].pk])[couples[0].pk] if couples else None,
    }
    return render(request, "exercises/portal/goals.html", context)


@read_or_send
@for_consenting_clients
def rate(request: PortalRequest, goal_id: uuid.UUID) -> HttpResponse:
    """How near one goal feels, from 0 to 10. Who reads the number is told above."""
    goal = goal_to_rate(request.person, own_couples_in_order(), goal_id)
    mine = GoalRating.objects.filter(goal=goal, author=request.person).order_by("-rated_at", "-pk").first()
    form = RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        goals.rate(goal, request.person, form.cleaned_data["value"], key=form.cleaned_data["key"])
        messages.success(request, _("Noted. Thank you."))
        return redirect("portal_goals")
    circle = circles(request.person, request.practice, [goal.couple_id])[goal.couple_id]
    context = {
        "goal": goal,
        "form": form,
        "stops": goals.STOPS,
        "mine": mine,
        "said": said(goal.lane, circle),
        "readers": _readers(goal, circle),
    }
    return render(request, "exercises/portal/goal.html", context, status=422 if form.errors else 200)


@read_or_send
@for_consenting_clients
def goal_new(request: PortalRequest) -> HttpResponse:
    """Write down what one would like to reach, alone with the therapist or with all."""
    couples = own_couples_in_order()
    if not couples:
        raise Http404
    couple = couples[0]
    circle = circles(request.person, request.practice, [couple.pk])[couple.pk]
    form = OwnGoalForm(request.POST or None, choices=choices_for(circle), initial={"to": "alone"})
    if request.method == "POST" and form.is_valid():
        written = form.cleaned_data
        goal = goals.propose(
            request.person, couple, written["words"], alone=written["to"] != EVERYBODY, key=written["key"]
        )
        messages.success(request, _("Written down. How near does it feel today?"))
        return redirect("portal_goal", goal.pk)
    context = {"form": form, "circle": circle, "today": timezone.localdate()}
    return render(request, "exercises/portal/goal_new.html", context, status=422 if form.errors else 200)


def _readers(goal: Goal, circle: Circle) -> str:
    """Who reads the number, in the names of this person's circle."""
    told = {"therapist": circle.therapist, "other": circle.other}
    if goal.lane == Lane.PRIVATE:
        if not circle.others:
            return _("Only %(therapist)s reads your number.") % told
        return _("Only %(therapist)s reads your number. %(other)s does not know of this at all.") % told
    return _("%(other)s and %(therapist)s can read your number as soon as you note it.") % told


def choices_for(circle: Circle) -> list[tuple[str, str]]:
    """Return whose a new goal may be."""
    choices = [("alone", said(Lane.PRIVATE, circle).line)]
    if circle.others:
        choices.append((EVERYBODY, said(Lane.SHARED, circle).line))
    return choices


def standings_of(person: Client, couples: list[Couple]) -> list[goals.Standing]:
    """Return the goals that somebody may know of: those of all, and their own."""
    return [one for couple in couples for one in goals.standings(couple, list(_of(person, couple)))]


def goal_to_rate(person: Client, couples: list[Couple], goal_id: uuid.UUID) -> Goal:
    """Return a goal of somebody's that is still wanted; anything else is the same 404."""
    goal = goals.goal_or_404([one.pk for one in couples], goal_id)
    if person.pk not in goal.audience or goal.reached_at or goal.dropped_at:
        raise Http404
    return goal


def _of(person: Client, couple: Couple) -> QuerySet[Goal]:
    rows = Goal.objects.filter(couple=couple, audience__contains=[person.pk])
    return rows.exclude(lane=Lane.OWN).order_by("started_on", "pk")
