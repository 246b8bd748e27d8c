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
from exercises.lane_words import Circle, said
from exercises.models import Edition, Exercise, Manuscript
from exercises.shelves import asking_for_shelves, shelves_of
from exercises.usage import used_with
from exercises.usefulness import usefulness
from exercises.vocabulary import ADAPTATIONS, CAUTIONS, QuestionType, Theme
from exercises.writing.desk_page import screens_of
from practice.access import PracticeRequest, for_clinicians, page_or_part
from practice.written import ahead

A_PAGE = 24
MOST_DRAFTS = 20


@require_safe
@for_clinicians
def shelf(request: PracticeRequest) -> HttpResponse:
    """Browse and search. Everything is in the address, so a search can be kept and sent on."""
    with ahead(*asking_for_shelves(request.membership), library.matching(library.words_of(request.GET))):
        shelves = shelves_of(request.membership)
        wish = library.wish_of(request.GET, shelves)
        found = library.find(wish, shelves)
    page = Paginator(found.exercises, A_PAGE).get_page(request.GET.get("page"))
    shown = [one.pk for one in page.object_list]
    context = {
        "wish": wish,
        "found": found,
        "page": page,
        "total": len(found.exercises),
        "favourites": shelves.favourites,
        "used": used_with(shown),
        "useful": usefulness(shown),
        "drafts": drafts() if wish.is_open and page.number == 1 else [],
    }
    return render(request, page_or_part(request, "exercises/desk/library.html", "update"), context)


@require_safe
@for_clinicians
def exercise(request: PracticeRequest, slug: str) -> HttpResponse:
    """Everything an edition holds."""
    one = exercise_or_404(slug)
    shelves = shelves_of(request.membership)
    context = {
        **about(one),
        "is_own": one.practice_id is not None,
        "is_favourite": one.pk in shelves.favourites,
        "is_hidden": one.pk in shelves.hidden,
        "named_shelves": shelves.named_of(one),
        "used": used_with([one.pk]).get(one.pk, []),
        "useful": usefulness([one.pk]).get(one.pk),
    }
    return render(request, "exercises/desk/exercise.html", context)


@require_safe
@for_clinicians
def preview(request: PracticeRequest, slug: str) -> HttpResponse:
    """The exercise as the couple will see it: nothing is sent or kept from here."""
    one = exercise_or_404(slug)
    screens, _whole = screens_of(newest(one).content)
    circle = Circle(_("you"), (_("your partner"),), (request.membership.name,))
    context = {**about(one), "screens": screens, "said": said(one.lane, circle)}
    return render(request, "exercises/desk/preview.html", context)


@require_safe
@for_clinicians
def choose_couple(request: PracticeRequest, slug: str) -> HttpResponse:
    """From the library into a couple's page for giving: which couple is it for?"""
    active = Couple.objects.with_partners().filter(status=Couple.Status.ACTIVE)
    couples = sorted(active, key=lambda couple: str(couple).casefold())
    return render(request, "exercises/desk/choose_couple.html", {"exercise": exercise_or_404(slug), "couples": couples})


def drafts() -> list[Manuscript]:
    """What is being written and not published, the latest first."""
    rows = Manuscript.objects.select_related("exercise").defer("history", "aside", "exercise__search")
    return list(rows.filter(exercise__retired_at=None).order_by("-saved_at")[:MOST_DRAFTS])


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
