"""Giving practice in one pass: a form, its meaning in plain words beside it, and one button."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from clients.models import Couple
from exercises import library
from exercises.access import couple_or_404, exercise_or_404
from exercises.assigning import Refused, give
from exercises.forms import AssignForm
from exercises.giving import Giving, clearance_missing, deep_too_early, refusals
from exercises.models import Exercise
from exercises.preview import preview
from exercises.shelves import shelves_of
from exercises.views.desk_library import about, newest
from exercises.vocabulary import Lane
from practice.access import PracticeRequest, for_clinicians, page_or_part, read_or_send
from practice.templatetags.attune import names

A_PAGE = 12
#: With one of these wrong, there is no sentence to say.
UNSAYABLE = ("who", "lane", "starts_on", "until", "opens_by")
NOT_YET = _lazy(
    "This goes deep, and they have done nothing of a middle level together here yet. "
    "If you know what you are doing, tick the box below."
)


@read_or_send
@for_clinicians
def assign(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Choose an exercise first, then everything about giving it on one page."""
    couple = couple_or_404(couple_id)
    slug = (request.POST.get("exercise") or request.GET.get("exercise") or "").replace("\x00", "")
    if not slug:
        return _pick(request, couple)
    exercise = exercise_or_404(slug[:80])
    data = request.POST if request.method == "POST" else None
    form = AssignForm(data, couple=couple, edition=newest(exercise), practice=request.practice)
    if data is not None and form.is_valid():
        done = _give(request, couple, form)
        if done is not None:
            return done
    return render(request, "exercises/desk/assign.html", page_of(couple, exercise, form))


def _give(request: PracticeRequest, couple: Couple, form: AssignForm) -> HttpResponse | None:
    giving = form.giving()
    if giving is None or hesitates(form, giving):
        return None
    try:
        give(giving, by=request.membership)
    except Refused as refused:
        form.refuse(refused.errors)
        return None
    people = names([client.name for client in giving.people])
    messages.success(request, _("Given to %(people)s: %(title)s.") % {"people": people, "title": giving.edition.title})
    if giving.lane in (Lane.OWN, Lane.PRIVATE) and len(giving.clients) == 1:
        return redirect("couple_private", couple.pk, giving.clients[0])
    return redirect(couple)


def hesitates(form: AssignForm, giving: Giving) -> bool:
    """Ask once more before deep work that nothing prepared; a tick is enough."""
    if form.cleaned_data.get("sure") or not deep_too_early(giving):
        return False
    form.refuse({"sure": NOT_YET})
    return True


@require_POST
@for_clinicians
def assign_preview(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The aside alone, while the form is being filled in. Nothing is kept."""
    couple = couple_or_404(couple_id)
    exercise = exercise_or_404(request.POST.get("exercise", "").replace("\x00", "")[:80])
    form = AssignForm(request.POST, couple=couple, edition=newest(exercise), practice=request.practice)
    form.is_valid()
    return render(request, "exercises/desk/_giving.html", meaning(couple, exercise, form, form.giving()))


def _pick(request: PracticeRequest, couple: Couple) -> HttpResponse:
    wish = library.wish_of(request.GET)
    found = library.find(wish, shelves_of(request.membership))
    page = Paginator(found.exercises, A_PAGE).get_page(request.GET.get("page"))
    context = {"couple": couple, "wish": wish, "page": page, "total": len(found.exercises)}
    return render(request, page_or_part(request, "exercises/desk/assign_pick.html", "results"), context)


def page_of(couple: Couple, exercise: Exercise, form: AssignForm) -> dict[str, Any]:
    giving = form.giving() if form.is_bound else _suggested(form)
    return {**about(exercise), **meaning(couple, exercise, form, giving), "form": form}


def _suggested(form: AssignForm) -> Giving | None:
    """What the suggestion would mean if it were given as it stands."""
    filled = {
        name: field.widget.format_value(value) if hasattr(field.widget, "format_value") else value
        for name, field in form.fields.items()
        if (value := form.initial.get(name, field.initial)) is not None
    }
    again = AssignForm(_as_sent(filled), couple=form.couple, edition=form.edition, practice=form.practice)
    again.is_valid()
    return again.giving()


def _as_sent(filled: dict[str, Any]) -> Any:
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    for name, value in filled.items():
        data.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return data


def meaning(couple: Couple, exercise: Exercise, form: AssignForm, giving: Giving | None) -> dict[str, Any]:
    """What a page says about an act of giving before it is done."""
    now = timezone.now()
    against = refusals(giving, form.practice, now) if giving else {}
    against.pop("why", None)
    return {
        "couple": couple,
        "exercise": exercise,
        "edition": form.edition,
        "clearance_missing": clearance_missing(couple, form.edition),
        "too_early": giving is not None and deep_too_early(giving),
        "preview": preview(giving, now, form.practice.weekly_minutes)
        if giving and against.keys().isdisjoint(UNSAYABLE)
        else None,
        "against": list(against.values()),
    }
