"""One thing that was given, and its plan: its rounds, and what a therapist may do with them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.models import Couple
from exercises import attachments, plan_page, plans, record, stops, when_words
from exercises.access import assignment_or_404, couple_or_404
from exercises.assign_filling import fill_from
from exercises.assigning import Refused
from exercises.forms import AssignForm
from exercises.giving import Giving
from exercises.models import Assignment
from exercises.rounds import SLOT
from exercises.views.desk_assign import hesitates, meaning
from exercises.views.desk_library import about
from exercises.when_form import day_input, time_input
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send


class MoveForm(forms.Form):
    """Another day and time for one round, in each partner's own time."""

    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=day_input(),
        error_messages={
            "required": gettext_lazy("Please choose a day."),
            "invalid": gettext_lazy("Please write a date, such as 2026-11-29."),
        },
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=time_input(),
        error_messages={
            "required": gettext_lazy("Please choose a time."),
            "invalid": gettext_lazy("Please write a time, such as 18:00."),
        },
    )


class SkipForm(forms.Form):
    """Why one round is left out: a word for the record."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is left out"),
        max_length=300,
        help_text=gettext_lazy("For the record. They only find that it is not asked this time."),
        error_messages={"required": gettext_lazy("Please say why, in a word.")},
    )


def given_or_404(couple: Couple, assignment_id: uuid.UUID) -> Assignment:
    """Return one of the couple's assignments, with the couple and its partners as they were read."""
    assignment = assignment_or_404(couple, assignment_id)
    assignment.couple = couple
    return assignment


def opened_or_404(couple_id: uuid.UUID, assignment_id: uuid.UUID) -> dict[str, Any]:
    """Return what every page about one thing given begins with, and write down that somebody looked."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id)
    audit.looked_at("opened", assignment)
    return {"couple": couple, "assignment": assignment, "apart": assignment.lane in record.APART}


def place_of(couple: Couple, assignment: Assignment) -> str:
    """Where something given is listed: what one partner has alone stands on that partner's page."""
    if assignment.lane in record.APART:
        return reverse("couple_private", args=[couple.pk, assignment.audience[0]])
    return couple.get_absolute_url()


