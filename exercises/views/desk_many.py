"""The same to many couples: the form was filled in for one of them; here each of the others is looked at."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clients.models import Couple
from exercises import many
from exercises.access import couple_or_404, exercise_or_404
from exercises.forms import AssignForm
from exercises.many import Judged
from exercises.models import Exercise
from exercises.views.desk_assign import page_of
from exercises.views.desk_library import newest
from practice.access import PracticeRequest, for_clinicians
from practice.templatetags.attune import names


@require_POST
@for_clinicians
def assign_many(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Show what the choice would mean for every couple, and give it to those that were ticked."""
    first = couple_or_404(couple_id)
    exercise = exercise_or_404(request.POST.get("exercise", "").replace("\x00", "")[:80])
    form = AssignForm(request.POST, couple=first, edition=newest(exercise), practice=request.practice)
    if form.is_valid() and not many.for_all(form.cleaned_data["who"]):
        form.add_error("who", _("For other couples, too, choose each of them, or together."))
    if form.errors:
        return render(request, "exercises/desk/assign.html", page_of(first, exercise, form), status=422)
    active = Couple.objects.with_partners().filter(status=Couple.Status.ACTIVE)
    judged = many.judge(
        request.POST,
        sorted(active, key=lambda one: (one.pk != first.pk, str(one).casefold())),
        newest(exercise),
        request.practice,
        timezone.now(),
    )
    if "give" in request.POST:
        return _give(request, exercise, judged)
    context = {
        "couple": first,
        "exercise": exercise,
        "judged": judged,
        "kept": _kept(request),
        "plain": sum(one.is_plain for one in judged),
    }
    return render(request, "exercises/desk/assign_many.html", context)


def _give(request: Any, exercise: Exercise, judged: list[Judged]) -> HttpResponse:
    chosen = set(request.POST.getlist("couples"))
    done = many.give_to([one for one in judged if str(one.couple.pk) in chosen], by=request.membership)
    if done.given:
        told = ngettext(
            "%(title)s was given to %(n)s couple.", "%(title)s was given to %(n)s couples.", len(done.given)
        )
        messages.success(request, told % {"title": exercise.title, "n": len(done.given)})
    for one in done.left_out:
        why = " ".join(one.against)
        messages.warning(
            request, _("Not given to %(couple)s. %(why)s") % {"couple": names(one.couple.clients), "why": why}
        )
    if not done.given and not done.left_out:
        messages.info(request, _("Nobody was chosen, so nothing was given."))
    return redirect("couples")


def _kept(request: Any) -> list[tuple[str, str]]:
    """Everything that was filled in, to be sent along once more."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "couples", "give")
        for value in values
    ]
