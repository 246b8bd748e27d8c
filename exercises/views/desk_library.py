"""The library: find an exercise, open it, see it as a couple will; programs made of exercises."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.models import Couple
from exercises import library
from exercises.access import exercise_or_404
from exercises.asking import ask
from exercises.lane_words import Circle, said
from exercises.models import Edition, Exercise
from exercises.vocabulary import ADAPTATIONS, CAUTIONS, QuestionType, Theme
from practice.access import PracticeRequest, for_clinicians, page_or_part

A_PAGE = 24


@require_safe
@for_clinicians
def shelf(request: PracticeRequest) -> HttpResponse:
    """Browse and search. Everything is in the address, so a search can be kept and sent on."""
    wish = library.wish_of(request.GET)
    found = library.find(wish)
    page = Paginator(found.exercises, A_PAGE).get_page(request.GET.get("page"))
    context = {"wish": wish, "found": found, "page": page, "total": len(found.exercises)}
    return render(request, page_or_part(request, "exercises/desk/library.html", "update"), context)


@require_safe
@for_clinicians
def exercise(request: PracticeRequest, slug: str) -> HttpResponse:
    """Everything an edition holds."""
    one = exercise_or_404(slug)
    return render(request, "exercises/desk/exercise.html", about(one))


@require_safe
@for_clinicians
def preview(request: PracticeRequest, slug: str) -> HttpResponse:
    """The exercise as the couple will see it: nothing is sent or kept from here."""
    one = exercise_or_404(slug)
    edition = newest(one)
    questions = [ask(question, preview=True) for question in edition.form]
    circle = Circle(_("you"), (_("your partner"),), (request.membership.name,))
    context = {**about(one), "asked": questions, "said": said(one.lane, circle)}
    return render(request, "exercises/desk/preview.html", context)


@require_safe
@for_clinicians
def choose_couple(request: PracticeRequest, slug: str) -> HttpResponse:
    """From the library into a couple's page for giving: which couple is it for?"""
    active = Couple.objects.with_partners().filter(status=Couple.Status.ACTIVE)
    couples = sorted(active, key=lambda couple: str(couple).casefold())
    return render(request, "exercises/desk/choose_couple.html", {"exercise": exercise_or_404(slug), "couples": couples})


def newest(exercise: Exercise) -> Edition:
    """Return the edition that is offered; :func:`exercise_or_404` makes sure that there is one."""
    if exercise.newest is None:
        raise Http404
    return exercise.newest


def about(exercise: Exercise) -> dict[str, Any]:
    """What a page about one exercise shows, keys turned into words."""
    edition = newest(exercise)
    content = edition.content
    types = dict(QuestionType.choices)
    return {
        "exercise": exercise,
        "edition": edition,
        "content": content,
        "themes": [(theme, Theme(theme).label) for theme in exercise.themes],
        "questions": [(question, types[question.type]) for question in edition.form],
        "private_count": sum(question.private for question in edition.form),
        "cautions": [*content.get("cautions_for_therapist", []), *content.get("cautions", [])],
        "caution_texts": [CAUTIONS[code] for code in content.get("caution_codes", []) if code in CAUTIONS],
        "adaptations": [(ADAPTATIONS.get(key, key), text) for key, text in content.get("adaptations", {}).items()],
    }