@require_safe
@for_clinicians
def plan(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """The plan of one thing given."""
    head = opened_or_404(couple_id, assignment_id)
    couple, assignment = head["couple"], head["assignment"]
    context = {
        **head,
        "plan": plan_page.read(assignment, couple, timezone.now()),
        "back": place_of(couple, assignment),
        "carried_on": Assignment.objects.filter(continues=assignment).first(),
        "files": list(attachments.of_assignment(assignment)),
        "room": attachments.AT_MOST,
    }
    return render(request, "exercises/desk/plan.html", context)


@read_or_send
@for_clinicians
def plan_round(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID, slot: str) -> HttpResponse:
    """Move one round, or leave it out; both may be undone."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id)
    one = _round_or_404(assignment, couple, slot)
    act = request.POST.get("act", "")
    there = {"day": one.local.date(), "at": one.local.time()} if one.local else {}
    move = MoveForm(request.POST if act == "move" else None, initial=there)
    skip = SkipForm(request.POST if act == "skip" else None)
    if request.method == "POST" and _acted(request, assignment, slot, act, move, skip):
        return redirect("plan", couple.pk, assignment.pk)
    context = {"couple": couple, "assignment": assignment, "round": one, "move": move, "skip": skip}
    status = 422 if move.errors or skip.errors else 200
    return render(request, "exercises/desk/plan_round.html", context, status=status)


def _round_or_404(assignment: Assignment, couple: Couple, slot: str) -> plan_page.Round:
    page = plan_page.read(assignment, couple, timezone.now()) if SLOT.fullmatch(slot) else None
    found = [one for one in [*page.ahead, *page.past] if one.slot == slot] if page else []
    if not found:
        raise Http404
    return found[0]


def _acted(
    request: PracticeRequest, assignment: Assignment, slot: str, act: str, move: MoveForm, skip: SkipForm
) -> bool:
    """Do what was asked for; tell whether there is nothing left to ask."""
    if act == "move" and move.is_valid():
        try:
            moved = plans.move(assignment, slot, move.cleaned_data["day"], move.cleaned_data["at"])
        except Refused as refused:
            for name, message in refused.errors.items():
                move.add_error(name, str(message))
            return False
        said = _("Moved. The other dates stay as they are.") if moved else _("This one is over; nothing was moved.")
        messages.success(request, said)
        return True
    if act == "skip" and skip.is_valid():
        plans.skip(assignment, slot, by=request.membership, reason=skip.cleaned_data["reason"])
        messages.success(request, _("Left out this time. It does not count as left undone."))
        return True
    if act == "back":
        plans.put_back(assignment, slot)
        messages.success(request, _("Back where it was."))
    elif act == "unskip":
        plans.unskip(assignment, slot)
        messages.success(request, _("Asked again."))
    return act in ("back", "unskip")


@require_POST
@for_clinicians
def plan_act(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """End, go on, lighten, remind again: one button each, and one to undo it."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id)
    act = request.POST.get("act", "")
    if act == "end":
        plans.end(assignment)
        messages.success(request, _("Ended. Nothing more comes; what is open may still be answered."))
    elif act == "go_on":
        went_on = plans.go_on(assignment)
        messages.success(request, _("It goes on.") if went_on else _("Something else carries it on already."))
    elif act == "remind":
        stops.start_again(assignment, by=request.membership)
        messages.success(request, _("Reminders leave again, from the next one on."))
    elif act in ("less", "smaller"):
        try:
            lighter = plans.lighten(assignment, by=request.membership, how=act)
        except Refused as refused:
            messages.error(request, " ".join(str(one) for one in refused.errors.values()))
            return redirect("plan", couple.pk, assignment.pk)
        said = _("From the next time on it comes less often.") if act == "less" else _("A little of it is enough now.")
        messages.success(request, said)
        return redirect("plan", couple.pk, lighter.pk)
    return redirect("plan", couple.pk, assignment.pk)


@read_or_send
@for_clinicians
def plan_edit(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """Change it from the next time on. What is done or open stays as it was given.

    When somebody else was faster, both versions stand on the page, and saving again carries on theirs.
    """
    couple = couple_or_404(couple_id)
    newest = _newest(given_or_404(couple, assignment_id))
    newest.couple = couple
    if request.method != "POST":
        if newest.pk != assignment_id:
            return redirect("plan_edit", couple.pk, newest.pk)
        form = _form_for(request, couple, newest, None)
        fill_from(form, plans.draft_of(newest))
        return _edit_page(request, couple, newest, form, plans.draft_of(newest))
    form = _form_for(request, couple, newest, request.POST)
    theirs = newest if request.POST.get("base", str(assignment_id)) != str(newest.pk) else None
    if form.is_valid():
        giving = form.giving()
        if giving is not None and theirs is not None and _says_the_same(giving, theirs):
            return redirect("plan", couple.pk, theirs.pk)  # the same page, sent twice
        done = _carried_on(request, couple, newest, form) if theirs is None else None
        if done is not None:
            return done
    return _edit_page(request, couple, newest, form, form.giving(), theirs)


def _newest(assignment: Assignment) -> Assignment:
    """What carries an assignment on by now; itself, when nothing does."""
    while (following := Assignment.objects.filter(continues=assignment).select_related("edition").first()) is not None:
        assignment = following
    return assignment


def _form_for(request: PracticeRequest, couple: Couple, assignment: Assignment, data: Any) -> AssignForm:
    return AssignForm(data, couple=couple, edition=assignment.edition, practice=request.practice, continues=assignment)


def _says_the_same(giving: Giving, theirs: Assignment) -> bool:
    mine = (giving.why.strip(), giving.at, giving.due, giving.recurrence.rule)
    return mine == (theirs.why, theirs.at, theirs.due, theirs.rule)


def _edit_page(
    request: PracticeRequest,
    couple: Couple,
    assignment: Assignment,
    form: AssignForm,
    giving: Giving | None,
    theirs: Assignment | None = None,
) -> HttpResponse:
    exercise = assignment.edition.exercise
    context: dict[str, Any] = {
        **about(exercise),
        **meaning(couple, exercise, form, giving),
        "content": assignment.edition.content,
        "form": form,
        "assignment": assignment,
        "theirs": theirs,
        "theirs_said": when_words.said(theirs) if theirs else "",
    }
    status = 409 if theirs else 422 if form.errors else 200
    return render(request, "exercises/desk/assign.html", context, status=status)


@require_POST
@for_clinicians
def plan_preview(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """What a change would mean, while the form is being filled in. Nothing is kept."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id)
    form = AssignForm(
        request.POST, couple=couple, edition=assignment.edition, practice=request.practice, continues=assignment
    )
    form.is_valid()
    found = meaning(couple, assignment.edition.exercise, form, form.giving())
    return render(request, "exercises/desk/_giving.html", {**found, "assignment": assignment})


def _carried_on(
    request: PracticeRequest, couple: Couple, assignment: Assignment, form: AssignForm
) -> HttpResponse | None:
    giving = form.giving()
    if giving is None or hesitates(form, giving):
        return None
    try:
        following = plans.carry_on(assignment, giving, by=request.membership)
    except Refused as refused:
        form.refuse(refused.errors)
        return None
    messages.success(request, _("Changed from the next time on. What is done or open stays as it was."))
    return redirect("plan", couple.pk, following.pk)
